import { z } from "zod";
import { OrreryError } from "../../contract/errors.ts";
import type { JobMemo } from "../../contract/flow.ts";
import { JOB_ID, KINDS } from "../../contract/names.ts";
import { millisOf } from "../temporal/decode.ts";
import type { Queues } from "../temporal/queues.ts";
import type { Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { readClosing } from "./closing.ts";
import { reasonOf, waitingOf } from "./reason.ts";
import { hasBegun, openStartedAt, openStatus, progressOf, triesOf } from "./status.ts";
import type { JobView } from "./view.ts";
import { webhookOf } from "./webhook.ts";

/** Reads jobs from what the server keeps. No worker takes part, so it works while none is alive. */
export interface JobReader {
  /** Throws `job_not_found` for a job that is unknown, or another tenant's. */
  read(jobId: string, tenant: string): Promise<JobView>;
  /** The server's own description; throws as `read` does. */
  describe(jobId: string, tenant: string): Promise<DescribedJob>;
  /** The description, or `undefined` where `describe` throws `job_not_found`. */
  find(jobId: string, tenant: string): Promise<DescribedJob | undefined>;
  viewOf(described: DescribedJob): Promise<JobView>;
}

export interface DescribedJob {
  snapshot: Snapshot;
  memo: JobMemo;
}

/** Events of a history in which an activity has been completed: start, first workflow task, the activity's three. */
const EVENTS_WITH_ACTIVITY = 7;

/** Events among which the first activity is, also of a later run, which resolves a dead letter before. */
const EVENTS_TO_ACTIVITY = 20;

export function createJobReader(temporal: Temporal, queues: Queues): JobReader {
  /** When the job began, and the tries that its history shows: those of activities that have ended, of which the first counts. */
  async function past({ workflowId, runId, events }: Snapshot): Promise<{ startedAt: number | undefined; attempts: number }> {
    const head = events < EVENTS_WITH_ACTIVITY ? [] : await temporal.events(workflowId, runId, EVENTS_TO_ACTIVITY);
    const starts = head.filter((event) => event.activityTaskStartedEventAttributes);
    const tries = starts.map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 1);
    return { startedAt: millisOf(starts[0]?.eventTime), attempts: Math.max(0, ...tries) };
  }

  const reader: JobReader = {
    async find(jobId, tenant) {
      const snapshot = JOB_ID.test(jobId) ? await temporal.describe(jobId) : undefined;
      const memo = snapshot && memoOf(snapshot);
      return snapshot && memo?.tenant === tenant ? { snapshot, memo } : undefined;
    },

    async describe(jobId, tenant) {
      const found = await reader.find(jobId, tenant);
      if (found) return found;
      const advice = jobId.startsWith("dead-letter.")
        ? `that is the id of a dead letter: GET /v1/dead-letters/${jobId.slice(0, 80)}`
        : "it may be older than the server keeps jobs. GET /v1/jobs lists those that it has";
      throw new OrreryError("job_not_found", `There is no job ${JSON.stringify(jobId.slice(0, 80))}; ${advice}.`);
    },

    async viewOf({ snapshot, memo }) {
      const webhook = await webhookOf(temporal, snapshot, memo);
      const shared = { jobId: snapshot.workflowId, runId: snapshot.runId, memo, webhook, open: snapshot.activities };
      if (snapshot.closedAt === undefined) {
        const before = await past(snapshot);
        const begun = hasBegun(snapshot, memo, before.attempts);
        const status = openStatus(snapshot, begun);
        return {
          ...shared,
          status,
          verdict: null,
          startedAt: before.startedAt ?? openStartedAt(snapshot),
          finishedAt: null,
          attempts: Math.max(begun ? 1 : 0, before.attempts, ...snapshot.activities.map(triesOf)),
          progress: progressOf(snapshot, memo),
          waiting: waitingOf(await reasonOf(snapshot, status, queues)),
          error: null,
          summary: null,
        };
      }
      const closing = await readClosing(temporal, snapshot);
      return {
        ...shared,
        ...closing,
        verdict: closing.summary?.verdict ?? null,
        finishedAt: snapshot.closedAt,
        progress: null,
        waiting: null,
      };
    },

    async read(jobId, tenant) {
      return reader.viewOf(await reader.describe(jobId, tenant));
    },
  };
  return reader;
}

/** Milliseconds since the epoch, as far as the calendar goes. */
const millis = z.number().min(0).max(253_402_300_799_999);

/** What the gateway writes into every memo. */
const jobMemo = z.object({
  accepted_at: millis,
  path: z.enum(["fetched", "local", "single", "sharded"]),
  kind: z.enum(KINDS),
  tenant: z.string(),
  schema_version: z.int(),
  request_hash: z.string(),
  deadline_at: millis,
  shards: z.int().min(0).max(1_000).optional(),
  run: z.int().min(1).optional(),
  rerun_at: millis.optional(),
});

/** The memo of a job. A workflow whose memo is not complete was started by other means, and is no job. */
function memoOf({ memo }: Snapshot): JobMemo | undefined {
  return jobMemo.safeParse(memo).success ? (memo as unknown as JobMemo) : undefined;
}
