import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { POOLS } from "../src/contract/names.ts";
import { registerNamespace } from "../src/dev/register.ts";
import { type Child, startChild, untilReady } from "../test/support/child.ts";
import { freePort } from "../test/support/ports.ts";
import { startTemporal, type TemporalServer } from "../test/support/temporal.ts";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/** Time that the operator of a crashed process takes to start it again; the embedded supervisor takes half a second at first. */
const RESTART_MS = 500;

/** A part of the system that runs as one process. */
export type Part = "worker" | "gateway" | "temporal";

/** The whole system in real processes that belong to the drill, so that it may kill them. */
export interface Stage {
  url: string;
  client: Client;
  /** Directory of the artifact store. */
  store: string;
  folder: string;
  /** Sends a signal and, if it ends the process, starts the part again. Resolves to what became of the process. */
  strike(part: Part, signal: NodeJS.Signals): Promise<string>;
  /** Kills all processes at once and starts them again. */
  strikeAll(): Promise<string>;
  /** Stops a part for a while; it then goes on as if nothing had been. */
  freeze(part: Part, millis: number): Promise<string>;
  /** Lets a second worker take over while the first is frozen past its heartbeats. */
  zombie(millis: number): Promise<string>;
  /** Takes the store's directory away for a while, as a disk that is unmounted. */
  withoutStore(millis: number): Promise<string>;
  /** Jobs that threads of the workers compute at this moment; undefined while a worker does not answer. */
  computing(): Promise<string[] | undefined>;
  stop(): Promise<void>;
}

export async function openStage(options: { binary: string; env: NodeJS.ProcessEnv }): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-drill-"));
  const [port, healthPort, spareHealthPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let temporal: TemporalServer = await startTemporal({ binary: options.binary, folder });
  const connection = await Connection.connect({ address: temporal.address });
  await registerNamespace(connection, { namespace: "default", retentionHours: 168 });
  const env = {
    ...options.env,
    TEMPORAL_ADDRESS: temporal.address,
    ORRERY_DATA_DIR: folder,
    ORRERY_PORT: String(port),
    ORRERY_DRAIN_SECONDS: "1",
    ORRERY_STORE_SYNC: "false",
  };
  const worker = (health: number) =>
    startChild(process.execPath, [join(dist, "worker.js"), "--pool", POOLS.join(",")], { ...env, ORRERY_WORKER_PORT: String(health) });
  const gateway = () => startChild(process.execPath, [join(dist, "api/server.js")], env);
  const parts: Record<"worker" | "gateway", Child> = { worker: worker(healthPort), gateway: gateway() };
  const readyAt = { worker: `http://127.0.0.1:${healthPort}/ready`, gateway: `${url}/ready` };
  await Promise.all([untilReady(readyAt.worker, parts.worker), untilReady(readyAt.gateway, parts.gateway)]);

  const childOf = (part: Part) => (part === "temporal" ? temporal.child : parts[part]);
  const healthOf = async (at: number) => {
    const response = await fetch(`http://127.0.0.1:${at}/health`, { signal: AbortSignal.timeout(1_000) });
    return ((await response.json()) as { computing: { job_id: string }[] }).computing.map(({ job_id }) => job_id);
  };
  let spare: Child | undefined;

  const stage: Stage = {
    url,
    client: new Client({ connection }),
    store: join(folder, "artifacts"),
    folder,
    async strike(part, signal) {
      const child = childOf(part);
      const { pid } = child.process;
      const code = await child.end(signal);
      await pause(RESTART_MS);
      if (part === "temporal")
        temporal = await startTemporal({ binary: options.binary, folder, port: Number(temporal.address.split(":")[1]) });
      else {
        parts[part] = part === "worker" ? worker(healthPort) : gateway();
        await untilReady(readyAt[part], parts[part]);
      }
      return `${part} ${pid} ended by ${child.process.signalCode ?? `code ${code}`}`;
    },
    async strikeAll() {
      const killed = [temporal.child, parts.worker, parts.gateway];
      await Promise.all(killed.map((child) => child.end("SIGKILL")));
      temporal = await startTemporal({ binary: options.binary, folder, port: Number(temporal.address.split(":")[1]) });
      parts.worker = worker(healthPort);
      parts.gateway = gateway();
      await Promise.all([untilReady(readyAt.worker, parts.worker), untilReady(readyAt.gateway, parts.gateway)]);
      return killed.map(({ process: { pid, signalCode } }) => `${pid} ended by ${signalCode}`).join(", ");
    },
    async freeze(part, millis) {
      const { process: frozen } = childOf(part);
      frozen.kill("SIGSTOP");
      await pause(millis);
      frozen.kill("SIGCONT");
      return `${part} ${frozen.pid} stopped for ${millis} ms`;
    },
    async zombie(millis) {
      const { process: frozen } = parts.worker;
      spare = worker(spareHealthPort);
      await untilReady(`http://127.0.0.1:${spareHealthPort}/ready`, spare);
      frozen.kill("SIGSTOP");
      await pause(millis);
      frozen.kill("SIGCONT");
      await pause(1_000);
      await spare.end("SIGTERM");
      spare = undefined;
      return `worker ${frozen.pid} stopped for ${millis} ms beside another`;
    },
    async withoutStore(millis) {
      const away = `${stage.store}.away`;
      await mkdir(stage.store, { recursive: true });
      await rename(stage.store, away);
      // A file in its place: no process can make the directory anew.
      await writeFile(stage.store, "");
      await pause(millis);
      await rm(stage.store);
      await rename(away, stage.store);
      return `the store was away for ${millis} ms`;
    },
    async computing() {
      try {
        return [...(await healthOf(healthPort)), ...(spare ? await healthOf(spareHealthPort) : [])];
      } catch {
        return undefined;
      }
    },
    async stop() {
      await connection.close();
      const children = [parts.gateway, parts.worker, ...(spare ? [spare] : [])];
      await Promise.all(children.map((child) => child.end("SIGKILL")));
      await temporal.child.end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
  return stage;
}

/** Time passes: the length of a fault, not a wait for something to happen. */
export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
