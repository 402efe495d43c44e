import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { type Child, startChild } from "./child.ts";
import { SERVER_GRACE_MS } from "./graces.ts";
import type { Report } from "./report.ts";
import { type ServerOptions, serverArguments } from "./temporal.ts";

export interface EmbeddedOptions extends ServerOptions {
  /** The Temporal CLI; see `findTemporal`. */
  command: string;
  logFile: string;
  env: NodeJS.ProcessEnv;
  report: Report;
}

/** Starts the embedded Temporal server and returns when its namespace can be used. */
export async function startServer(options: EmbeddedOptions, signal: AbortSignal): Promise<Child> {
  mkdirSync(dirname(options.database), { recursive: true });
  return startChild(
    {
      name: "Temporal server",
      command: options.command,
      args: serverArguments(options),
      env: options.env,
      logFile: options.logFile,
      node: false,
      ready: () => isServing(options.port, options.namespace),
      graceMs: SERVER_GRACE_MS,
      report: options.report,
    },
    signal,
  );
}

async function isServing(port: number, namespace: string): Promise<boolean> {
  // The client waits a second after a refused connection, so it is asked only when the port is open.
  if (!(await isOpen(port))) return false;
  // Loading the client takes 0.2 s; here it does not delay the start of the server.
  const { Connection } = await import("@temporalio/client");
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 5_000 });
  try {
    await connection.withDeadline(Date.now() + 5_000, () => connection.workflowService.describeNamespace({ namespace }));
    return true;
  } finally {
    await connection.close();
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
