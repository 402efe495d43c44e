import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OrreryError } from "../../../contract/errors.ts";
import type { StoredArtifact } from "../../../contract/flow.ts";
import { artifactList } from "../../../contract/job.ts";
import { artifactOf } from "../../dead-letters/body.ts";
import { brokenOff, verified } from "../../jobs/file.ts";
import type { JobView } from "../../jobs/view.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import { knows } from "../../preference.ts";
import type { Services } from "../../services.ts";

const PASSIVE = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** `GET /v1/jobs/{id}/artifacts` and the files themselves. A job that failed has its error.json and, if shards of it were done, partial.json; a cancelled one has none. */
export function jobArtifacts({ reader, store, deadLetters }: Services): Operation[] {
  async function filesOf({ jobId, status, summary, memo }: JobView): Promise<StoredArtifact[]> {
    if (summary) return summary.artifacts;
    if (status !== "failed" && status !== "timed_out") return [];
    const letter = await deadLetters.ofRun(jobId, memo);
    const { error_file, partial_file } = letter?.facts ?? {};
    return [error_file, partial_file].filter((file) => file !== undefined);
  }

  const shared = { method: "get", tag: "Jobs" } as const;

  /** The file from its first chunk on, so that what is wrong until then can be said in a reply. */
  async function begun(artifact: StoredArtifact, jobId: string): Promise<Readable> {
    const stored = await store.stream(artifact.key);
    if (!stored) {
      throw new OrreryError(
        "artifact_corrupt",
        `The file ${artifact.name} of ${jobId} is missing in the store; submit the job again with "reuse": false.`,
      );
    }
    return verified(stored, artifact);
  }

  return [
    operation({
      ...shared,
      id: "listJobArtifacts",
      path: "/v1/jobs/{id}/artifacts",
      summary: "List the files of a job.",
      responses: {
        200: json(
          artifactList,
          "All of them, on one page: result.json, evidence.json, and drawn from it plot.svg, residuals.svg and, of a search, pareto.svg, stability.svg and landscape.svg. Of a failed job error.json and, where shards of it were done, partial.json: a result with the verdict `inconclusive`; each once it is written.",
        ),
      },
      problems: ["job_not_found", "temporal_unavailable"],
      async handle({ request, response, tenant }) {
        const artifacts = (await filesOf(await reader.read(pathParameter(request, "id"), tenant))).map(artifactOf);
        response.set("Cache-Control", "private, no-cache").json({ artifacts, next_page_token: "" });
      },
    }),
    operation({
      ...shared,
      id: "getJobArtifact",
      path: "/v1/jobs/{id}/artifacts/{name}",
      summary: "Download a file of a job.",
      responses: {
        200: { description: "The file. Its ETag is its SHA-256.", content: { "*/*": {} } },
        304: { description: "The client has it." },
      },
      problems: ["job_not_found", "artifact_not_found", "artifact_corrupt", "store_unavailable", "temporal_unavailable"],
      async handle({ request, response, tenant }) {
        const view = await reader.read(pathParameter(request, "id"), tenant);
        const { jobId } = view;
        const name = pathParameter(request, "name");
        const artifact = (await filesOf(view)).find((candidate) => candidate.name === name);
        if (!artifact) {
          throw new OrreryError(
            "artifact_not_found",
            `Job ${jobId} has no artifact ${JSON.stringify(name.slice(0, 80))}; GET /v1/jobs/${jobId}/artifacts lists them.`,
          );
        }
        const tag = `"${artifact.sha256}"`;
        // The name is that of one run; the bytes under its tag never change. A picture opened by itself must run nothing.
        response.set("ETag", tag).set("Cache-Control", "private, no-cache").set("Content-Security-Policy", PASSIVE);
        if (knows(request, tag)) {
          response.status(304).end();
          return;
        }
        // The framework's own setter would add a character set to what the file's maker wrote.
        response.setHeader("Content-Type", artifact.content_type);
        response.set("Content-Length", String(artifact.bytes));
        if (request.method === "HEAD") {
          response.end();
          return;
        }
        const file = await begun(artifact, jobId).catch((error: unknown) => {
          for (const header of ["Content-Length", "ETag"]) response.removeHeader(header);
          throw error;
        });
        await pipeline(file, response).catch((error: unknown) => {
          // The reply is cut off either way. A client that hung up is no fault of the server, a store that broke off is.
          if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
          throw brokenOff(error, name);
        });
      },
    }),
  ];
}
