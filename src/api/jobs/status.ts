import type { JobMemo } from "../../contract/flow.ts";
import type { Progress } from "../../contract/job.ts";
import type { Status } from "../../contract/names.ts";
import type { PendingActivity, Snapshot } from "../temporal/snapshot.ts";

/** The state of a job that has not closed. It never goes back from `running` to `queued`: an attempt was made. */
export function openStatus({ cancelRequested }: Snapshot, begun: boolean): Status {
  if (cancelRequested) return "cancelling";
  return begun ? "running" : "queued";
}

/** Whether an attempt was made, by a worker that may be gone. `attempts` are those of activities that have ended. */
export function hasBegun({ activities, openChildren, workflowTask }: Snapshot, memo: JobMemo, attempts: number): boolean {
  if (attempts > 0 || openChildren.length > 0 || memo.progress !== undefined) return true;
  if (activities.some((activity) => isBusy(activity) || activity.attempt > 1)) return true;
  // The short path computes inside the first workflow task, so nothing else shows that it began.
  return memo.path === "local" && workflowTask !== undefined && (workflowTask.started || workflowTask.attempt > 1);
}

export function isBusy({ state }: PendingActivity): boolean {
  return state !== "SCHEDULED" && state !== "PAUSED";
}

/** Tries so far. An activity that waits is already counted with the attempt that it waits for. */
export function triesOf(activity: PendingActivity): number {
  return isBusy(activity) ? activity.attempt : activity.attempt - 1;
}

/** Least share of a phase from which its end is estimated. */
const MIN_FRACTION = 0.02;

/** Progress of the phase at work, from the last heartbeat, or of the shards as the workflow counts them. */
export function progressOf(snapshot: Snapshot, memo: JobMemo): Progress | null {
  const busy = snapshot.activities.find(({ heartbeat }) => heartbeat !== undefined);
  const reported = busy?.heartbeat ?? memo.progress;
  if (!reported || !(reported.total > 0)) return null;
  const { phase, done, total } = reported;
  const fraction = Math.min(1, Math.max(0, done / total));
  const elapsed = (Date.now() - (busy?.lastStartedAt ?? snapshot.startedAt)) / 1_000;
  const eta = fraction < MIN_FRACTION ? null : Math.max(0, Math.round((elapsed * (1 - fraction)) / fraction));
  return { phase, done, total, fraction: Math.round(fraction * 10_000) / 10_000, eta_seconds: eta };
}

/** When the attempt at work began; `null` before there is one. */
export function openStartedAt({ activities }: Snapshot): number | null {
  const times = activities.flatMap(({ lastStartedAt }) => (lastStartedAt === undefined ? [] : [lastStartedAt]));
  return times.length > 0 ? Math.min(...times) : null;
}
