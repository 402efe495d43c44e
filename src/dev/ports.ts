import { once } from "node:events";
import { createServer } from "node:net";
import type { Settings } from "../config/schema.ts";
import { StartError } from "./start-error.ts";

export interface PortUse {
  /** What listens there, as in "the gateway". */
  what: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The setting that changes the port. */
  setting: string;
  /** What probably holds the port when it is taken. */
  suspect: string;
}

export interface Ports {
  gateway: number;
  worker: number;
  /** 0 without an embedded server. */
  temporal: number;
  ui: number;
}

/** The ports of a system on this machine; those of the embedded server only where one is started. */
export async function portsOf(settings: Settings, { embedded }: { embedded: boolean }): Promise<Ports> {
  const loopback = "127.0.0.1";
  const [gateway = 0, worker = 0, temporal = 0, ui = 0] = await claimPorts([
    {
      what: "the gateway",
      host: settings.ORRERY_HOST,
      port: settings.ORRERY_PORT,
      setting: "ORRERY_PORT",
      suspect: "another Orrery or web server",
    },
    {
      what: "the worker's health",
      host: settings.ORRERY_WORKER_HOST,
      port: settings.ORRERY_WORKER_PORT,
      setting: "ORRERY_WORKER_PORT",
      suspect: "another Orrery worker",
    },
    ...(embedded
      ? [
          {
            what: "the Temporal server",
            host: loopback,
            port: settings.ORRERY_TEMPORAL_PORT,
            setting: "ORRERY_TEMPORAL_PORT",
            suspect: `another Temporal server (TEMPORAL_ADDRESS=${loopback}:${settings.ORRERY_TEMPORAL_PORT} would use it)`,
          },
          {
            what: "the Temporal Web UI",
            host: loopback,
            port: settings.ORRERY_TEMPORAL_UI_PORT,
            setting: "ORRERY_TEMPORAL_UI_PORT",
            suspect: "the Web UI of another Temporal server",
          },
        ]
      : []),
  ]);
  return { gateway, worker, temporal, ui };
}

/**
 * Finds the port of each use. Throws a `StartError` that names every port that is taken, who probably holds it and
 * which setting to change. Another process can still take a port between this look and its use; then the process that
 * lost it says so in its log.
 */
export async function claimPorts(uses: readonly PortUse[]): Promise<number[]> {
  const faults: string[] = [];
  const ports: number[] = [];
  const twice = uses.filter((use, index) => use.port !== 0 && uses.findIndex((other) => other.port === use.port) !== index);
  for (const use of twice) faults.push(`Port ${use.port} is set for two things; give ${use.what} another one with ${use.setting}.`);
  for (const use of uses) {
    try {
      ports.push(await probe(use.host, use.port));
    } catch (error) {
      faults.push(sentence(use, error));
    }
  }
  if (faults.length > 0) throw new StartError(faults.join("\n"));
  return ports;
}

async function probe(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : port;
}

function sentence({ what, host, port, setting, suspect }: PortUse, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return `Port ${port} for ${what} is taken, probably by ${suspect}. Stop it, or choose another port with ${setting}.`;
  if (code === "EACCES") return `Port ${port} for ${what} may not be used by this user; choose one above 1023 with ${setting}.`;
  return `${what} cannot listen on ${host}:${port} (${error instanceof Error ? error.message : String(error)}); see ${setting}.`;
}
