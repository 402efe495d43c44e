import { z } from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { KINDS, STATUSES, VERDICTS } from "./names.ts";
import { result } from "./result.ts";

const timestamp = z.iso.datetime();
const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const progress = z
  .object({
    phase: z.string().meta({ description: "prepare, search, judge or publish." }),
    done: z.int(),
    total: z.int(),
    fraction: z.number(),
    eta_seconds: z.number().nullable(),
  })
  .meta({ id: "Progress" });
export type Progress = z.infer<typeof progress>;

const waiting = z
  .object({ reason: z.string(), since: timestamp.nullable(), detail: z.string(), blocked_by: z.string().nullable() })
  .meta({ id: "Waiting", description: "Why the job is not computing at this moment." });

export const jobError = z
  .object({ code: z.enum(codes), message: z.string(), retryable: z.boolean(), doc: z.string() })
  .meta({ id: "JobError", description: "The final reason of a job that did not succeed." });
export type JobError = z.infer<typeof jobError>;

export const artifact = z
  .object({ name: z.string(), content_type: z.string(), bytes: z.int(), sha256: z.string() })
  .meta({ id: "Artifact" });
export type Artifact = z.infer<typeof artifact>;

const seconds = z.number().min(0);

export const spent = z
  .object({
    queued: seconds.meta({ description: "Waiting for a worker, and all that is nothing else." }),
    computing: seconds.meta({ description: "An attempt was at work, in any shard. Reading from and writing to the store is part of it." }),
    backoff: seconds.meta({ description: "Pauses between attempts, while nothing else was at work." }),
    storage: seconds.meta({ description: "Fetching the dataset and putting it into the store, while nothing was computed." }),
  })
  .meta({
    id: "Spent",
    description: "Where the time of the run went, in seconds. The parts sum to the time from its acceptance to its end.",
  });

export const job = z
  .object({
    job_id: z.string(),
    kind: z.enum(KINDS),
    status: z.enum(STATUSES),
    verdict: z.enum(VERDICTS).nullable(),
    schema_version: z.int(),
    request_hash: z.string(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    deadline_at: timestamp,
    run: z.int().meta({ description: "Counts the runs of the job: 1, and one more for each rerun. All else is told of the latest." }),
    attempts: z.int().meta({ description: "Tries of the activity that computes, so far." }),
    progress: progress.nullable(),
    waiting: waiting.nullable(),
    error: jobError.nullable(),
    result: result.nullable().meta({ description: "With include_result=true, once there is one." }),
    replayed_from: z.string().optional().meta({ description: "The dead letter that this job replays." }),
    spent: spent.optional().meta({ description: "Once the run has ended; not in lists. While it is open, `explain` has it." }),
    reused_from: z.string().optional().meta({ description: "The job whose stored result answers this one." }),
    dataset: z
      .object({ dataset_id: z.string(), rows: z.int(), dropped_rows: z.int(), fetched_at: timestamp })
      .optional()
      .meta({ id: "FetchedDataset", description: "What was fetched, for a dataset of the source uri, once it is in the store." }),
    webhook: z
      .object({
        id: z.string().meta({ description: "What the receiver sees as webhook-id." }),
        state: z.enum(["pending", "delivered", "given_up"]),
        attempts: z.int().meta({ description: "Attempts that have ended." }),
        last_status: z.int().nullable().meta({ description: "What the receiver answered last; null if it did not answer." }),
        detail: z.string().nullable().meta({ description: "Why it was given up." }),
      })
      .optional()
      .meta({ id: "WebhookDelivery", description: "How callback_url was told of the end of the job, if the request names one." }),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: "Job" });
export type Job = z.infer<typeof job>;

/** The state of a descendant in the tree and in cancel receipts. */
export const member = z
  .object({
    id: z.string(),
    type: z.enum(["job", "shard", "activity"]),
    name: z.string(),
    state: z.enum(["waiting", "queued", "running", "backoff", "cancelling", "succeeded", "failed", "cancelled", "timed_out"]),
    attempts: z.int(),
    error: z.string().nullable(),
  })
  .meta({ id: "Member" });
export type Member = z.infer<typeof member>;

export const tree = z.object({ job_id: z.string(), status: z.enum(STATUSES), members: z.array(member) }).meta({ id: "Tree" });

export const cancelReceipt = z
  .object({ job_id: z.string(), status: z.enum(STATUSES), requested_at: timestamp, members: z.array(member) })
  .meta({ id: "CancelReceipt", description: "Every descendant of the job and what had become of it when the receipt was written." });

/** What a rerun computes. */
const SCOPES = ["failed", "all"] as const;

export const rerunRequest = z
  .strictObject({
    scope: z.enum(SCOPES).default("failed").meta({
      description: "`failed`: what former runs completed is reused. `all`: everything is computed anew.",
    }),
    dry_run: z.boolean().default(false).meta({ description: "Only say what would be reused and what computed." }),
  })
  .meta({ id: "RerunRequest" });
export type RerunRequest = z.infer<typeof rerunRequest>;

export const rerunPlan = z
  .object({
    job_id: z.string(),
    run: z.int().meta({ description: "The run that it would be." }),
    scope: z.enum(SCOPES),
    dry_run: z.literal(true),
    members: z.array(z.object({ id: z.string(), type: z.enum(["job", "shard"]), name: z.string(), action: z.enum(["reuse", "rerun"]) })),
  })
  .meta({
    id: "RerunPlan",
    description: "The job and its shards. The shards of a job whose dataset is still to be fetched are not known.",
  });
export type RerunPlan = z.infer<typeof rerunPlan>;

export const jobList = z.object({ jobs: z.array(job), next_page_token: z.string() }).meta({ id: "JobList" });
export const artifactList = z.object({ artifacts: z.array(artifact), next_page_token: z.string() }).meta({ id: "ArtifactList" });

export const explanation = z
  .object({
    job_id: z.string(),
    status: z.enum(STATUSES),
    reason: z.string(),
    since: timestamp.nullable(),
    detail: z.string(),
    blocked_by: z.string().nullable(),
    action: z.string().meta({ description: "What to do about it." }),
    queue: z.object({ name: z.string(), backlog: z.int(), pollers: z.int() }).nullable(),
    position: z.int().nullable().meta({
      description: "Place in the queue at most, 1 is next: priorities decide who goes first. Null if it waits in none, or unknown.",
    }),
    estimate_seconds: z.number().nullable().meta({
      description: "Time to the end of the phase at work, or of the pause before the next attempt. Null where nothing tells it.",
    }),
    spent,
    history: z.array(z.object({ reason: z.string(), since: timestamp, until: timestamp.nullable(), seconds: z.number() })),
  })
  .meta({ id: "Explanation" });

export const datasetReply = z
  .object({
    dataset_id: z.string(),
    rows: z.int(),
    dropped_rows: z.int().meta({ description: "Rows left out because a value was missing; only with missing=drop." }),
    columns: z.array(z.string()),
    units: z.record(z.string(), z.string()),
    bytes: z.int().meta({ description: "Bytes of the stored form." }),
  })
  .meta({ id: "Dataset" });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(codes),
    request_id: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
export type Problem = z.infer<typeof problem>;
