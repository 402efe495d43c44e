import { deadLetter, discardRequest } from "../../../contract/dead-letter.ts";
import { OrreryError } from "../../../contract/errors.ts";
import { parseDocument } from "../../../contract/parse.ts";
import { readJson } from "../../body/json.ts";
import { deadLetterBody } from "../../dead-letters/body.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

const MAX_BODY_BYTES = 16_384;

/** `DELETE /v1/dead-letters/{id}`: nothing more is to be done about it. */
export function discardDeadLetter({ deadLetters, audit }: Services): Operation {
  return operation({
    id: "discardDeadLetter",
    method: "delete",
    path: "/v1/dead-letters/{id}",
    tag: "Dead letters",
    summary: "Discard a dead letter, with the reason.",
    body: { required: true, content: { "application/json": { schema: discardRequest, example: { reason: "The table was wrong." } } } },
    responses: { 202: json(deadLetter, "It is discarded as soon as a worker takes note.") },
    problems: [
      "malformed_json",
      "body_too_large",
      "unsupported_media_type",
      "invalid_request",
      "dead_letter_not_found",
      "dead_letter_resolved",
      "store_unavailable",
      "temporal_unavailable",
    ],
    async handle({ request, response, tenant }) {
      const { reason } = parseDocument(discardRequest, await readJson(request, MAX_BODY_BYTES));
      const letter = await deadLetters.read(pathParameter(request, "id"), tenant);
      if (letter.resolution) throw resolved(letter.id);
      const resolution = { resolution: "discarded", by: tenant, reason } as const;
      const { job_id, run } = letter.facts;
      const { requestId } = response.locals;
      await audit.record(tenant, {
        actor: tenant,
        action: "dead_letter.discard",
        job_id,
        run,
        request_id: requestId,
        subject: letter.id,
        reason,
      });
      if (!(await deadLetters.resolve(letter, resolution))) throw resolved(letter.id);
      response
        .status(202)
        .set("Cache-Control", "no-store")
        .json(deadLetterBody({ ...letter, resolution: { ...resolution, at: new Date().toISOString() } }));
    },
  });
}

function resolved(id: string): OrreryError {
  return new OrreryError(
    "dead_letter_resolved",
    `The dead letter ${id} is resolved; GET /v1/dead-letters/${id} tells how, by whom and why.`,
  );
}
