import type { StoredArtifact } from "../../../contract/flow.ts";
import { artifactList } from "../../../contract/job.ts";
import { artifactOf, DOWNLOADS, sendArtifact } from "../../artifact.ts";
import { filesOf, LOST } from "../../dead-letters/body.ts";
import { hasFailed, type JobView } from "../../jobs/view.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `GET /v1/jobs/{id}/artifacts` and the files themselves. A job that failed has those of its dead letter; a cancelled one has none. */
export function jobArtifacts({ reader, store, deadLetters }: Services): Operation[] {
  async function filesOfJob(view: JobView): Promise<StoredArtifact[]> {
    if (view.summary) return view.summary.artifacts;
    const letter = hasFailed(view) ? await deadLetters.ofRun(view.jobId, view.memo) : undefined;
    return letter ? filesOf(letter) : [];
  }

  const shared = { method: "get", tag: "Jobs" } as const;
  return [
    operation({
      ...shared,
      id: "listJobArtifacts",
      path: "/v1/jobs/{id}/artifacts",
      summary: "List the files of a job.",
      responses: {
        200: json(
          artifactList,
          "All of its latest run, on one page: result.json, evidence.json, and drawn from it plot.svg, residuals.svg and, of a search, pareto.svg, stability.svg and landscape.svg. Of a failed job error.json and, where shards of it were done, partial.json: a result with the verdict `inconclusive`; each once it is written. A dead letter lists those of its own run.",
        ),
      },
      problems: ["job_not_found", "temporal_unavailable"],
      async handle({ request, response, tenant }) {
        const artifacts = (await filesOfJob(await reader.read(pathParameter(request, "id"), tenant))).map(artifactOf);
        response.set("Cache-Control", "private, no-cache").json({ artifacts, next_page_token: "" });
      },
    }),
    operation({
      ...shared,
      id: "getJobArtifact",
      path: "/v1/jobs/{id}/artifacts/{name}",
      summary: "Download a file of a job.",
      responses: DOWNLOADS,
      problems: ["job_not_found", "artifact_not_found", "artifact_corrupt", "store_unavailable", "temporal_unavailable"],
      async handle(call) {
        const view = await reader.read(pathParameter(call.request, "id"), call.tenant);
        const { jobId } = view;
        const files = await filesOfJob(view);
        const advice = view.summary ? `submit the job ${jobId} again with "reuse": false, which mends it` : LOST;
        await sendArtifact(call, store, { owner: `Job ${jobId}`, path: `/v1/jobs/${jobId}/artifacts`, files, advice });
      },
    }),
  ];
}
