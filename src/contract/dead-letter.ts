import { z } from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { artifact, jobError } from "./job.ts";
import { DEAD_LETTER_REASONS, JOB_ID, KINDS, RESOLUTIONS } from "./names.ts";
import { since } from "./since.ts";

const timestamp = z.iso.datetime();
const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** Most dead letters of one call of replay. */
export const MAX_REPLAYS = 1_000;

const attemptError = z
  .object({ code: z.enum(codes), message: z.string(), attempt: z.int(), at: timestamp })
  .meta({ id: "AttemptError", description: "How one attempt failed. `attempt` is 0 where no attempt was made." });

const patch = z.record(z.string(), z.unknown());

export const resolution = z
  .object({
    resolution: z.enum(RESOLUTIONS),
    by: z.string(),
    reason: z.string(),
    job_id: z.string().optional().meta({ description: "The job that took the place of the failed one." }),
    patch: patch.optional().meta({ description: "What a replay changed of the request, unless that is longer than 4,096 characters." }),
    at: timestamp.nullable().meta({ description: "Null for some that older versions resolved." }),
  })
  .meta({ id: "Resolution" });

export const deadLetter = z
  .object({
    dead_letter_id: z.string(),
    job_id: z.string(),
    run: z.int(),
    kind: z.enum(KINDS),
    reason: z.enum(DEAD_LETTER_REASONS),
    code: z.enum(codes),
    message: z.string(),
    retryable: z.boolean(),
    stage: z.string().meta({ description: "What the job was doing: fetch, prepare, search, judge, publish, or workflow." }),
    attempts: z.int(),
    first_error: attemptError,
    last_error: attemptError,
    accepted_at: timestamp,
    failed_at: timestamp,
    deadline_at: timestamp,
    deadline_seconds: z.int().optional().meta({ description: "The time that the request gives; unknown of what older versions left." }),
    replayed_from: z.string().optional().meta({ description: "The dead letter that the failed job was a replay of." }),
    artifact: artifact
      .nullable()
      .meta({ description: "error.json among the artifacts of the dead letter; null until it is in the store." }),
    partial: artifact.nullable().meta({
      description: "partial.json, likewise: what its completed shards have found; null if none was.",
    }),
    resolution: resolution.nullable().meta({ description: "What became of it; null while it is open." }),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: "DeadLetter", description: "One run of a job that failed for good, kept until somebody resolves it." });
export type DeadLetterBody = z.infer<typeof deadLetter>;

export const deadLetterWithPayload = deadLetter
  .extend({
    payload: z.record(z.string(), z.unknown()).nullable().meta({ description: "The request of the job, as a replay submits it." }),
  })
  .meta({ id: "DeadLetterWithPayload" });

export const deadLetterList = z.object({ dead_letters: z.array(deadLetter), next_page_token: z.string() }).meta({ id: "DeadLetterList" });

export const deadLetterFilter = z.strictObject({
  kind: z.enum(KINDS).optional(),
  reason: z.enum(DEAD_LETTER_REASONS).optional(),
  code: z.enum(codes).optional(),
  job_id: z.string().regex(JOB_ID, "must be the id of a job").optional().meta({ description: "Only those of the runs of this job." }),
  since: since.optional().meta({ description: "Only those that failed at this time, or on this date, or later." }),
});
export type DeadLetterFilter = z.infer<typeof deadLetterFilter>;

/** What is listed: those that wait for somebody, or those that somebody has dealt with. */
export const LETTER_STATES = ["open", "resolved"] as const;

export const discardRequest = z
  .strictObject({ reason: z.string().trim().min(1).max(500).meta({ description: "Why, for those who ask later." }) })
  .meta({ id: "DiscardRequest" });

export const replayRequest = z
  .strictObject({
    ids: z.array(z.string().max(200)).min(1).max(MAX_REPLAYS).optional(),
    filter: deadLetterFilter.optional().meta({ description: "All open dead letters that match, newest first. Give this or `ids`." }),
    dry_run: z.boolean().default(false).meta({ description: "Check everything, start nothing." }),
    rate: z
      .number()
      .min(0.001)
      .max(1_000)
      .default(10)
      .meta({ description: "Jobs that start in a second. One that is refused takes no place." }),
    page_token: z.string().default("").meta({
      description:
        "`next_page_token` of the reply that this call continues, with the same filter or the ids that were not reached, at the pace of that call.",
    }),
    patch: patch.default({}).meta({ description: "A JSON merge patch (RFC 7396) of each request: members replace, null removes." }),
    reason: z.string().trim().min(1).max(500).default("replayed"),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), { error: "must have either ids or filter" })
  .meta({ id: "ReplayRequest" });
export type ReplayRequest = z.infer<typeof replayRequest>;

export const replayReply = z
  .object({
    dry_run: z.boolean(),
    replays: z.array(
      z.object({
        dead_letter_id: z.string(),
        state: z.enum(["would_replay", "replayed", "refused", "not_reached"]).meta({
          description:
            "A refusal concerns one dead letter, not the others. One that is not reached is left as it was, or is found as replayed by the next call.",
        }),
        job_id: z.string().nullable().meta({ description: "The new job; asking again gives the same one." }),
        starts_at: timestamp.nullable().meta({ description: "Null for a job that an earlier replay has started." }),
        error: jobError.nullable(),
      }),
    ),
    more: z.boolean().meta({
      description: `Whether something is left to replay. A call ends after ${MAX_REPLAYS} dead letters or about 25 s; call again with next_page_token.`,
    }),
    next_page_token: z.string(),
  })
  .meta({ id: "ReplayReply" });
export type ReplayReply = z.infer<typeof replayReply>;
