import { z } from "zod";
import { OrreryError } from "../../contract/errors.ts";
import { type Kind, WORKFLOWS } from "../../contract/names.ts";
import { type Result, tgefdAnswer } from "../../contract/result.ts";
import { planTgefd, routeTgefd } from "../../contract/tgefd-plan.ts";
import { parseTgefd } from "../../contract/tgefd-request.ts";
import type { Parsed } from "./kinds.ts";
import type { JobView } from "./view.ts";

/** A job by the policy of the ancestor. Both kinds take the same body, so the kind is part of what makes two requests the same. */
export function parseTgefdJob(kind: Kind, document: object): Parsed {
  const request = parseTgefd(document);
  return {
    workflow: WORKFLOWS.tgefd,
    request,
    identity: { kind, ...withTextualValues(document) },
    input: { kind },
    route: (header) => routeTgefd(planTgefd(request, header, kind)),
  };
}

/** The document with its values as text: a canonical form costs a fifth of the time that way. */
function withTextualValues(document: object): object {
  const { dataset } = document as { dataset?: { x?: object; y?: object } };
  if (!dataset?.x && !dataset?.y) return document;
  const { x, y } = dataset;
  return { ...document, dataset: { ...dataset, x: { ...x, values: valuesOf(x) }, y: { ...y, values: valuesOf(y) } } };
}

function valuesOf(part: object | undefined): string {
  return JSON.stringify(part && "values" in part ? part.values : null);
}

/** What the ancestor's waiting calls answer: the answer of the result, and what names the run. */
export const tgefdReply = tgefdAnswer
  .extend({
    run_id: z.string().meta({ description: "The id of the job." }),
    models: z.array(tgefdAnswer.shape.model).meta({ description: "Always one, the same as `model`." }),
    artifacts: z.object({
      persistence_diagrams: z.null(),
      persistence_images: z.null(),
      artifact_id: z.string(),
      artifact_uri: z.string().meta({ description: "Path on this server that lists the artifacts of the job." }),
    }),
    reproducibility: z.object({
      config_hash: z.string(),
      seed: z.int(),
      deterministic: z.literal(true),
      version: z.string(),
      method_version: z.literal("tgefd-method-v1"),
    }),
  })
  .meta({ id: "TgefdReply" });

export function replyOf({ jobId }: JobView, { tgefd, seed, method }: Result): z.infer<typeof tgefdReply> {
  if (!tgefd) throw new Error(`the result of ${jobId} has no answer of the ancestor`);
  const { config_hash } = tgefd;
  return {
    run_id: jobId,
    ...tgefd,
    models: [tgefd.model],
    artifacts: {
      persistence_diagrams: null,
      persistence_images: null,
      artifact_id: config_hash.replace(":", "-"),
      artifact_uri: `/v1/jobs/${jobId}/artifacts`,
    },
    reproducibility: { config_hash, seed, deterministic: true, version: `orrery-${method.version}`, method_version: "tgefd-method-v1" },
  };
}

/** What a waiting call with a document of the ancestor answers for a job that ended without a result. */
export function problemOf({ jobId, status, error }: JobView): OrreryError {
  if (error) return new OrreryError(error.code, error.message);
  return new OrreryError("job_has_no_result", `Job ${jobId} ended as ${status}; GET /v1/jobs/${jobId} tells more.`);
}
