import { tree } from "../../../contract/job.ts";
import { membersOf } from "../../jobs/members.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `GET /v1/jobs/{id}/tree`: the job and everything below it. */
export function jobTree({ reader, temporal }: Services): Operation {
  return operation({
    id: "getJobTree",
    method: "get",
    path: "/v1/jobs/{id}/tree",
    tag: "Jobs",
    summary: "Read the job, its shards and their activities, each with its state.",
    responses: { 200: json(tree, "The job first, then its members.") },
    problems: ["job_not_found", "temporal_unavailable"],
    async handle({ request, response, tenant }) {
      const described = await reader.describe(pathParameter(request, "id"), tenant);
      const view = await reader.viewOf(described);
      const members = await membersOf(temporal, view, described.snapshot);
      response.set("Cache-Control", "private, no-cache").json({ job_id: view.jobId, status: view.status, members });
    },
  });
}
