import { activityInfo, Context } from "@temporalio/activity";
import { OrreryError } from "../contract/errors.ts";
import type { HeartbeatProgress, Ticket } from "../contract/flow.ts";
import { POOLS, type Pool, QUEUES } from "../contract/names.ts";
import type { Compute } from "./compute.ts";
import { Control } from "./control.ts";
import type { Pulse } from "./pulse.ts";
import type { Findings, Task } from "./task.ts";

/**
 * A thread that takes no step for this share of the heartbeat timeout is stopped, so that it is silent (see ABORT_MS of
 * compute.ts) before the server gives its work to another.
 */
const STALL_SHARE = 0.55;

/**
 * Computes a task on threads of this activity's pool and watches over it.
 *
 * Heartbeats are sent only while threads take steps. They are stopped, and waited for, when the activity is cancelled,
 * when the job's deadline passes (`deadline_exceeded`) and when one of them is stuck (`worker_lost`, tried again).
 */
export async function computeWatched<T extends Task>(
  compute: Compute,
  { ticket, pulse }: { ticket: Ticket; pulse: Pulse },
  task: T,
  progress: { phase: HeartbeatProgress["phase"]; total: number },
): Promise<Findings[T["op"]]> {
  const { cancellationSignal } = Context.current();
  const { taskQueue, heartbeatTimeoutMs } = activityInfo();
  const control = new Control();
  const overdue = AbortSignal.timeout(leftMs());
  const stuck = new AbortController();
  let seen = -1n;
  const sign = (): HeartbeatProgress | undefined => {
    if (heartbeatTimeoutMs !== undefined && control.silence(performance.now()) > heartbeatTimeoutMs * STALL_SHARE) stuck.abort();
    const { steps, fits, working } = control;
    // Without a thread at work there is nothing that could be stuck: the task waits for threads, or for groundwork that another makes.
    if (stuck.signal.aborted || (steps === seen && working > 0)) return undefined;
    seen = steps;
    return { phase: progress.phase, done: Math.min(fits, progress.total), total: progress.total };
  };
  try {
    const signal = AbortSignal.any([cancellationSignal, overdue, stuck.signal]);
    const options = { pool: poolOf(taskQueue), job_id: ticket.job_id, signal, control };
    return await pulse.during(sign, () => compute.run(task, options), "publish");
  } catch (error) {
    if (cancellationSignal.aborted) throw error;
    if (overdue.aborted) {
      throw new OrreryError(
        "deadline_exceeded",
        "The job did not finish before its deadline; raise budget.deadline_seconds or reduce the search.",
      );
    }
    if (stuck.signal.aborted) throw new OrreryError("worker_lost", "A computing thread made no progress and was stopped.");
    throw error;
  }
}

/**
 * Milliseconds until the job's deadline, but for what this attempt waited in its queue, by the server's clock: this
 * machine's own may be wrong. The server ends the activity at the deadline itself.
 */
function leftMs(): number {
  const { scheduleToCloseTimeoutMs, scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  return Math.max(scheduleToCloseTimeoutMs - Math.max(currentAttemptScheduledTimestampMs - scheduledTimestampMs, 0), 0);
}

function poolOf(taskQueue: string): Pool {
  return POOLS.find((pool) => QUEUES[pool] === taskQueue) ?? "control";
}
