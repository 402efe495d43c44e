import { artifactRoutes } from "../../artifact.ts";
import { filesOf, LOST } from "../../dead-letters/body.ts";
import type { Operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `GET /v1/dead-letters/{id}/artifacts` and the files themselves: those of the run that failed, whatever has become of its job since. */
export function deadLetterArtifacts({ deadLetters, store }: Services): Operation[] {
  return artifactRoutes(store, {
    tag: "Dead letters",
    name: "DeadLetter",
    path: "/v1/dead-letters/{id}",
    noun: "a run that failed",
    description: "All of them, on one page: error.json and, where shards of the run were done, partial.json; each once it is written.",
    missing: "dead_letter_not_found",
    filesOf: async (id, tenant) => {
      const letter = await deadLetters.read(id, tenant);
      return { owner: `Dead letter ${letter.id}`, files: filesOf(letter), advice: LOST };
    },
  });
}
