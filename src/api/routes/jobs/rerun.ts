import type { Request } from "express";
import { z } from "zod";
import { job, type RerunRequest, rerunPlan, rerunRequest } from "../../../contract/job.ts";
import { parseDocument } from "../../../contract/parse.ts";
import { readJson } from "../../body/json.ts";
import { retryAfterSeconds } from "../../jobs/body.ts";
import { createReruns } from "../../jobs/rerun.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** Far more than the two members of the body need. */
const MAX_BODY_BYTES = 4_096;

const acceptedHeaders = z.object({
  Location: z.string().meta({ description: "Where the job is read." }),
  "Retry-After": z.string().meta({ description: "When to ask again, in seconds." }),
});

/** `POST /v1/jobs/{id}/rerun`: runs an ended job once more under the same id, or says what that would do. */
export function rerunJob(services: Services): Operation {
  const reruns = createReruns(services);
  return operation({
    id: "rerunJob",
    method: "post",
    path: "/v1/jobs/{id}/rerun",
    tag: "Jobs",
    summary: "Run an ended job once more, with the same request and a fresh deadline. Completed shards are reused.",
    body: { required: false, content: { "application/json": { schema: rerunRequest, example: { scope: "failed", dry_run: true } } } },
    responses: {
      202: json(job, "The job, with its next run accepted.", acceptedHeaders),
      200: json(rerunPlan, "With `dry_run`: what would be reused, and what computed."),
    },
    problems: [
      "malformed_json",
      "body_too_large",
      "unsupported_media_type",
      "invalid_request",
      "job_not_found",
      "job_not_finished",
      "nothing_to_rerun",
      "dataset_not_found",
      "artifact_corrupt",
      "store_unavailable",
      "temporal_unavailable",
    ],
    async handle({ request, response, tenant }) {
      const jobId = pathParameter(request, "id");
      const { scope, dry_run } = await readRequest(request);
      response.locals.jobId = jobId;
      response.set("Cache-Control", "no-store");
      if (dry_run) {
        response.json(await reruns.plan(jobId, tenant, scope));
        return;
      }
      const view = await reruns.start(jobId, tenant, scope, response.locals.requestId);
      response
        .status(202)
        .location(`/v1/jobs/${jobId}`)
        .set("Retry-After", String(retryAfterSeconds(view)))
        .json(services.jobBody(view));
    },
  });
}

/** No body asks for the defaults. */
async function readRequest(request: Request): Promise<RerunRequest> {
  const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  const isEmpty = length === "0" && encoding === undefined;
  return parseDocument(rerunRequest, isEmpty ? {} : await readJson(request, MAX_BODY_BYTES));
}
