import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TemporalTarget } from "../config/load.ts";
import type { Settings } from "../config/schema.ts";
import { cacheDirectory, findTemporal } from "./binary.ts";
import type { Child } from "./child.ts";
import { lockDirectory } from "./lock.ts";
import { portsOf } from "./ports.ts";
import { hostOf, startGateway, startWorker } from "./programs.ts";
import type { Report } from "./report.ts";
import { startServer } from "./server.ts";
import { StartError } from "./start-error.ts";

/** Sources run sources, and the build runs the build. */
const SUFFIX = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

export interface SystemOptions {
  settings: Settings;
  temporal: TemporalTarget;
  /** Environment of the processes that are started; settings of this system go over it. */
  env: NodeJS.ProcessEnv;
  report: Report;
  /** Stops the start, or the running system's restarts, and whatever has been started. */
  signal?: AbortSignal;
  /** Programs to run. Default: the worker and the gateway beside this file. */
  programs?: { worker: string; gateway: string };
}

export interface System {
  /** Address of the gateway, without a slash at the end. */
  url: string;
  /** Address of the Temporal Web UI, where one is known. */
  uiUrl: string | undefined;
  temporalAddress: string;
  dataDir: string;
  /** Stops the gateway, lets the worker drain, stops the server. Resolves when all are gone, to whether all stopped in order. */
  stop(): Promise<boolean>;
  /** Ends everything at once; jobs resume at the next start. */
  kill(): void;
}

/**
 * Starts a whole Orrery on this machine: an embedded Temporal server, unless `temporal` names one, a worker with all
 * pools and a gateway. Returns when jobs are accepted. Ports that are 0 in the settings are chosen. Throws a
 * `StartError` that says what to do, and leaves nothing running, when it cannot.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { settings, temporal, report } = options;
  const dataDir = resolve(settings.ORRERY_DATA_DIR);
  await makeDirectory(dataDir);
  const lock = await lockDirectory(dataDir);

  const children: { gateway?: Child; worker?: Child; server?: Child } = {};
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const stopAll = async () => {
    // In this order nobody submits to a system that closes, and the worker can report what it finished.
    const inOrder: (boolean | undefined)[] = [];
    for (const child of [children.gateway, children.worker, children.server]) inOrder.push(await child?.stop());
    await lock.release();
    return !inOrder.includes(false);
  };
  let stopped: Promise<boolean> | undefined;
  // Once only: by a second call, another system may have the directory and its lock.
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };

  try {
    const ports = await portsOf(settings, { embedded: !temporal.explicit });
    const temporalAddress = temporal.explicit ? temporal.connection.address : `127.0.0.1:${ports.temporal}`;
    const uiUrl = settings.ORRERY_TEMPORAL_UI_URL ?? (temporal.explicit ? undefined : `http://127.0.0.1:${ports.ui}`);
    const url = `http://${hostOf(settings.ORRERY_HOST)}:${ports.gateway}`;
    const env: NodeJS.ProcessEnv = {
      ...(temporal.explicit ? options.env : withoutTemporal(options.env)),
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: temporal.namespace,
      ORRERY_DATA_DIR: dataDir,
      // The database and the artifacts survive the same things.
      ...(!temporal.explicit && { ORRERY_STORE_SYNC: String(settings.ORRERY_EMBEDDED_SYNC === "full") }),
      ORRERY_PORT: String(ports.gateway),
      ORRERY_WORKER_PORT: String(ports.worker),
      ...(uiUrl !== undefined && { ORRERY_TEMPORAL_UI_URL: uiUrl }),
    };
    const programs = options.programs ?? { worker: beside(`../worker${SUFFIX}`), gateway: beside(`../api/server${SUFFIX}`) };
    const logs = join(dataDir, "logs");
    const common = { env, report, logs };

    const gateway = async () => {
      children.gateway = await startGateway({ ...common, program: programs.gateway, url }, signal);
    };
    const worker = async () => {
      const healthUrl = `http://${hostOf(settings.ORRERY_WORKER_HOST)}:${ports.worker}`;
      children.worker = await startWorker({ ...common, program: programs.worker, url: healthUrl }, settings.ORRERY_DRAIN_SECONDS, signal);
    };
    const startTemporal = async (command: string) => {
      children.server = await startServer(
        {
          command,
          env: options.env,
          report,
          logFile: join(logs, "temporal.log"),
          database: join(dataDir, "temporal.db"),
          port: ports.temporal,
          uiPort: ports.ui,
          sync: settings.ORRERY_EMBEDDED_SYNC,
          namespace: temporal.namespace,
        },
        signal,
      );
    };

    if (temporal.explicit) {
      await register(options, temporalAddress);
      await together(failure, [gateway(), worker()]);
    } else {
      const cacheDir = settings.ORRERY_CACHE_DIR ?? cacheDirectory(options.env);
      const command = await findTemporal({ cacheDir, report, env: options.env, signal });
      // The gateway connects when the server answers. A worker that finds none, or one that is not prepared, ends, so it waits.
      const serving = startTemporal(command);
      const registered = serving.then(() => register(options, temporalAddress));
      await together(failure, [gateway(), serving, registered, registered.then(worker)]);
    }
    await lock.announce(url);
    return { url, uiUrl, temporalAddress, dataDir, stop, kill: () => killAll(Object.values(children)) };
  } catch (error) {
    failure.abort();
    await stop();
    throw error;
  }
}

/** Waits for all; when one fails, the others are told to give up, and the first fault is thrown when all have ended. */
async function together(failure: AbortController, parts: Promise<unknown>[]): Promise<void> {
  let first: { error: unknown } | undefined;
  const note = (error: unknown) => {
    first ??= { error };
    failure.abort();
  };
  await Promise.all(parts.map((part) => part.catch(note)));
  if (first) throw first.error;
}

async function register({ settings, temporal, report }: SystemOptions, address: string): Promise<void> {
  const [{ connectTo }, { registerNamespace }] = await Promise.all([import("./connect.ts"), import("./register.ts")]);
  const connection = await connectTo(temporal.explicit ? temporal.connection : { address });
  try {
    const { added, warnings } = await registerNamespace(connection, {
      namespace: temporal.namespace,
      // A server of someone else's keeps its retention and gets no namespace that nobody asked for.
      ...(temporal.explicit ? { create: false } : { retentionHours: settings.ORRERY_RETENTION_HOURS }),
    });
    if (temporal.explicit && added.length > 0) report(`Added to the namespace "${temporal.namespace}": ${added.join(", ")}`);
    for (const warning of warnings) report(`Warning: ${warning}`);
  } finally {
    await connection.close();
  }
}

/** Variables and profiles of another server, such as its API key, must not reach processes that use the embedded one. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("TEMPORAL_")));
}

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function killAll(children: readonly Child[]): void {
  for (const child of children) child.kill();
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new StartError(`The data directory ${path} cannot be made; choose another one with ORRERY_DATA_DIR.`, { cause });
  }
}
