import { replayReply, replayRequest } from "../../../contract/dead-letter.ts";
import { parseDocument } from "../../../contract/parse.ts";
import { readJson } from "../../body/json.ts";
import { createReplay } from "../../dead-letters/replay.ts";
import { json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

/** `POST /v1/dead-letters/replay`: new jobs in the place of failed ones. */
export function replayDeadLetters(services: Services): Operation {
  const { options, draining } = services;
  const replay = createReplay({ ...services, signal: draining, ...(options.replayMs !== undefined && { timeMs: options.replayMs }) });
  return operation({
    id: "replayDeadLetters",
    method: "post",
    path: "/v1/dead-letters/replay",
    tag: "Dead letters",
    summary: "Replay dead letters as new jobs, all at once or at a rate, as they were or patched.",
    body: {
      required: true,
      content: {
        "application/json": {
          schema: replayRequest,
          example: { filter: { reason: "deadline" }, dry_run: true, rate: 2, patch: { budget: { deadline_seconds: 3600 } } },
        },
      },
    },
    responses: { 200: json(replayReply, "What became of each; of a dry run, what would.") },
    problems: [
      "malformed_json",
      "body_too_large",
      "unsupported_media_type",
      "invalid_request",
      "invalid_parameter",
      "store_unavailable",
      "temporal_unavailable",
    ],
    async handle({ request, response, tenant }) {
      const asked = parseDocument(replayRequest, await readJson(request, options.maxUploadBytes));
      response.set("Cache-Control", "no-store").json(await replay(tenant, { ...asked, requestId: response.locals.requestId }));
    },
  });
}
