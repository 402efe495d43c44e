import { ApplicationFailure, activityInfo, CancelledFailure, Context } from "@temporalio/activity";
import { ERRORS, OrreryError } from "../contract/errors.ts";
import type { FailureDetails, Handback, HeartbeatProgress } from "../contract/flow.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Pulse } from "./pulse.ts";

/**
 * The one place where an activity's errors become failures: type = code, non-retryable as the registry says. What is
 * not an `OrreryError` is `internal_error`, and its text goes to the log only. An activity that stops because its
 * worker does hands its work back.
 */
export async function attempt<T>(
  stage: HeartbeatProgress["phase"],
  logger: Logger,
  run: (pulse: Pulse) => Promise<T>,
): Promise<T | Handback> {
  const pulse = new Pulse(stage);
  try {
    return await run(pulse);
  } catch (error) {
    if (Context.current().cancellationDetails?.workerShutdown) return { handed_back: true };
    if (error instanceof CancelledFailure) throw error;
    const known = error instanceof OrreryError ? error : new OrreryError("internal_error", ERRORS.internal_error.title, { cause: error });
    const { attempt: attempts, workflowExecution } = activityInfo();
    logger.warn({ job_id: workflowExecution?.workflowId, stage, code: known.code, attempts, cause: known.cause }, "attempt failed");
    const at = new Date().toISOString();
    const first_error = pulse.fail(stage, { code: known.code, message: known.message, attempt: attempts, at });
    const details: FailureDetails = { attempts, stage, ...(first_error && { first_error }) };
    throw ApplicationFailure.create({
      type: known.code,
      message: known.message,
      nonRetryable: !ERRORS[known.code].retryable,
      details: [details],
      ...(known.retryAt && { nextRetryDelay: pauseUntil(known.retryAt) }),
    });
  } finally {
    pulse.stop();
  }
}

/** What is tried again at a known time is not tried by all at once. */
const SPREAD_MS = 10_000;

/** Milliseconds until then. An attempt before would only use itself up. */
export function pauseUntil(time: Date): number {
  return Math.max(time.getTime() - Date.now(), 0) + Math.random() * SPREAD_MS;
}
