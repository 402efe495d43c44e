import { defineSearchAttributeKey, SearchAttributeType, WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  type ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";
import { ERRORS, type ErrorCode } from "../contract/errors.ts";
import type { AttemptError, DeadLetter, FailureDetails, JobInput, JobMemo, Resolution } from "../contract/flow.ts";
import { ATTRIBUTES, type DeadLetterReason, deadLetterId, RESOLVE, WORKFLOWS } from "../contract/names.ts";
import type { deadLetter } from "./dead-letter.ts";

const KIND = defineSearchAttributeKey(ATTRIBUTES.kind, SearchAttributeType.KEYWORD);
const TENANT = defineSearchAttributeKey(ATTRIBUTES.tenant, SearchAttributeType.KEYWORD);
const ERROR = defineSearchAttributeKey(ATTRIBUTES.error, SearchAttributeType.KEYWORD);

/**
 * Parks the failure of this job as a workflow of its own, which stays open, and so is kept, until somebody resolves it.
 * The input goes with it. Returns when the server has it.
 */
export async function park(input: JobInput, failure: ApplicationFailure): Promise<void> {
  const memo = workflowInfo().memo as JobMemo | undefined;
  // A workflow without it was started by other means, and is no job.
  if (memo?.kind === undefined) return;
  const letter = letterOf(input, memo, failure);
  try {
    // A job that is being cancelled when it fails has failed.
    await CancellationScope.nonCancellable(() =>
      startChild<typeof deadLetter>(WORKFLOWS.deadLetter, {
        workflowId: deadLetterId(letter),
        args: [input, letter],
        memo: { ...letter },
        typedSearchAttributes: [
          { key: KIND, value: letter.kind },
          { key: TENANT, value: letter.tenant },
          { key: ERROR, value: letter.code },
        ],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** What ids end with. A job that a worker of an older version has begun to close keeps the ids that it gave. */
export function lifeOf({ life }: Partial<JobMemo>): string | undefined {
  return life !== undefined && patched("life") ? life : undefined;
}

/**
 * Resolves the dead letter of the run that this one follows, if that failed. The gateway that started the run has asked for it
 * too, unless it died over it.
 */
export async function supersede({ job_id, tenant }: JobInput): Promise<void> {
  const memo = (workflowInfo().memo ?? {}) as Partial<JobMemo>;
  const { run = 1 } = memo;
  if (run === 1 || !patched("supersede")) return;
  const letter = getExternalWorkflowHandle(deadLetterId({ job_id, run: run - 1, life: lifeOf(memo) }));
  const resolution: Resolution = { resolution: "rerun", by: tenant, reason: `run ${run}`, job_id };
  // One that is not there was resolved before, or was never needed, or is about to be written by the sweep, which looks for later runs.
  await CancellationScope.nonCancellable(() => letter.signal(RESOLVE, resolution)).catch(() => undefined);
}

function letterOf({ job_id, tenant, deadline_at, request }: JobInput, memo: JobMemo, failure: ApplicationFailure): DeadLetter {
  const { kind, accepted_at, run = 1, shards, replayed_from } = memo;
  const life = lifeOf(memo);
  const [details] = (failure.details ?? []) as [FailureDetails?];
  const { attempts = 0, stage = "workflow", first_error } = details ?? {};
  const code = failure.type as ErrorCode;
  const { message } = failure;
  const failedAt = Date.now();
  const last: AttemptError = { code, message, attempt: attempts, at: new Date(failedAt).toISOString() };
  // The only error of a job is told once, at the time that the server's clock gives it.
  const isOnly = first_error === undefined || (first_error.attempt === attempts && first_error.code === code);
  return {
    job_id,
    run_id: workflowInfo().runId,
    run,
    kind,
    tenant,
    reason: reasonOf(code, first_error),
    code,
    message,
    stage,
    attempts,
    first_error: isOnly ? last : first_error,
    last_error: last,
    accepted_at,
    failed_at: failedAt,
    deadline_at,
    deadline_seconds: request.budget.deadline_seconds,
    ...(life !== undefined && { life }),
    ...(shards !== undefined && { shards }),
    ...(replayed_from !== undefined && { replayed_from }),
  };
}

function reasonOf(code: ErrorCode, first: AttemptError | undefined): DeadLetterReason {
  if (code === "deadline_exceeded") return "deadline";
  if (code === "terminated" || code === "out_of_memory") return code;
  // An attempt that could say what ailed it did not take its worker with it.
  if (code === "worker_lost" && (first === undefined || first.code === code)) return "poison";
  return ERRORS[code].retryable ? "attempts_exhausted" : "refused";
}
