import type { JobMemo, Summary } from "../../contract/flow.ts";
import type { Job, JobError, Progress } from "../../contract/job.ts";
import type { Status, Verdict } from "../../contract/names.ts";
import type { OpenActivity } from "../../contract/spent.ts";
import { pendingWebhook } from "./webhook.ts";

/** All that is known of a job at one moment. Times are milliseconds since the epoch. */
export interface JobView {
  jobId: string;
  /** The server's id of the latest run; `null` where it has not been asked for. */
  runId: string | null;
  memo: JobMemo;
  status: Status;
  verdict: Verdict | null;
  startedAt: number | null;
  finishedAt: number | null;
  attempts: number;
  progress: Progress | null;
  waiting: Job["waiting"];
  error: JobError | null;
  summary: Summary | null;
  webhook: Job["webhook"];
  /** Its activities that have not ended, or had not when the job did. */
  open: readonly OpenActivity[];
}

/** Whether its latest run has, or is about to have, a dead letter. */
export function hasFailed({ status }: Pick<JobView, "status">): boolean {
  return status === "failed" || status === "timed_out";
}

/** A job that was accepted this moment. */
export function acceptedView(jobId: string, memo: JobMemo): JobView {
  return {
    jobId,
    runId: null,
    memo,
    status: "queued",
    verdict: null,
    startedAt: null,
    finishedAt: null,
    attempts: 0,
    progress: null,
    waiting: null,
    error: null,
    summary: null,
    webhook: pendingWebhook(jobId, memo),
    open: [],
  };
}
