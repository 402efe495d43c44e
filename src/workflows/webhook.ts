import {
  type ApplicationFailure,
  CancellationScope,
  log,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";
import type { JobEvent, JobMemo, Summary, Ticket, WebhookInput } from "../contract/flow.ts";
import { QUEUES, WORKFLOWS, webhookId } from "../contract/names.ts";
import type { deliverWebhook } from "./deliver-webhook.ts";
import { lifeOf } from "./parking.ts";

/** How a run ended: with a summary, with a failure whose type is a code, or cancelled. */
export type Ending = { summary: Summary } | { failure: ApplicationFailure } | "cancelled";

export interface Callback extends Ticket {
  request: { callback_url?: string | null | undefined };
}

/**
 * Starts the delivery of the news that a job has ended, if somebody wants them. The job waits for the start alone, which
 * is one step of the server, and ends as it would have if that fails.
 *
 * No patch: jobs that older code began have no receiver.
 */
export async function notify({ job_id, request: { callback_url: url } }: Callback, ending: Ending): Promise<void> {
  if (url === undefined || url === null) return;
  const memo = workflowInfo().memo as unknown as JobMemo;
  const { kind, run = 1 } = memo;
  const id = webhookId({ job_id, run, life: lifeOf(memo) });
  const input: WebhookInput = { id, job_id, url, event: eventOf({ job_id, kind, run }, ending) };
  try {
    await CancellationScope.nonCancellable(() =>
      startChild<typeof deliverWebhook>(WORKFLOWS.webhook, {
        args: [input],
        workflowId: id,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        taskQueue: QUEUES.control,
        parentClosePolicy: ParentClosePolicy.ABANDON,
      }),
    );
  } catch (error) {
    log.warn("webhook not started", { job_id, error });
  }
}

function eventOf({ job_id, kind, run }: Pick<JobEvent["data"], "job_id" | "kind" | "run">, ending: Ending): JobEvent {
  const self = `/v1/jobs/${job_id}`;
  const now = new Date().toISOString();
  const status = statusOf(ending);
  return {
    type: `job.${status}`,
    timestamp: now,
    data: {
      job_id,
      kind,
      status,
      verdict: ending !== "cancelled" && "summary" in ending ? ending.summary.verdict : null,
      error: ending !== "cancelled" && "failure" in ending ? (ending.failure.type ?? "internal_error") : null,
      run,
      finished_at: now,
      links: { self, result: `${self}/result`, artifacts: `${self}/artifacts` },
    },
  };
}

function statusOf(ending: Ending): JobEvent["data"]["status"] {
  if (ending === "cancelled") return ending;
  if ("summary" in ending) return "succeeded";
  return ending.failure.type === "deadline_exceeded" ? "timed_out" : "failed";
}
