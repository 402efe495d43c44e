import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
  upsertSearchAttributes,
} from "@temporalio/workflow";
import { ERRORS, type ErrorCode, isErrorCode } from "../contract/errors.ts";
import type { FailureDetails, Handback, Summary } from "../contract/flow.ts";
import { ATTRIBUTES } from "../contract/names.ts";
import { type Narratable, narrated } from "./narrative.ts";
import { type Callback, notify } from "./webhook.ts";

const VERDICT = defineSearchAttributeKey(ATTRIBUTES.verdict, SearchAttributeType.KEYWORD);
const ERROR = defineSearchAttributeKey(ATTRIBUTES.error, SearchAttributeType.KEYWORD);

/** Most times that one piece of work may be handed back before the job gives up on finding a worker that stays. */
const MAX_HANDBACKS = 100;

/** Runs a job to its one terminal state and leaves the verdict, or the error code, as a search attribute. */
export async function settle(job: Callback & Narratable, run: () => Promise<Summary>): Promise<Summary> {
  try {
    const summary = await narrated(job, await run());
    upsertSearchAttributes([{ key: VERDICT, value: summary.verdict }]);
    await notify(job, { summary });
    return summary;
  } catch (error) {
    if (isCancellation(error)) {
      await notify(job, "cancelled");
      throw error;
    }
    const failure = jobFailure(error, job.deadline_at);
    upsertSearchAttributes([{ key: ERROR, value: failure.type ?? "internal_error" }]);
    await notify(job, { failure });
    throw failure;
  }
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
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return jobFailure(error.cause, deadlineAt);
  if (error instanceof ApplicationFailure) {
    if (isErrorCode(error.type)) return error;
    return coded("internal_error", ERRORS.internal_error.title, error);
  }
  if (error instanceof TimeoutFailure) {
    // An attempt that timed out by itself, with time left, is a worker or a store that hangs.
    const early = error.timeoutType === "HEARTBEAT" || (error.timeoutType === "START_TO_CLOSE" && Date.now() < deadlineAt);
    return early
      ? coded(
          "worker_lost",
          "The worker stopped answering in every attempt; submit the job again, and look at the worker's log if it recurs.",
          error,
        )
      : coded(
          "deadline_exceeded",
          "The job did not finish before its deadline; raise budget.deadline_seconds or reduce the search.",
          error,
        );
  }
  throw error;
}

function coded(code: ErrorCode, message: string, cause?: Error): ApplicationFailure {
  const details: FailureDetails = { attempts: 0, stage: "workflow" };
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [details], ...(cause && { cause }) });
}
