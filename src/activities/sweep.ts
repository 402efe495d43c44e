import { Context, getClient } from "@temporalio/activity";
import { WorkflowExecutionAlreadyStartedError, type WorkflowExecutionInfo, WorkflowNotFoundError } from "@temporalio/client";
import { defaultPayloadConverter, defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { ERRORS } from "../contract/errors.ts";
import type { AttemptError, DeadLetter, JobInput, JobMemo, Resolution } from "../contract/flow.ts";
import { ATTRIBUTES, deadLetterId, JOB_WORKFLOWS, QUEUES, RESOLVE, WORKFLOWS } from "../contract/names.ts";
import type { ActivityDeps } from "./deps.ts";

const KIND = defineSearchAttributeKey(ATTRIBUTES.kind, SearchAttributeType.KEYWORD);
const TENANT = defineSearchAttributeKey(ATTRIBUTES.tenant, SearchAttributeType.KEYWORD);
const ERROR = defineSearchAttributeKey(ATTRIBUTES.error, SearchAttributeType.KEYWORD);

/** A workflow that fails by itself starts its dead letter before it says why, so those that do not say have none. */
const WITHOUT_LETTER = [
  `WorkflowType IN (${JOB_WORKFLOWS.map((type) => `"${type}"`).join(", ")})`,
  `ExecutionStatus IN ("Failed", "TimedOut", "Terminated")`,
  `${ATTRIBUTES.error} IS NULL`,
].join(" AND ");

/** Events in which the tries of a job's first activities are. */
const HEAD_EVENTS = 100;
const CLOSE_EVENT = 2;

/** Starts the dead letters of jobs that were terminated or timed out by the server, and so ran no code at their end. */
export function createSweep({ logger }: Pick<ActivityDeps, "logger">) {
  /** @param since Jobs that closed before this time have been swept, ISO 8601; `null` for none. */
  return async function sweepDeadLetters(since: string | null): Promise<number> {
    const query = since === null ? WITHOUT_LETTER : `${WITHOUT_LETTER} AND CloseTime >= "${since}"`;
    let started = 0;
    for await (const job of getClient().workflow.list({ query })) {
      Context.current().heartbeat();
      // A workflow without it was started by other means, and is no job.
      if (job.memo?.kind === undefined || !(await begin(job))) continue;
      started += 1;
      logger.info({ job_id: job.workflowId, status: job.status.name }, "dead letter of a job that could not write it");
    }
    return started;
  };
}

async function begin(job: WorkflowExecutionInfo): Promise<boolean> {
  const { workflow } = getClient();
  const { run, life, accepted_at } = job.memo as unknown as JobMemo;
  const workflowId = deadLetterId({ job_id: job.workflowId, run, life });
  // A worker of an older version may have come before, whose ids have no life.
  for (const id of new Set([workflowId, deadLetterId({ job_id: job.workflowId, run })])) {
    const known = await found(id);
    if (!known || known.acceptedAt !== accepted_at) continue;
    // Whoever started it may have been killed before it could look for a later run.
    if (known.isOpen) await resolveIfRerun(job, id);
    return false;
  }
  const { input, letter } = await letterOf(job);
  try {
    await workflow.start(WORKFLOWS.deadLetter, {
      workflowId,
      taskQueue: QUEUES.control,
      args: [input, letter],
      memo: { ...letter },
      typedSearchAttributes: [
        { key: KIND, value: letter.kind },
        { key: TENANT, value: letter.tenant },
        { key: ERROR, value: letter.code },
      ],
      workflowIdReusePolicy: "REJECT_DUPLICATE",
    });
    await resolveIfRerun(job, workflowId);
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

async function found(id: string): Promise<{ isOpen: boolean; acceptedAt: number } | undefined> {
  try {
    const { status, memo } = await getClient().workflow.getHandle(id).describe();
    return { isOpen: status.name === "RUNNING", acceptedAt: (memo as unknown as DeadLetter).accepted_at };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A rerun resolves the dead letter of the run before it, but one that came before the sweep found none. */
async function resolveIfRerun({ workflowId, runId }: WorkflowExecutionInfo, letterId: string): Promise<void> {
  const { workflow } = getClient();
  const latest = await workflow.getHandle(workflowId).describe();
  if (latest.runId === runId) return;
  const { run, tenant } = latest.memo as unknown as JobMemo;
  const resolution: Resolution = { resolution: "rerun", by: tenant, reason: `run ${run}`, job_id: workflowId };
  await workflow.getHandle(letterId).signal(RESOLVE, resolution);
}

async function letterOf(job: WorkflowExecutionInfo): Promise<{ input: JobInput; letter: DeadLetter }> {
  const { connection, options } = getClient();
  const target = { namespace: options.namespace, execution: { workflowId: job.workflowId, runId: job.runId } };
  const { history: head } = await connection.workflowService.getWorkflowExecutionHistory({ ...target, maximumPageSize: HEAD_EVENTS });
  const { history: end } = await connection.workflowService.getWorkflowExecutionHistory({
    ...target,
    historyEventFilterType: CLOSE_EVENT,
  });
  const events = head?.events ?? [];
  const payload = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) throw new Error(`the history of ${job.workflowId} does not begin with its input`);
  const input = defaultPayloadConverter.fromPayload<JobInput>(payload);

  const { kind, tenant, run = 1, life, shards, accepted_at, deadline_at, replayed_from } = job.memo as unknown as JobMemo;
  const attempts = Math.max(0, ...events.map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0));
  const failedAt = (job.closeTime ?? new Date()).getTime();
  const code = ({ TIMED_OUT: "deadline_exceeded", TERMINATED: "terminated" } as const)[job.status.name as string] ?? "internal_error";
  const why = end?.events?.at(-1)?.workflowExecutionTerminatedEventAttributes?.reason;
  const message = code === "terminated" && why ? `An operator terminated the job: ${why}` : ERRORS[code].title;
  const error: AttemptError = { code, message, attempt: attempts, at: new Date(failedAt).toISOString() };
  const letter: DeadLetter = {
    job_id: job.workflowId,
    run_id: job.runId,
    run,
    kind,
    tenant,
    reason: code === "terminated" ? "terminated" : code === "deadline_exceeded" ? "deadline" : "attempts_exhausted",
    code,
    message,
    stage: "workflow",
    attempts,
    first_error: error,
    last_error: error,
    accepted_at,
    failed_at: failedAt,
    deadline_at,
    deadline_seconds: input.request.budget.deadline_seconds,
    unattended: true,
    ...(life !== undefined && { life }),
    ...(shards !== undefined && { shards }),
    ...(replayed_from !== undefined && { replayed_from }),
  };
  return { input, letter };
}
