import { ActivityCancellationType, ApplicationFailure, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import { ERRORS, FINAL_CODES } from "../contract/errors.ts";
import { type Pool, QUEUES } from "../contract/names.ts";

const SECOND = 1_000;

/** Tries of one activity. A worker that stops in an orderly way hands the work back and uses up none. */
export const ATTEMPTS = 5;

/**
 * A worker that was killed is noticed after this long. Heartbeats reach the server every second (see worker.ts), so a
 * worker may stall for five before its work is given to another.
 */
const HEARTBEAT_TIMEOUT = 6 * SECOND;

/** The short path computes for at most about 50 ms; this bounds a store that hangs, within one workflow task. */
const LOCAL_TIMEOUT = 5 * SECOND;

/** Pauses of 0.5, 1.5, 4.5 and 10 s: a store or a server that is away for a quarter of a minute costs no job. */
const retry = {
  initialInterval: 500,
  backoffCoefficient: 3,
  maximumInterval: 10 * SECOND,
  maximumAttempts: ATTEMPTS,
  nonRetryableErrorTypes: FINAL_CODES,
};

/** Milliseconds until the job's deadline. Throws `deadline_exceeded` if it has passed. */
function remaining(deadlineAt: number, stage: string): number {
  const left = deadlineAt - Date.now();
  if (left > 0) return left;
  throw ApplicationFailure.create({
    type: "deadline_exceeded",
    message: ERRORS.deadline_exceeded.title,
    nonRetryable: true,
    details: [{ attempts: 0, stage }],
  });
}

/**
 * Activities of a pool, bounded by the job's deadline: time in the queue counts, because schedule-to-close does.
 * A cancelled activity is waited for, so that a job that says `cancelled` has stopped computing.
 */
export function activitiesOf(pool: Pool, deadlineAt: number, stage: string): ReturnType<typeof proxyActivities<Activities>> {
  const left = remaining(deadlineAt, stage);
  return proxyActivities<Activities>({
    taskQueue: QUEUES[pool],
    scheduleToCloseTimeout: left,
    startToCloseTimeout: left,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // Eager dispatch would bypass the queue, and with it priority and fairness.
    allowEagerDispatch: false,
    retry,
  });
}

/** Activities that run inside the workflow task: four events fewer and no hop. Only for work of about 50 ms. */
export function localActivitiesOf(deadlineAt: number, stage: string): ReturnType<typeof proxyLocalActivities<Activities>> {
  const left = remaining(deadlineAt, stage);
  return proxyLocalActivities<Activities>({
    scheduleToCloseTimeout: left,
    startToCloseTimeout: Math.min(left, LOCAL_TIMEOUT),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
  });
}
