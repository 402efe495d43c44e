import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from "@temporalio/worker";
import { type Compute, createCompute } from "./activities/compute.ts";
import { type Activities, createActivities } from "./activities/index.ts";
import { Roster } from "./activities/roster.ts";
import { loadSettings, loadTemporal, narrativeEndpoint, storeOptions, type TemporalTarget, uriRules } from "./config/load.ts";
import type { Settings } from "./config/schema.ts";
import { OUTBOUND_QUEUE, POOLS, type Pool, QUEUES } from "./contract/names.ts";
import { createFetch } from "./datasets/fetch.ts";
import { requireAttributes } from "./dev/attributes.ts";
import { createNarrate } from "./narrative/narrate.ts";
import { createCircuits } from "./outbound/circuits.ts";
import { openStore } from "./storage/open.ts";
import { drainOnSignal } from "./telemetry/drain.ts";
import { serveHealth } from "./telemetry/health.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";
import { createSend } from "./webhooks/send.ts";

/** Longest wait for the server's first answer. */
const CONNECT_MS = 10_000;

/** Time beyond the drain in which handed-back work stops, a computing thread within two seconds, and is reported. Then the process gives up. */
const CLOSING_MS = 10_000;

/** Workflow tasks and short-path activities that run side by side. One thread computes; the rest is waiting for I/O. */
const CONTROL_SLOTS = 20;

/** Requests to servers outside that run side by side. */
const OUTBOUND_SLOTS = 20;

async function main(): Promise<void> {
  const settings = loadSettings();
  const temporal = loadTemporal(settings);
  const logger = createLogger({ level: settings.ORRERY_LOG_LEVEL, process: "worker" });
  const pools = poolsOf(parseArgs({ options: { pool: { type: "string", default: POOLS.join(",") } } }).values.pool);

  // A worker of the server tells it every second that it lives; cancellations are pushed over the same channel.
  Runtime.install({ logger: bridge(logger), shutdownSignals: [], workerHeartbeatInterval: "1s" });
  const connection = await connect(temporal);
  // The workers of the control pool alone run workflows.
  if (pools.includes("control")) await requireAttributes(connection, temporal.namespace);
  const compute = createCompute({ pools, threads: settings.ORRERY_THREADS, threadMemoryMb: settings.ORRERY_THREAD_MEMORY_MB });
  const circuits = createCircuits((change) => logger.warn(change, "circuit changed"));
  const { store, objects } = await openStore(storeOptions(settings), circuits);
  const activities = createActivities({
    store,
    compute,
    fetchTable: createFetch({
      rules: uriRules(settings),
      circuits,
      ...(objects && { objects }),
      maxBytes: settings.ORRERY_MAX_UPLOAD_BYTES,
      timeoutMs: settings.ORRERY_URI_TIMEOUT_SECONDS * 1_000,
    }),
    sendWebhook: createSend({ secret: settings.ORRERY_WEBHOOK_SECRET, allow: settings.ORRERY_WEBHOOK_ALLOW, circuits }),
    narrate: createNarrate({ endpoint: narrativeEndpoint(settings), circuits }),
    logger,
  });
  const roster = new Roster();
  const shared = sharedOptions(activities, roster, settings);
  const options = pools.map((pool) => ({ ...shared, ...poolOptions(pool, settings) }));
  if (pools.includes("control")) options.push({ ...shared, ...OUTBOUND });
  const workers = await Promise.all(options.map((each) => Worker.create({ ...each, connection, namespace: temporal.namespace })));
  const health = await serveHealth(
    { host: settings.ORRERY_WORKER_HOST, port: settings.ORRERY_WORKER_PORT },
    {
      failing: () => options.find((_, index) => workers[index]?.getState() !== "RUNNING")?.taskQueue,
      detail: () => ({ ...detailOf(pools, workers, compute, settings), circuits: circuits.states() }),
    },
  );

  const open = new Set(options.map(({ taskQueue }) => taskQueue));
  const runs = Promise.all(
    workers.map(async (worker) => {
      await worker.run();
      open.delete(worker.options.taskQueue);
    }),
  );
  drainOnSignal({
    logger,
    boundMs: settings.ORRERY_DRAIN_SECONDS * 1_000 + CLOSING_MS,
    // A queue that is open without an activity waits for the Temporal server to take its last reports.
    waiting: () => ({ activities: roster.running(), queues: [...open] }),
    async close() {
      for (const worker of workers) if (worker.getState() === "RUNNING") worker.shutdown();
      await runs;
      await Promise.all([compute.close(), connection.close()]);
      health.close();
    },
  });
  // The embedded default keeps a channel to its children: when it is killed, they must not live on.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  logger.info({ pools, threads: settings.ORRERY_THREADS, port: settings.ORRERY_WORKER_PORT }, "worker runs");
  await runs;
}

function sharedOptions(activities: Activities, roster: Roster, settings: Settings): Omit<WorkerOptions, "taskQueue"> {
  return {
    activities,
    interceptors: { activity: [roster.interceptor] },
    shutdownGraceTime: settings.ORRERY_DRAIN_SECONDS * 1_000,
    // Heartbeats reach the server this often, so that progress is fresh and a lost worker is noticed soon.
    maxHeartbeatThrottleInterval: "1s",
    maxEagerActivityReservationsPerWorkflowTask: 0,
  };
}

/** Servers that hold their requests keep each other waiting, and no job. */
const OUTBOUND = { taskQueue: OUTBOUND_QUEUE, maxConcurrentActivityTaskExecutions: OUTBOUND_SLOTS };

function poolOptions(pool: Pool, settings: Settings): WorkerOptions {
  const taskQueue = QUEUES[pool];
  if (pool !== "control") return { taskQueue, maxConcurrentActivityTaskExecutions: settings.ORRERY_THREADS };
  return {
    taskQueue,
    workflowBundle: { codePath: bundlePath() },
    // A killed worker is missed by its cached workflows for this long; the default of 10 s is felt by a person.
    stickyQueueScheduleToStartTimeout: "2s",
    maxConcurrentActivityTaskExecutions: CONTROL_SLOTS,
    maxConcurrentLocalActivityExecutions: CONTROL_SLOTS,
  };
}

/** `npm run build` writes the bundle into dist; a worker that runs from the sources uses the same file. */
function bundlePath(): string {
  const folder = import.meta.url.endsWith(".ts") ? "../dist/" : "./";
  const path = fileURLToPath(new URL(`${folder}workflows.bundle.js`, import.meta.url));
  if (!existsSync(path)) throw new Error("The workflow bundle is missing; make it with: npm run build");
  return path;
}

async function connect(temporal: TemporalTarget): Promise<NativeConnection> {
  try {
    return await Promise.race([
      NativeConnection.connect(temporal.connection),
      new Promise<never>((_, reject) => setTimeout(reject, CONNECT_MS, new Error("no answer")).unref()),
    ]);
  } catch (cause) {
    throw new Error(
      `No Temporal server answers at ${temporal.connection.address}; start one (npm start brings its own) or correct TEMPORAL_ADDRESS.`,
      { cause },
    );
  }
}

function poolsOf(text: string): Pool[] {
  const names = [...new Set(text.split(","))];
  const unknown = names.find((name) => !POOLS.some((pool) => pool === name));
  if (unknown !== undefined) throw new Error(`There is no pool "${unknown}"; --pool takes a comma-separated list of ${POOLS.join(", ")}.`);
  return POOLS.filter((pool) => names.includes(pool));
}

function detailOf(pools: readonly Pool[], workers: readonly Worker[], compute: Compute, settings: Settings): object {
  return {
    pid: process.pid,
    uptime_seconds: Math.floor(process.uptime()),
    rss_bytes: process.memoryUsage.rss(),
    threads: settings.ORRERY_THREADS,
    pools: pools.map((name, index) => ({ name, queue: QUEUES[name], state: workers[index]?.getState() })),
    computing: compute.busy(),
  };
}

function bridge(logger: Logger): DefaultLogger {
  return new DefaultLogger("INFO", ({ level, message, meta }) => {
    logger[level.toLowerCase() as "trace" | "debug" | "info" | "warn" | "error"](meta ?? {}, message);
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
