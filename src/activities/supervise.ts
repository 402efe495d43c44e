import { activityInfo, Context } from "@temporalio/activity";
import { OrreryError } from "../contract/errors.ts";
import type { HeartbeatProgress, Ticket } from "../contract/flow.ts";
import { POOLS, type Pool, QUEUES } from "../contract/names.ts";
import type { Compute } from "./compute.ts";
import { Control, type Findings, type Task } from "./task.ts";

const HEARTBEAT_MS = 500;

/**
 * A thread that takes no step for this share of the heartbeat timeout is stopped, so that it is silent (see ABORT_MS of
 * compute.ts) before the server gives its work to another.
 */
const STALL_SHARE = 0.55;

/**
 * Computes a task in a thread of this activity's pool and watches over it.
 *
 * Heartbeats are sent only while the thread takes steps. The thread is stopped, and waited for, when the activity is
 * cancelled, when the job's deadline passes (`deadline_exceeded`) and when it is stuck (`worker_lost`, tried again).
 */
export async function computeWatched<T extends Task>(
  compute: Compute,
  ticket: Ticket,
  task: T,
  progress: { phase: HeartbeatProgress["phase"]; total: number },
): Promise<Findings[T["op"]]> {
  const context = Context.current();
  const { taskQueue, heartbeatTimeoutMs } = activityInfo();
  const control = new Control();
  const overdue = AbortSignal.timeout(Math.max(ticket.deadline_at - Date.now(), 0));
  const stuck = new AbortController();
  let seen = -1n;
  let seenAt = performance.now();
  const beat = () => {
    const { steps, fits } = control;
    if (steps !== seen) {
      seen = steps;
      seenAt = performance.now();
      const details: HeartbeatProgress = { phase: progress.phase, done: Math.min(fits, progress.total), total: progress.total };
      context.heartbeat(details);
    } else if (heartbeatTimeoutMs !== undefined && performance.now() - seenAt > heartbeatTimeoutMs * STALL_SHARE) {
      stuck.abort();
    }
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  try {
    const signal = AbortSignal.any([context.cancellationSignal, overdue, stuck.signal]);
    return await compute.run(task, { pool: poolOf(taskQueue), job_id: ticket.job_id, signal, control });
  } catch (error) {
    if (context.cancellationSignal.aborted) throw error;
    if (overdue.aborted) {
      throw new OrreryError(
        "deadline_exceeded",
        "The job did not finish before its deadline; raise budget.deadline_seconds or reduce the search.",
      );
    }
    if (stuck.signal.aborted) throw new OrreryError("worker_lost", "A computing thread made no progress and was stopped.");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function poolOf(taskQueue: string): Pool {
  return POOLS.find((pool) => QUEUES[pool] === taskQueue) ?? "control";
}
