import type { Delivery, JobMemo } from "../../contract/flow.ts";
import type { Job } from "../../contract/job.ts";
import { webhookId } from "../../contract/names.ts";
import type { Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";

/** What the job body says of a delivery that has not begun; `undefined` for a job that nobody is told of. */
export function pendingWebhook(jobId: string, { webhook, run, life }: JobMemo): Job["webhook"] {
  return webhook && { id: webhookId({ job_id: jobId, run, life }), state: "pending", attempts: 0, last_status: null, detail: null };
}

/** The same of one that may have. */
export async function webhookOf(temporal: Temporal, { workflowId, closedAt }: Snapshot, memo: JobMemo): Promise<Job["webhook"]> {
  const pending = pendingWebhook(workflowId, memo);
  if (!pending || closedAt === undefined) return pending;
  const found = await temporal.describe(pending.id);
  const last = found?.activities[0]?.lastFailureDetails;
  return {
    ...pending,
    ...(last && { attempts: last.attempts, last_status: last.status ?? null }),
    ...(found?.memo.delivery as Delivery | undefined),
  };
}
