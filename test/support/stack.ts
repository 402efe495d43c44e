import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { inject } from "vitest";
import { type Child, startChild, untilReady } from "./child.ts";
import { freePort } from "./ports.ts";
import { startTemporal, type TemporalServer } from "./temporal.ts";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The whole system in real processes, on ports and in a folder of its own: what the build makes is what runs. */
export interface Stack {
  folder: string;
  temporal: TemporalServer;
  client: Client;
  url: string;
  gateway(): Child;
  startGateway(): Promise<Child>;
  startWorker(options?: WorkerStart): Promise<Worker>;
  restartTemporal(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerStart {
  pools?: string;
  env?: Record<string, string>;
}

export interface Worker extends Child {
  health(): Promise<WorkerHealth>;
}

export interface WorkerHealth {
  computing: { pool: string; job_id: string; op: string; fits: number }[];
}

export interface StackStart {
  /** Default: true. */
  worker?: boolean;
  env?: Record<string, string>;
  /** Dynamic configuration of the server beside that of the embedded default, as `key=JSON`. */
  settings?: readonly string[];
}

export async function startStack(options: StackStart = {}): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  const binary = inject("temporalBinary");
  const { settings = [] } = options;
  let temporal = await startTemporal({ binary, folder, settings });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal.address,
    ORRERY_DATA_DIR: folder,
    ORRERY_PORT: String(port),
    ORRERY_DRAIN_SECONDS: "0",
    ...options.env,
  };
  const children: Child[] = [];
  let gateway: Child | undefined;

  const stack: Stack = {
    folder,
    get temporal() {
      return temporal;
    },
    client,
    url,
    gateway() {
      if (!gateway) throw new Error("no gateway runs");
      return gateway;
    },
    async startGateway() {
      gateway = startChild(process.execPath, [join(dist, "api/server.js")], env);
      children.push(gateway);
      await untilReady(`${url}/ready`, gateway);
      return gateway;
    },
    async startWorker(start = {}) {
      const healthPort = await freePort();
      const worker = startChild(process.execPath, [join(dist, "worker.js"), "--pool", start.pools ?? "control,light,heavy"], {
        ...env,
        ORRERY_WORKER_PORT: String(healthPort),
        ...start.env,
      });
      children.push(worker);
      await untilReady(`http://127.0.0.1:${healthPort}/ready`, worker);
      return {
        ...worker,
        health: async () => (await fetch(`http://127.0.0.1:${healthPort}/health`)).json() as Promise<WorkerHealth>,
      };
    },
    async restartTemporal() {
      const kept = Number(temporal.address.split(":")[1]);
      await temporal.child.end("SIGKILL");
      temporal = await startTemporal({ binary, folder, settings, port: kept });
    },
    async stop() {
      await connection.close();
      await Promise.all(children.map((child) => child.end("SIGKILL")));
      await temporal.child.end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all([stack.startGateway(), options.worker !== false && stack.startWorker()]);
  return stack;
}
