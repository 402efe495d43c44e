import { type DescribeWorkflowExecutionResponse, decodePendingActivityState, type PendingActivityState } from "@temporalio/client";
import type { FailureDetails, HeartbeatProgress } from "../../contract/flow.ts";
import { type OpenActivity, openActivity } from "../../contract/spent.ts";
import { decoded, fieldsOf, millisOf, numberOf } from "./decode.ts";

export type Execution = "running" | "paused" | "completed" | "failed" | "cancelled" | "terminated" | "timed_out";

/** What one describe call tells of a workflow. Times are milliseconds since the epoch. */
export interface Snapshot {
  workflowId: string;
  runId: string;
  execution: Execution;
  startedAt: number;
  /** When its first task is due: later than `startedAt` if its start was delayed. */
  dueAt: number;
  closedAt: number | undefined;
  events: number;
  cancelRequested: boolean;
  memo: Record<string, unknown>;
  workflowTask: WorkflowTask | undefined;
  activities: PendingActivity[];
  openChildren: string[];
}

export interface WorkflowTask {
  started: boolean;
  scheduledAt: number | undefined;
  attempt: number;
}

export interface PendingActivity extends OpenActivity {
  type: string;
  queue: string;
  state: PendingActivityState;
  maxAttempts: number;
  scheduledAt: number | undefined;
  lastFailure: string | undefined;
  lastFailureDetails: FailureDetails | undefined;
  heartbeat: HeartbeatProgress | undefined;
}

/** By the numbers of `WorkflowExecutionStatus`; a run that continued as new counts as running, because its job is. */
const EXECUTIONS: readonly Execution[] = [
  "running",
  "running",
  "completed",
  "failed",
  "cancelled",
  "terminated",
  "running",
  "timed_out",
  "paused",
];

const WORKFLOW_TASK_STARTED = 2;

export function snapshotOf(raw: DescribeWorkflowExecutionResponse): Snapshot {
  const info = raw.workflowExecutionInfo;
  const task = raw.pendingWorkflowTask;
  return {
    workflowId: info?.execution?.workflowId ?? "",
    runId: info?.execution?.runId ?? "",
    execution: EXECUTIONS[info?.status ?? 0] ?? "running",
    startedAt: millisOf(info?.startTime) ?? 0,
    dueAt: millisOf(info?.executionTime) ?? 0,
    closedAt: millisOf(info?.closeTime),
    events: numberOf(info?.historyLength),
    cancelRequested: raw.workflowExtendedInfo?.cancelRequested ?? false,
    memo: fieldsOf(info?.memo?.fields),
    workflowTask: task
      ? { started: task.state === WORKFLOW_TASK_STARTED, scheduledAt: millisOf(task.scheduledTime), attempt: task.attempt ?? 1 }
      : undefined,
    activities: (raw.pendingActivities ?? []).map(pendingActivityOf),
    openChildren: (raw.pendingChildren ?? []).map((child) => child.workflowId ?? ""),
  };
}

type RawActivity = NonNullable<DescribeWorkflowExecutionResponse["pendingActivities"]>[number];

function pendingActivityOf(raw: RawActivity): PendingActivity {
  return {
    ...openActivity(raw),
    type: raw.activityType?.name ?? "",
    queue: raw.activityOptions?.taskQueue?.name ?? "",
    state: decodePendingActivityState(raw.state) ?? "SCHEDULED",
    maxAttempts: raw.maximumAttempts ?? 0,
    scheduledAt: millisOf(raw.scheduledTime),
    lastFailure: raw.lastFailure?.applicationFailureInfo?.type ?? raw.lastFailure?.message ?? undefined,
    lastFailureDetails: decoded<FailureDetails>(raw.lastFailure?.applicationFailureInfo?.details?.payloads?.[0]),
    heartbeat: decoded<HeartbeatProgress>(raw.heartbeatDetails?.payloads?.[0]),
  };
}
