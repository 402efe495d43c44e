import type { ErrorCode } from "./errors.ts";
import type { CellRange } from "./grid.ts";
import type { Artifact } from "./job.ts";
import type { DeadLetterReason, Kind, Pool, RESOLUTIONS, Verdict } from "./names.ts";
import type { DiscoverRequest, EvaluateRequest } from "./request.ts";
import type { Result } from "./result.ts";
import type { TgefdRequest } from "./tgefd-request.ts";

/** What workflows and activities hand to each other. Types only; nothing here may exceed 64 KiB when encoded. */

/** Most bytes of one payload in a history. Larger data travels as an artifact. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** Part of every input: who owns the job and when its time ends. */
export interface Ticket {
  job_id: string;
  tenant: string;
  /** `sha256:…` of the canonical request body. */
  request_hash: string;
  /** End of the run, in milliseconds since the epoch. Covers time in queues. */
  deadline_at: number;
  /**
   * The same from the start of the run on. The workflow counts from the server's clock, so that a gateway whose clock is
   * wrong promises a wrong time and yet costs no job. Absent in jobs of older gateways, and in shards.
   */
  allowed_ms?: number;
  /** Computes everything anew: what former runs left in the store is compared, not reused. */
  anew?: true;
}

/**
 * How a job runs: chosen from the request and its table alone, so that the same request always takes the same path.
 * With `fetched`, the table is not here yet: the job fetches it, or takes what a former run has fetched, and then takes one
 * of the others.
 */
export type Route =
  | { path: "fetched"; dataset?: FetchedDataset }
  | { path: "local" }
  | { path: "single"; pool: Exclude<Pool, "control"> }
  | { path: "sharded"; shards: number };

export interface DiscoverInput extends Ticket {
  request: DiscoverRequest;
  route: Route;
  /** The summary of an earlier job with the same request, if the client allowed its reuse. */
  reused?: Summary;
}

export interface EvaluateInput extends Ticket {
  request: EvaluateRequest;
  route: Route;
  reused?: Summary;
}

/** A job of either kind that the policy of the ancestor decides. */
export interface TgefdInput extends Ticket {
  kind: Kind;
  request: TgefdRequest;
  route: Extract<Route, { path: "fetched" | "single" }>;
  reused?: Summary;
}

export type JobInput = DiscoverInput | EvaluateInput | TgefdInput;

/** What came of the fetch of a dataset. */
export interface FetchedDataset {
  dataset_id: string;
  rows: number;
  /** Rows left out because a value was missing. */
  dropped_rows: number;
  /** When the file had been read, ISO 8601. */
  fetched_at: string;
}

/** How a job goes on after its dataset is in the store. */
export interface Fetched {
  dataset: FetchedDataset;
  route: Route;
  /** `sha256:…` of the request with the dataset by its hash: the same address may give another table tomorrow. */
  request_hash: string;
  /** The stored result of the same request on the same table, if the client allowed its reuse. */
  reused?: { job_id: string; summary: Summary };
}

/** A half-open span of time, as ISO 8601. */
export interface AuditWindow {
  from: string;
  to: string;
}

/** A half-open range of grid cells, searched by one child workflow. */
export interface ShardInput extends Ticket {
  request: DiscoverRequest;
  index: number;
  cells: CellRange;
}

/** A result that is to be put in words. */
export interface NarrativeInput {
  job_id: string;
  tenant: string;
  /** The artifact `result.json`. */
  result: StoredArtifact;
  /** Take the template, for the reason that is given here. */
  plain?: string;
}

/** What a receiver is told when a job has ended: the body of the request, as JSON. */
export interface JobEvent {
  type: `job.${"succeeded" | "failed" | "timed_out" | "cancelled"}`;
  /** ISO 8601. */
  timestamp: string;
  data: {
    job_id: string;
    kind: Kind;
    status: "succeeded" | "failed" | "timed_out" | "cancelled";
    verdict: Verdict | null;
    /** Code of the error with which the job ended. */
    error: string | null;
    run: number;
    finished_at: string;
    /** Paths on the gateway. */
    links: { self: string; result: string; artifacts: string };
  };
}

/** One event for one receiver. `id` stays the same over all attempts, so that the receiver can tell a repetition. */
export interface WebhookInput {
  id: string;
  job_id: string;
  url: string;
  event: JobEvent;
}

/** How the delivery of a webhook ended. */
export interface Delivery {
  state: "delivered" | "given_up";
  attempts: number;
  /** What the receiver answered last; null if it did not answer. */
  last_status: number | null;
  /** Why it was given up. */
  detail: string | null;
}

/** What a shard found lies in the store under `key`; up to 64 of these fit one payload. */
export interface ShardResult {
  key: string;
  sha256: string;
  bytes: number;
  /** Tries of the activity that found it; absent in results of older versions. */
  attempts?: number;
}

/** The plan of a sharded job: its dataset is stored, so that no child carries the rows. */
export interface Preparation {
  request: DiscoverRequest;
  shards: CellRange[];
  /** When the job began to be worked on, ISO 8601. */
  started_at: string;
}

/**
 * What an activity returns when its worker has to stop before the work is done. The workflow schedules the activity
 * anew, so a deploy uses up none of its attempts.
 */
export interface Handback {
  handed_back: true;
}

/** An artifact and where the store keeps it. */
export interface StoredArtifact extends Artifact {
  key: string;
}

/** The result of a job's workflow. `result` is inline up to 32 KiB; it is always the artifact `result.json` too. */
export interface Summary {
  verdict: Verdict;
  result: Result | null;
  artifacts: StoredArtifact[];
  /** When work on the job began, ISO 8601. */
  started_at: string;
  /** Most tries that one of the job's computing activities took. */
  attempts: number;
}

/** Memo of a job's workflow, set at start. `progress` is upserted by sharded jobs, at most 20 times. */
export interface JobMemo {
  /** When the gateway accepted the job, in milliseconds since the epoch: the same in every reply. */
  accepted_at: number;
  path: Route["path"];
  kind: Kind;
  tenant: string;
  schema_version: number;
  request_hash: string;
  deadline_at: number;
  /** Tells the job from an earlier one of the same key (see `Run`). */
  life?: string;
  /** Counts the runs of the job; absent in the first. */
  run?: number;
  /** When the present run was asked for, in milliseconds since the epoch; absent in the first, which `accepted_at` began. */
  rerun_at?: number;
  shards?: number;
  reused_from?: string;
  /** The dead letter that this job replays. */
  replayed_from?: string;
  /** What was fetched, for a dataset that the request names by its address. */
  dataset?: FetchedDataset;
  progress?: HeartbeatProgress;
  /** The job has a receiver that is told of its end. */
  webhook?: true;
}

/** Heartbeat details of computing activities, and the progress in the memo. */
export interface HeartbeatProgress {
  phase: "prepare" | "search" | "judge" | "publish";
  done: number;
  total: number;
  /** The attempt that tells this, 1 first, and what the first attempt that failed said. Not in a memo. */
  attempt?: number;
  first_error?: AttemptError;
}

/** How one attempt failed. */
export interface AttemptError {
  code: ErrorCode;
  message: string;
  /** 1 first. */
  attempt: number;
  /** When, ISO 8601. */
  at: string;
}

/** Details of the ApplicationFailure with which an activity or a job fails. */
export interface FailureDetails {
  attempts: number;
  stage: string;
  first_error?: AttemptError;
  /** What the receiver of a webhook answered; null if it did not. */
  status?: number | null;
}

/** A job that failed for good: the memo of its dead letter's workflow. Times are milliseconds since the epoch. */
export interface DeadLetter {
  job_id: string;
  /** The server's id of the run. */
  run_id: string;
  run: number;
  life?: string;
  kind: Kind;
  tenant: string;
  reason: DeadLetterReason;
  code: ErrorCode;
  message: string;
  stage: string;
  attempts: number;
  first_error: AttemptError;
  last_error: AttemptError;
  accepted_at: number;
  failed_at: number;
  deadline_at: number;
  /** The time that the request gives; absent in letters of older versions. */
  deadline_seconds?: number;
  /** The dead letter that the failed job was a replay of. */
  replayed_from?: string;
  /** The server or an operator ended the run, so its own code did not see the end. */
  unattended?: true;
  /** Shards of the job, if it had any. */
  shards?: number;
  /** error.json, once it is in the store. */
  error_file?: StoredArtifact;
  /** partial.json: what the shards that were done have found, once it is in the store. */
  partial_file?: StoredArtifact;
  /** What became of it, where the letter stays open after that until its error.json is written. */
  resolution?: Resolution;
}

/** What could be made of the completed shards of a failed job; null if there were none. */
export interface Salvage {
  file: StoredArtifact | null;
}

/** Signal and result of a dead letter's workflow: what became of it. */
export interface Resolution {
  resolution: (typeof RESOLUTIONS)[number];
  by: string;
  reason: string;
  /** The job that took the dead letter's place. */
  job_id?: string;
  /** When, ISO 8601; absent where an older version resolved it. */
  at?: string;
  /** What a replay changed of the request; absent if it was nothing, or too long to keep here. */
  patch?: Record<string, unknown>;
}

/** Result of a sweep, which the next one finds. */
export interface Swept {
  /** When the sweep began, ISO 8601. */
  began_at: string;
  /** The life of jobs is recorded up to here; absent where that has not been done yet. */
  audited_to?: string;
  /** Up to here it has been looked at a second time, when the server's index had caught up; absent as above. */
  audited_again_to?: string;
}
