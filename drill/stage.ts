import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { POOLS } from "../src/contract/names.ts";
import { registerNamespace } from "../src/dev/register.ts";
import { type Child, startChild, untilReady } from "../test/support/child.ts";
import { freePort } from "../test/support/ports.ts";
import { startTemporal, type TemporalServer } from "../test/support/temporal.ts";
import { openBucket } from "./bucket.ts";
import { openDisk } from "./disk.ts";
import { pause } from "./pause.ts";
import type { StageStore } from "./store.ts";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/** Time that the operator of a crashed process takes to start it again; the embedded supervisor takes half a second at first. */
const RESTART_MS = 500;

/** A part of the system that runs as one process. */
export type Part = "worker" | "gateway" | "temporal";

/** What makes a worker another than it should be. */
export interface Oddness {
  env?: NodeJS.ProcessEnv;
  /** A module that it loads before its own. */
  preload?: string;
}

export interface StageOptions {
  /** The Temporal CLI. */
  binary: string;
  env: NodeJS.ProcessEnv;
  /** Directory with a server of S3, in which the store then is. Default: the store is a directory. */
  servers?: string;
  /** The directory may be mounted as a disk of its own. Default: no. */
  disk?: boolean;
}

/** The whole system in real processes that belong to the drill, so that it may kill them. */
export interface Stage {
  url: string;
  client: Client;
  store: StageStore;
  /** Sends a signal that ends the process, and starts the part again, a worker in an odd way if asked. Resolves to what became of the process. */
  strike(part: Part, signal: NodeJS.Signals, oddly?: Oddness): Promise<string>;
  /** Kills all processes at once and starts them again. */
  strikeAll(): Promise<string>;
  /** Stops a part for a while; it then goes on as if nothing had been. */
  freeze(part: Part, millis: number): Promise<string>;
  /** Lets a second worker take over while the first is frozen past its heartbeats. */
  zombie(millis: number): Promise<string>;
  /** Resolves once the part's process has ended by itself. */
  ended(part: Part): Promise<unknown>;
  /** The time of the last line of the part's log. */
  clockOf(part: Part): number;
  /** Jobs that threads of the workers compute at this moment; undefined while a worker does not answer. */
  computing(): Promise<string[] | undefined>;
  stop(): Promise<void>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-drill-"));
  const [port, healthPort, spareHealthPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let temporal: TemporalServer = await startTemporal({ binary: options.binary, folder });
  const connection = await Connection.connect({ address: temporal.address });
  await registerNamespace(connection, { namespace: "default", retentionHours: 168 });
  const store = options.servers ? await openBucket(options.servers) : await openDisk(folder, { own: options.disk ?? false });
  const env = {
    ...options.env,
    ...store.env,
    TEMPORAL_ADDRESS: temporal.address,
    ORRERY_PORT: String(port),
    ORRERY_DRAIN_SECONDS: "1",
    ORRERY_STORE_SYNC: "false",
  };
  const worker = (health: number, { preload, env: odd }: Oddness = {}) => {
    const args = [...(preload ? ["--import", preload] : []), join(dist, "worker.js"), "--pool", POOLS.join(",")];
    return startChild(process.execPath, args, { ...env, ORRERY_WORKER_PORT: String(health), ...odd });
  };
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

  return {
    url,
    client: new Client({ connection }),
    store,
    async strike(part, signal, oddly) {
      const child = childOf(part);
      const { pid } = child.process;
      const code = await child.end(signal);
      await pause(RESTART_MS);
      if (part === "temporal")
        temporal = await startTemporal({ binary: options.binary, folder, port: Number(temporal.address.split(":")[1]) });
      else {
        parts[part] = part === "worker" ? worker(healthPort, oddly) : gateway();
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
    ended: (part) => childOf(part).exited,
    clockOf(part) {
      const lines = childOf(part).output().trimEnd().split("\n");
      return Date.parse((JSON.parse(lines.at(-1) ?? "") as { time: string }).time);
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
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
