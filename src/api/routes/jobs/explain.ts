import { explanation } from "../../../contract/job.ts";
import { iso } from "../../jobs/body.ts";
import { reasonOf } from "../../jobs/reason.ts";
import { waitsOf } from "../../jobs/waits.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** Events in which past waits are looked for. */
const MAX_EVENTS = 500;

/** `GET /v1/jobs/{id}/explain`: why the job is where it is, and what to do about it. */
export function explainJob({ reader, temporal, queues }: Services): Operation {
  return operation({
    id: "explainJob",
    method: "get",
    path: "/v1/jobs/{id}/explain",
    tag: "Jobs",
    summary: "Say why the job is where it is, what it waits for, and what to do.",
    responses: {
      200: json(explanation, "Reasons: `no_worker`, `queued`, `running`, `backoff`, `paused`, `cancelling`, `finished`."),
    },
    problems: ["job_not_found", "temporal_unavailable"],
    async handle({ request, response, tenant }) {
      const described = await reader.describe(pathParameter(request, "id"), tenant);
      const { snapshot } = described;
      const { jobId: job_id, status } = await reader.viewOf(described);
      const { since, blockedBy, ...rest } = await reasonOf(snapshot, status, queues);
      const events = await temporal.events(snapshot.workflowId, snapshot.runId, MAX_EVENTS);
      response.set("Cache-Control", "private, no-cache").json({
        job_id,
        status,
        ...rest,
        since: since === undefined ? null : iso(since),
        blocked_by: blockedBy,
        history: waitsOf(events),
      });
    },
  });
}
