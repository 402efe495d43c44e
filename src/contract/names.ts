/** Names that cross a process boundary. This file imports nothing, so workflow code may read it. */

/** Task queues, one for each pool of workers. */
export const QUEUES = { control: "orrery-control", light: "orrery-light", heavy: "orrery-heavy" } as const;
export type Pool = keyof typeof QUEUES;
export const POOLS = ["control", "light", "heavy"] as const satisfies readonly Pool[];

/** Task queue of requests to servers that may hold them for long: receivers of webhooks and what words results. Served by the workers of the control pool. */
export const OUTBOUND_QUEUE = "orrery-outbound";

/** Registered workflow types: exactly the exports of `workflows/index.ts`. */
export const WORKFLOWS = {
  discover: "discoverJob",
  evaluate: "evaluateJob",
  tgefd: "tgefdJob",
  shard: "discoverShard",
  deadLetter: "deadLetter",
  sweep: "sweep",
  webhook: "deliverWebhook",
} as const;

/** The workflow types that are jobs. */
export const JOB_WORKFLOWS: readonly string[] = [WORKFLOWS.discover, WORKFLOWS.evaluate, WORKFLOWS.tgefd];

export const KINDS = ["discover", "evaluate"] as const;
export type Kind = (typeof KINDS)[number];

/** What the ids of jobs look like. */
export const JOB_ID = /^(discover|evaluate)-[0-9a-z-]{1,64}$/;

/** States of a job, in the order in which it can pass through them; the last four are terminal. */
export const STATUSES = ["queued", "running", "cancelling", "succeeded", "failed", "cancelled", "timed_out"] as const;
export type Status = (typeof STATUSES)[number];
export const TERMINAL: readonly Status[] = ["succeeded", "failed", "cancelled", "timed_out"];

export const VERDICTS = ["accepted", "rejected", "inconclusive"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What decides about a law: our own tests, or the policy of the ancestor. */
export const METHODS = ["v2", "tgefd-v1"] as const;

/** Why the policy of the ancestor rejects. */
export const TGEFD_REASONS = [
  "no_stable_components",
  "no_h1",
  "pi_energy_unavailable",
  "pi_energy_below_threshold",
  "topological_instability",
] as const;

/** Why a discover or evaluate job rejects a law; the last five with method `tgefd-v1` only. */
export const REASONS = [
  "no_signal",
  "unstable",
  "lack_of_fit",
  "holdout_disagrees",
  "ambiguous",
  "outside_library",
  ...TGEFD_REASONS,
] as const;
export type Reason = (typeof REASONS)[number];

/**
 * Why a job is in the dead letters, beside its error code: an error that came back at every attempt; work that killed or
 * hung every worker that took it; time or memory that ran out; an operator; an error that no attempt can cure.
 */
export const DEAD_LETTER_REASONS = ["attempts_exhausted", "poison", "deadline", "out_of_memory", "terminated", "refused"] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** What can become of a dead letter. */
export const RESOLUTIONS = ["discarded", "replayed", "rerun"] as const;

/** The signal that resolves a dead letter. */
export const RESOLVE = "resolve";

/** The schedule that looks after what the workflow of a job could not do itself. */
export const SWEEP_SCHEDULE = "orrery-sweep";

/** Search attributes. Set at start, except the verdict, the error code and the attempts, which close a job. */
export const ATTRIBUTES = {
  kind: "OrreryKind",
  tenant: "OrreryTenant",
  verdict: "OrreryVerdict",
  error: "OrreryError",
  attempts: "OrreryAttempts",
} as const;

/** The type of each search attribute, as the server calls it. */
export const ATTRIBUTE_TYPES: Readonly<Record<(typeof ATTRIBUTES)[keyof typeof ATTRIBUTES], "Keyword" | "Int">> = {
  OrreryKind: "Keyword",
  OrreryTenant: "Keyword",
  OrreryVerdict: "Keyword",
  OrreryError: "Keyword",
  OrreryAttempts: "Int",
};

/** Version of the request and result documents. */
export const SCHEMA_VERSION = 2;

/**
 * Version of the engine's arithmetic and rules. Two engines with the same value give the same bytes for one request;
 * raise it with every change that can alter a result, so that stored results of the old one are not reused.
 */
export const ENGINE_VERSION = "4";

/** The tenant of every request while `ORRERY_AUTH=none`. */
export const LOCAL_TENANT = "local";

/**
 * The id of a shard's workflow. The zero-based index is padded so that ids sort in order. Each run has ids of its own: the
 * shards of a run that was terminated can still be open when the next one starts.
 */
export function shardId(jobId: string, index: number, run = 1): string {
  return `${jobId}.${run === 1 ? "" : `run-${run}.`}shard-${String(index).padStart(3, "0")}`;
}

/** One run of a job. */
export interface Run {
  job_id: string;
  /** 1, which is the default, in the first. */
  run?: number | undefined;
  /**
   * Tells the job from an earlier one of the same key, which the server has forgotten but whose dead letter may still be
   * open. Absent in jobs that gateways of older versions accepted, and in the ids that workers of older versions give.
   */
  life?: string | undefined;
}

/** The life of a job that was accepted then, in milliseconds since the epoch. */
export function lifeFrom(acceptedAt: number): string {
  return acceptedAt.toString(36);
}

/** What stands for a run in ids and keys. */
export function runName({ job_id, run = 1, life }: Run): string {
  return `${job_id}.${run}${life === undefined ? "" : `.${life}`}`;
}

/** The id of the dead letter of one run of a job: one per run by construction. */
export function deadLetterId(run: Run): string {
  return `dead-letter.${runName(run)}`;
}

/** What the ids of the dead letters of all runs of a job begin with. */
export function deadLetterPrefix(jobId: string): string {
  return `dead-letter.${jobId}.`;
}

/** The id of the workflow that tells a receiver of the end of a run, which is also the id that the receiver sees. */
export function webhookId(run: Run): string {
  return `webhook.${runName(run)}`;
}

/**
 * The life of jobs is recorded in files of so many milliseconds each, counted from 1970. Two sweeps that see the same window
 * write the same file, so what one did not know of the other doubles nothing.
 */
export const AUDIT_WINDOW_MS = 10_000;
