import type { Request } from "express";
import { OrreryError } from "../../contract/errors.ts";
import { parseJson } from "../../contract/json.ts";
import { encodingOf, mediaTypeOf, readChunks } from "./read.ts";

/** Reads a JSON object and checks what a schema cannot see: encoding, depth, names that occur twice. */
export async function readJson(request: Request, limit: number): Promise<object> {
  mediaTypeOf(request, ["application/json"]);
  encodingOf(request, []);
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(request, limit)) chunks.push(chunk);
  const document = parseJson(Buffer.concat(chunks));
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    const shown = Array.isArray(document) ? "a list" : typeof document === "string" ? "a text" : String(document);
    throw new OrreryError("invalid_request", `The document is ${shown}, not a JSON object; see GET /openapi.json.`, {
      faults: [{ pointer: "", detail: `must be an object (it is ${shown})` }],
    });
  }
  return document;
}
