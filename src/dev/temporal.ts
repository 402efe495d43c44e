import { ATTRIBUTE_TYPES } from "../contract/names.ts";

/** A dynamic setting of a Temporal server. */
export type ServerSetting = number | boolean;

/** Settings that Orrery's promises rest on, whatever the size of the server. */
const PROMISES = {
  // Off by default, and then fairness keys are silently ignored: one tenant's flood would starve the others.
  "matching.enableFairness": true,
  // Fairness holds within one partition; the default of four would also spread few tasks thin.
  "matching.numTaskqueueReadPartitions": 1,
  "matching.numTaskqueueWritePartitions": 1,
  // A cancellation reaches a running activity in 10 to 20 ms instead of 0.8 of its heartbeat timeout.
  "frontend.WorkerCommandsEnabled": true,
  "system.enableCancelActivityWorkerCommand": true,
} as const satisfies Record<string, ServerSetting>;

/**
 * The embedded server has one shard, whose queue readers load 20 times a second by default: a quiet server then lets
 * every workflow task wait for up to 50 ms. A no-op job takes 22 ms with these values and 100 ms without.
 */
export const EMBEDDED_SETTINGS: Readonly<Record<string, ServerSetting>> = {
  ...PROMISES,
  "history.transferProcessorMaxPollRPS": 2_000,
  "history.timerProcessorMaxPollRPS": 2_000,
  "history.visibilityProcessorMaxPollRPS": 200,
};

/**
 * A server with many shards: the rates hold for each shard, so 200 a second (a wait of 5 ms) is enough, and the sum
 * stays bounded by the server's own limit for a host.
 */
export const CLUSTER_SETTINGS: Readonly<Record<string, ServerSetting>> = {
  ...PROMISES,
  "history.transferProcessorMaxPollRPS": 200,
  "history.timerProcessorMaxPollRPS": 200,
  "history.visibilityProcessorMaxPollRPS": 50,
  // Listing and counting jobs: 10 a second is the server's default, the embedded one allows 100.
  "frontend.namespaceRPS.visibility": 100,
};

export interface ServerOptions {
  /** SQLite file; it is made with its schema if it is missing, its directory must exist. */
  database: string;
  port: number;
  uiPort: number;
  /** `normal` survives any process kill, `full` also a power cut, at 0.7 of the speed. */
  sync: "normal" | "full";
  namespace: string;
}

/** Arguments of the `temporal` command for the embedded server. It listens on loopback only and has no credentials. */
export function serverArguments(options: ServerOptions): string[] {
  return [
    ...["server", "start-dev", "--ip", "127.0.0.1"],
    ...["--port", String(options.port), "--ui-port", String(options.uiPort), "--db-filename", options.database],
    ...["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", `synchronous=${options.sync.toUpperCase()}`],
    // Profiles are for clients; one that names another server must not change this one.
    ...["--disable-config-env", "--disable-config-file", "--log-level", "warn"],
    ...(options.namespace === "default" ? [] : ["--namespace", options.namespace]),
    ...Object.entries(EMBEDDED_SETTINGS).flatMap(([key, value]) => ["--dynamic-config-value", `${key}=${value}`]),
    // These count only when the namespace is new; an older database gets the missing ones from registerNamespace.
    ...Object.entries(ATTRIBUTE_TYPES).flatMap(([name, type]) => ["--search-attribute", `${name}=${type}`]),
  ];
}
