import { defineSearchAttributeKey, type RetryState, SearchAttributeType } from "@temporalio/common";
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  patched,
  TerminatedFailure,
  TimeoutFailure,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import { ERRORS, type ErrorCode, isErrorCode } from "../contract/errors.ts";
import type { FailureDetails, Handback, HeartbeatProgress, JobInput, Summary } from "../contract/flow.ts";
import { ATTRIBUTES } from "../contract/names.ts";
import { ATTEMPTS } from "./activity-options.ts";
import { narrated } from "./narrative.ts";
import { park, supersede } from "./parking.ts";
import { notify } from "./webhook.ts";

const VERDICT = defineSearchAttributeKey(ATTRIBUTES.verdict, SearchAttributeType.KEYWORD);
const ERROR = defineSearchAttributeKey(ATTRIBUTES.error, SearchAttributeType.KEYWORD);
const TRIES = defineSearchAttributeKey(ATTRIBUTES.attempts, SearchAttributeType.INT);

/** Most times that one piece of work may be handed back before the job gives up on finding a worker that stays. */
const MAX_HANDBACKS = 100;

/**
 * Runs a job to its one terminal state and leaves the verdict, or the error code, and the attempts as search attributes. A
 * failed job has a dead letter; the error code says that it has, and the sweep sees to jobs that closed without one.
 */
export async function settle<Job extends JobInput>(accepted: Job, run: (job: Job) => Promise<Summary>): Promise<Summary> {
  const job = timed(accepted);
  try {
    await supersede(job);
    const summary = await narrated(job, await run(job));
    upsertSearchAttributes([{ key: VERDICT, value: summary.verdict }, ...tries(summary.attempts)]);
    await notify(job, { summary });
    return summary;
  } catch (error) {
    const cancellation = cancellationIn(error);
    if (cancellation !== undefined) {
      await notify(job, "cancelled");
      throw cancellation;
    }
    const failure = jobFailure(error, job.deadline_at);
    if (patched("dead-letters")) await park(job, failure);
    const [details] = (failure.details ?? []) as [FailureDetails?];
    upsertSearchAttributes([{ key: ERROR, value: failure.type ?? "internal_error" }, ...tries(details?.attempts)]);
    await notify(job, { failure });
    throw failure;
  }
}

/** The job with its deadline by the server's clock, which also tells workflows the time. */
function timed<Job extends JobInput>(job: Job): Job {
  const { allowed_ms } = job;
  return allowed_ms === undefined ? job : { ...job, deadline_at: workflowInfo().startTime.getTime() + allowed_ms };
}

/** Nothing where it is unknown: results of older activities, which a job that they began may still wait for, do not tell. */
function tries(attempts: number | undefined): { key: typeof TRIES; value: number }[] {
  return attempts !== undefined && Number.isInteger(attempts) ? [{ key: TRIES, value: attempts }] : [];
}

/**
 * The cancellation that an error is, or that was asked for before it: where the worker died before it could say that it had
 * stopped, its activity ends by a timeout, and the job is cancelled all the same.
 */
export function cancellationIn(error: unknown): unknown {
  if (isCancellation(error)) return error;
  if (!CancellationScope.current().consideredCancelled || !patched("cancelled-by-timeout")) return undefined;
  return new CancelledFailure("The job was cancelled; its worker did not live to say that it had stopped.", [], error as Error);
}

/** The summary of a job that is answered from the stored result of an earlier one. */
export function answerFrom(earlier: Summary): Summary {
  return { ...earlier, started_at: new Date().toISOString(), attempts: 0 };
}

/** Calls an activity until it is done, however often its workers stop and hand it back. */
export async function untilDone<T extends object>(call: () => Promise<T | Handback>): Promise<T> {
  for (let handbacks = 0; handbacks < MAX_HANDBACKS; handbacks += 1) {
    const outcome = await call();
    if (!("handed_back" in outcome)) return outcome;
  }
  throw coded("worker_lost", `The work was handed back ${MAX_HANDBACKS} times by workers that were stopping.`);
}

/** The failure of a job: its type is a code of the registry, its message the public sentence. */
export function jobFailure(error: unknown, deadlineAt: number): ApplicationFailure {
  if (error instanceof ChildWorkflowFailure) return jobFailure(error.cause, deadlineAt);
  if (error instanceof ActivityFailure) {
    return error.cause instanceof TimeoutFailure
      ? timedOut(error.cause, deadlineAt, error.retryState)
      : jobFailure(error.cause, deadlineAt);
  }
  if (error instanceof ApplicationFailure) {
    if (isErrorCode(error.type)) return error;
    return coded("internal_error", ERRORS.internal_error.title, { cause: error });
  }
  if (error instanceof TimeoutFailure) return timedOut(error, deadlineAt);
  if (error instanceof TerminatedFailure) return coded("terminated", "An operator terminated a shard of the job.", { cause: error });
  throw error;
}

/** A timeout says nothing of attempts; the last heartbeat before it does. */
function timedOut(error: TimeoutFailure, deadlineAt: number, retryState?: RetryState): ApplicationFailure {
  const { attempt = 0, phase = "workflow", first_error } = (error.lastHeartbeatDetails ?? {}) as Partial<HeartbeatProgress>;
  const attempts = retryState === "MAXIMUM_ATTEMPTS_REACHED" ? ATTEMPTS : attempt;
  const details: FailureDetails = { attempts, stage: phase, ...(first_error && { first_error }) };
  // An attempt that timed out by itself, with time left, is a worker or a store that hangs.
  const early = error.timeoutType === "HEARTBEAT" || (error.timeoutType === "START_TO_CLOSE" && Date.now() < deadlineAt);
  return early
    ? coded(
        "worker_lost",
        "The worker stopped answering in every attempt; submit the job again, and look at the worker's log if it recurs.",
        {
          cause: error,
          details,
        },
      )
    : coded("deadline_exceeded", "The job did not finish before its deadline; raise budget.deadline_seconds or reduce the search.", {
        cause: error,
        details,
      });
}

function coded(code: ErrorCode, message: string, { cause, details }: { cause?: Error; details?: FailureDetails } = {}): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    details: [details ?? ({ attempts: 0, stage: "workflow" } satisfies FailureDetails)],
    ...(cause && { cause }),
  });
}
