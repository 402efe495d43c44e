import { artifactRoutes } from "../../artifact.ts";
import { filesOf, LOST } from "../../dead-letters/body.ts";
import { hasFailed } from "../../jobs/view.ts";
import type { Operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `GET /v1/jobs/{id}/artifacts` and the files themselves. A job that failed has those of its dead letter; a cancelled one has none. */
export function jobArtifacts({ reader, store, deadLetters }: Services): Operation[] {
  return artifactRoutes(store, {
    tag: "Jobs",
    name: "Job",
    path: "/v1/jobs/{id}",
    noun: "a job",
    description:
      "All of its latest run, on one page: result.json, evidence.json, and drawn from it plot.svg, residuals.svg and, of a search, pareto.svg, stability.svg and landscape.svg. Of a failed job error.json and, where shards of it were done, partial.json: a result with the verdict `inconclusive`; each once it is written. A dead letter lists those of its own run.",
    missing: "job_not_found",
    filesOf: async (id, tenant) => {
      const view = await reader.read(id, tenant);
      const { jobId, memo, summary } = view;
      const owner = `Job ${jobId}`;
      if (summary) return { owner, files: summary.artifacts, advice: `submit the job ${jobId} again with "reuse": false, which mends it` };
      const letter = hasFailed(view) ? await deadLetters.ofRun(jobId, memo) : undefined;
      return { owner, files: letter ? filesOf(letter) : [], advice: LOST };
    },
  });
}
