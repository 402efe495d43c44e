import { z } from "zod";
import { deadLetterFilter, deadLetterList, deadLetterWithPayload, LETTER_STATES } from "../../../contract/dead-letter.ts";
import { deadLetterBody } from "../../dead-letters/body.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";

const MAX_PAGE = 100;

const query = deadLetterFilter.extend({
  state: z.enum(LETTER_STATES).default("open").meta({
    description:
      "`resolved`: those that somebody has dealt with, the last first, as long as the server keeps what has ended. One whose error.json could not be written yet is listed when it is.",
  }),
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .default(20)
    .meta({ description: `Most of one page; above ${MAX_PAGE} it is ${MAX_PAGE}. A page can have fewer and still not be the last.` }),
  page_token: z.string().max(4_096).default("").meta({ description: "`next_page_token` of the page before, with the same filter." }),
});

/** `GET /v1/dead-letters`, newest first, and one of them with its payload. */
export function readDeadLetters({ deadLetters }: Services): Operation[] {
  const shared = { method: "get", tag: "Dead letters" } as const;
  return [
    operation({
      ...shared,
      id: "listDeadLetters",
      path: "/v1/dead-letters",
      summary: "List the open dead letters, newest first, or the resolved ones.",
      query,
      responses: { 200: json(deadLetterList, "One page. A job that failed a moment ago can be missing from it.") },
      problems: ["temporal_unavailable"],
      async handle({ response, tenant, query: { page_size, page_token, state, ...filter } }) {
        const { letters, nextPageToken } = await deadLetters.list(
          tenant,
          { ...filter, state },
          {
            size: Math.min(page_size, MAX_PAGE),
            token: page_token,
          },
        );
        const body = { dead_letters: letters.map(deadLetterBody), next_page_token: nextPageToken };
        response.set("Cache-Control", "private, no-cache").json(body);
      },
    }),
    operation({
      ...shared,
      id: "getDeadLetter",
      path: "/v1/dead-letters/{id}",
      summary: "Read a dead letter with the request of its job.",
      responses: { 200: json(deadLetterWithPayload, "The dead letter.") },
      problems: ["dead_letter_not_found", "temporal_unavailable"],
      async handle({ request, response, tenant }) {
        const letter = await deadLetters.read(pathParameter(request, "id"), tenant);
        const payload = (await deadLetters.payload(letter))?.request ?? null;
        response.set("Cache-Control", "private, no-cache").json({ ...deadLetterBody(letter), payload });
      },
    }),
  ];
}
