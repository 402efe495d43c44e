import { z } from "zod";
import { json, type Operation, operation } from "../../operation.ts";

/** `GET /openapi.json`. The document describes this route too, so it is written when all of them are known. */
export function openapi(write: () => object): Operation {
  let text: string | undefined;
  return operation({
    id: "getOpenApi",
    method: "get",
    path: "/openapi.json",
    tag: "Documentation",
    summary: "This document.",
    responses: { 200: json(z.record(z.string(), z.unknown()), "An OpenAPI 3.1 document.") },
    problems: [],
    handle({ response }) {
      text ??= JSON.stringify(write());
      response.type("application/json").send(text);
    },
  });
}
