import { createHash } from "node:crypto";
import { type Job, job } from "../../contract/job.ts";
import { deadLetterId } from "../../contract/names.ts";
import type { Result } from "../../contract/result.ts";
import type { Spent } from "../../contract/spent.ts";
import { hasFailed, type JobView } from "./view.ts";

/** The short form of a job: what `GET …/status` answers and every event of a stream carries. */
export const jobStatus = job
  .pick({ job_id: true, kind: true, status: true, verdict: true, attempts: true, progress: true, waiting: true, error: true })
  .meta({ id: "JobStatus" });

/** Writes job bodies. `temporalUi` is the address of a namespace in the Web UI, if clients may be sent there. */
export function createJobBody(temporalUi: string | undefined) {
  return function jobBody(view: JobView, result: Result | null = null, spent?: Spent): Job {
    const { jobId, memo } = view;
    const self = `/v1/jobs/${jobId}`;
    return {
      job_id: jobId,
      kind: memo.kind,
      status: view.status,
      verdict: view.verdict,
      schema_version: memo.schema_version,
      request_hash: memo.request_hash,
      created_at: iso(memo.accepted_at),
      started_at: view.startedAt === null ? null : iso(view.startedAt),
      finished_at: view.finishedAt === null ? null : iso(view.finishedAt),
      deadline_at: iso(memo.deadline_at),
      run: memo.run ?? 1,
      attempts: view.attempts,
      progress: view.progress,
      waiting: view.waiting,
      error: view.error,
      result,
      ...(spent && { spent }),
      ...(memo.dataset !== undefined && { dataset: memo.dataset }),
      ...(memo.replayed_from !== undefined && { replayed_from: memo.replayed_from }),
      ...(memo.reused_from !== undefined && { reused_from: memo.reused_from }),
      ...(view.webhook !== undefined && { webhook: view.webhook }),
      links: {
        self,
        status: `${self}/status`,
        result: `${self}/result`,
        events: `${self}/events`,
        tree: `${self}/tree`,
        explain: `${self}/explain`,
        cancel: `${self}/cancel`,
        rerun: `${self}/rerun`,
        artifacts: `${self}/artifacts`,
        // The letter of a job that ran no code at its end comes with the next sweep.
        ...(hasFailed(view) && { dead_letter: `/v1/dead-letters/${deadLetterId({ job_id: jobId, run: memo.run, life: memo.life })}` }),
        ...(temporalUi !== undefined && { temporal_ui: `${temporalUi}/workflows/${jobId}` }),
      },
    };
  };
}
export type JobBody = ReturnType<typeof createJobBody>;

export function statusBody(view: JobView): Pick<Job, keyof typeof jobStatus.shape> {
  const { jobId: job_id, status, verdict, attempts, progress, waiting, error } = view;
  return { job_id, kind: view.memo.kind, status, verdict, attempts, progress, waiting, error };
}

/** The weak tag of a state. The estimate of the time left changes by itself and is left out. */
export function tagOf(view: JobView, form = ""): string {
  const { memo, status, verdict, attempts, progress, error, finishedAt, webhook } = view;
  const steps = progress && [progress.phase, progress.done, progress.total];
  const text = JSON.stringify([form, memo.run, status, verdict, attempts, steps, waitOf(view), error, finishedAt, webhook]);
  return `W/"${createHash("sha256").update(text).digest("hex").slice(0, 24)}"`;
}

/** What a job waits for. How it is told, with the counts of the moment, changes by itself and is no news. */
export function waitOf({ waiting }: JobView): string {
  return waiting ? JSON.stringify([waiting.reason, waiting.blocked_by]) : "";
}

/** When to ask again, in seconds, by the age of the run: 1, 2, 4, 8, then 15. */
export function retryAfterSeconds({ memo }: JobView): number {
  const age = (Date.now() - (memo.rerun_at ?? memo.accepted_at)) / 1_000;
  return [1, 2, 4, 8].find((advice) => age < 2 * advice - 1) ?? 15;
}

export function iso(millis: number): string {
  return new Date(millis).toISOString();
}
