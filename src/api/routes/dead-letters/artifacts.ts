import { artifactList } from "../../../contract/job.ts";
import { artifactOf, DOWNLOADS, sendArtifact } from "../../artifact.ts";
import { filesOf, LOST } from "../../dead-letters/body.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `GET /v1/dead-letters/{id}/artifacts` and the files themselves: those of the run that failed, whatever has become of its job since. */
export function deadLetterArtifacts({ deadLetters, store }: Services): Operation[] {
  const shared = { method: "get", tag: "Dead letters" } as const;
  return [
    operation({
      ...shared,
      id: "listDeadLetterArtifacts",
      path: "/v1/dead-letters/{id}/artifacts",
      summary: "List the files of a run that failed.",
      responses: {
        200: json(
          artifactList,
          "All of them, on one page: error.json and, where shards of the run were done, partial.json; each once it is written.",
        ),
      },
      problems: ["dead_letter_not_found", "temporal_unavailable"],
      async handle({ request, response, tenant }) {
        const letter = await deadLetters.read(pathParameter(request, "id"), tenant);
        const artifacts = filesOf(letter).map(artifactOf);
        response.set("Cache-Control", "private, no-cache").json({ artifacts, next_page_token: "" });
      },
    }),
    operation({
      ...shared,
      id: "getDeadLetterArtifact",
      path: "/v1/dead-letters/{id}/artifacts/{name}",
      summary: "Download a file of a run that failed.",
      responses: DOWNLOADS,
      problems: ["dead_letter_not_found", "artifact_not_found", "artifact_corrupt", "store_unavailable", "temporal_unavailable"],
      async handle(call) {
        const letter = await deadLetters.read(pathParameter(call.request, "id"), call.tenant);
        const { id } = letter;
        const files = { owner: `Dead letter ${id}`, path: `/v1/dead-letters/${id}/artifacts`, files: filesOf(letter), advice: LOST };
        await sendArtifact(call, store, files);
      },
    }),
  ];
}
