import type { WorkflowStartOptions } from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import type { JobInput, JobMemo } from "../../contract/flow.ts";
import { ATTRIBUTES, QUEUES } from "../../contract/names.ts";

const KIND = defineSearchAttributeKey(ATTRIBUTES.kind, SearchAttributeType.KEYWORD);
const TENANT = defineSearchAttributeKey(ATTRIBUTES.tenant, SearchAttributeType.KEYWORD);

/** The workflow ends at its deadline by itself and says how; this much later the server ends what did not. */
const DEADLINE_GRACE_MS = 2_000;

/** How the server is asked for a run of a job, the first or a later one. Never while another run is open. */
export function startOf(input: JobInput, memo: JobMemo): WorkflowStartOptions & { workflowId: string } {
  const { job_id, tenant, request } = input;
  return {
    workflowId: job_id,
    taskQueue: QUEUES.control,
    args: [input],
    memo: { ...memo },
    typedSearchAttributes: [
      { key: KIND, value: memo.kind },
      { key: TENANT, value: tenant },
    ],
    workflowIdConflictPolicy: "FAIL",
    workflowExecutionTimeout: request.budget.deadline_seconds * 1_000 + DEADLINE_GRACE_MS,
    priority: { priorityKey: request.priority, fairnessKey: tenant },
  };
}
