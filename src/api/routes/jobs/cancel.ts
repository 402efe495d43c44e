import { OrreryError } from "../../../contract/errors.ts";
import { cancelReceipt } from "../../../contract/job.ts";
import { TERMINAL } from "../../../contract/names.ts";
import { iso } from "../../jobs/body.ts";
import { isShard } from "../../jobs/descendants.ts";
import { membersOf } from "../../jobs/members.ts";
import type { JobView } from "../../jobs/view.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import { departure } from "../../preference.ts";
import type { Services } from "../../services.ts";

/** Work stops within milliseconds where cancellation is pushed, so most receipts can say that it has. */
const RECEIPT_WAIT_MS = 2_000;

/** `POST /v1/jobs/{id}/cancel`: asks the job to stop and reports what has become of each part. */
export function cancelJob({ reader, temporal, watchers, audit, logger }: Services): Operation {
  return operation({
    id: "cancelJob",
    method: "post",
    path: "/v1/jobs/{id}/cancel",
    tag: "Jobs",
    summary: "Cancel a job with all its shards. Asking again while it is being cancelled changes nothing.",
    responses: { 202: json(cancelReceipt, "What had become of the job and its members about two seconds later at most.") },
    problems: ["job_not_found", "job_already_finished", "temporal_unavailable"],
    async handle({ request, response, tenant }) {
      const jobId = pathParameter(request, "id");
      const before = await reader.describe(jobId, tenant);
      response.locals.jobId = jobId;
      const { closedAt } = before.snapshot;
      if (closedAt !== undefined) {
        const { status } = await reader.viewOf(before);
        throw new OrreryError(
          "job_already_finished",
          `Job ${jobId} ended as ${status} at ${iso(closedAt)}; GET /v1/jobs/${jobId} tells the rest.`,
        );
      }
      const requestedAt = new Date().toISOString();
      const { requestId } = response.locals;
      const event = { actor: tenant, action: "job.cancel", job_id: jobId, run: before.memo.run ?? 1, request_id: requestId } as const;
      // A job must stop at once, and also while the store is away: the server's history then says alone that it was asked to.
      const recorded = audit.record(tenant, event).catch((cause: unknown) => logger.error({ ...event, cause }, "audit event not stored"));
      await temporal.requestCancel(jobId, requestId);
      // The job asks its shards itself, one after another; those that are known hear of it sooner this way, and but once.
      const shards = before.snapshot.openChildren.filter(isShard);
      await Promise.all(shards.map((id) => temporal.requestCancel(id, requestId).catch(() => undefined)));
      await recorded;
      const accept = ({ status }: JobView) => TERMINAL.includes(status);
      await watchers.wait({ jobId, tenant }, { millis: RECEIPT_WAIT_MS, signal: departure(response), changes: false, accept });
      const described = await reader.describe(jobId, tenant);
      const view = await reader.viewOf(described);
      const members = await membersOf(temporal, view, described.snapshot);
      response
        .status(202)
        .set("Cache-Control", "no-store")
        .json({ job_id: jobId, status: view.status, requested_at: requestedAt, members });
    },
  });
}
