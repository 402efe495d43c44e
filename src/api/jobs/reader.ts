import { OrreryError } from "../../contract/errors.ts";
import type { JobMemo } from "../../contract/flow.ts";
import { millisOf } from "../temporal/decode.ts";
import type { Queues } from "../temporal/queues.ts";
import type { Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { readClosing } from "./closing.ts";
import { reasonOf, waitingOf } from "./reason.ts";
import { EVENTS_WITH_ACTIVITY, openStartedAt, openStatus, progressOf, triesOf } from "./status.ts";
import type { JobView } from "./view.ts";

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

const JOB_ID = /^(discover|evaluate)-[0-9a-z-]{1,64}$/;

export function createJobReader(temporal: Temporal, queues: Queues): JobReader {
  /** Between activities, and while shards work, only the history knows when the job began. */
  async function firstStart({ workflowId, runId, events }: Snapshot): Promise<number | null> {
    if (events < EVENTS_WITH_ACTIVITY) return null;
    const first = await temporal.events(workflowId, runId, 2 * EVENTS_WITH_ACTIVITY);
    return millisOf(first.find((event) => event.activityTaskStartedEventAttributes)?.eventTime) ?? null;
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
      throw new OrreryError(
        "job_not_found",
        `There is no job ${JSON.stringify(jobId.slice(0, 80))}; it may be older than the server keeps jobs.`,
      );
    },

    async viewOf({ snapshot, memo }) {
      const shared = { jobId: snapshot.workflowId, memo };
      if (snapshot.closedAt === undefined) {
        const status = openStatus(snapshot, memo);
        return {
          ...shared,
          status,
          verdict: null,
          startedAt: openStartedAt(snapshot) ?? (status === "queued" ? null : await firstStart(snapshot)),
          finishedAt: null,
          attempts: Math.max(0, ...snapshot.activities.map(triesOf)),
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

/** The memo of a job; `undefined` for a workflow that is none. One started by other means lacks what the gateway adds. */
function memoOf({ memo, startedAt }: Snapshot): JobMemo | undefined {
  if (typeof memo.kind !== "string" || typeof memo.tenant !== "string") return undefined;
  return { accepted_at: startedAt, path: "single", ...(memo as Partial<JobMemo>) } as JobMemo;
}
