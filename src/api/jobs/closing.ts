import { ERRORS, type ErrorCode, isErrorCode } from "../../contract/errors.ts";
import type { FailureDetails, Summary } from "../../contract/flow.ts";
import type { JobError } from "../../contract/job.ts";
import type { Status } from "../../contract/names.ts";
import { decoded, millisOf } from "../temporal/decode.ts";
import type { HistoryEvent } from "../temporal/history.ts";
import type { Execution, Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { openStartedAt } from "./status.ts";

/** How a job ended. */
export interface Closing {
  status: Status;
  summary: Summary | null;
  error: JobError | null;
  startedAt: number | null;
  attempts: number;
}

/** The first events of a history, up to the end of its first activity and a little more: all of a short one. */
const HEAD_EVENTS = 20;

/** Reads how a closed run ended: from the event that closed it, and when it began from its first activity. */
export async function readClosing(temporal: Temporal, snapshot: Snapshot): Promise<Closing> {
  const { workflowId, runId, execution } = snapshot;
  const head = await temporal.events(workflowId, runId, HEAD_EVENTS);
  const close = head.length < snapshot.events ? await temporal.closeEvent(workflowId, runId) : head.at(-1);
  const starts = head.filter((event) => event.activityTaskStartedEventAttributes);
  // The short path leaves no activity in the history: it computes within the first workflow task.
  const begun = snapshot.memo.path === "local" ? head.find((event) => event.workflowTaskStartedEventAttributes) : starts[0];
  // An attempt that was still at work when an operator ended the job is not in the history.
  const startedAt = millisOf(begun?.eventTime) ?? openStartedAt(snapshot);
  const summary = decoded<Summary>(close?.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0]) ?? null;
  if (execution === "completed") {
    // One that is answered from the store has no activity either.
    const answeredAt = summary ? Date.parse(summary.started_at) : null;
    return { status: "succeeded", summary, error: null, startedAt: startedAt ?? answeredAt, attempts: summary?.attempts ?? 0 };
  }
  const { status, error, attempts } = endIn(execution, close);
  const tries = starts.map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0);
  return { status, summary: null, error, startedAt, attempts: Math.max(attempts, ...tries) };
}

function endIn(execution: Execution, event: HistoryEvent | undefined): { status: Status; error: JobError | null; attempts: number } {
  if (execution === "cancelled") return { status: "cancelled", error: null, attempts: 0 };
  if (execution === "timed_out") return { status: "timed_out", error: jobErrorOf("deadline_exceeded"), attempts: 0 };
  if (execution === "terminated") {
    const reason = event?.workflowExecutionTerminatedEventAttributes?.reason;
    return {
      status: "failed",
      error: jobErrorOf("terminated", reason ? `An operator terminated the job: ${reason}` : undefined),
      attempts: 0,
    };
  }
  const failure = event?.workflowExecutionFailedEventAttributes?.failure;
  const info = failure?.applicationFailureInfo;
  const details = decoded<FailureDetails>(info?.details?.payloads?.[0]);
  // A failure without a code of the registry carries an internal message, which stays in the history.
  const error = isErrorCode(info?.type) ? jobErrorOf(info.type, failure?.message ?? undefined) : jobErrorOf("internal_error");
  return { status: error.code === "deadline_exceeded" ? "timed_out" : "failed", error, attempts: details?.attempts ?? 0 };
}

function jobErrorOf(code: ErrorCode, message: string = ERRORS[code].title): JobError {
  return { code, message, retryable: ERRORS[code].retryable, doc: `/docs/errors/${code}` };
}
