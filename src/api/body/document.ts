import type { Request } from "express";
import { OrreryError } from "../../contract/errors.ts";
import { readJson } from "./json.ts";
import { encodingOf, mediaTypeOf, readChunks } from "./read.ts";
import { MAX_YAML_BYTES, parseYaml, YAML_TYPES } from "./yaml.ts";

/** Objects within objects, as for JSON. */
const MAX_DEPTH = 32;

/** Reads an object that is written as JSON or, in at most `MAX_YAML_BYTES`, as YAML; its media type says which. */
export async function readDocument(request: Request, limit: number): Promise<object> {
  const type = mediaTypeOf(request, ["application/json", ...YAML_TYPES]);
  if (type === "application/json") return readJson(request, limit);
  encodingOf(request, []);
  const document = parseYaml(textOf(await yamlOf(request, limit)));
  refuseStrange(document, 0);
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return document;
  const detail = "must be a mapping of keys to values";
  throw new OrreryError("invalid_request", `The document ${detail}; see GET /openapi.json.`, { faults: [{ pointer: "", detail }] });
}

async function yamlOf(request: Request, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of readChunks(request, Math.min(limit, MAX_YAML_BYTES))) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof OrreryError && error.code === "body_too_large") || limit <= MAX_YAML_BYTES) throw error;
    throw new OrreryError(
      "body_too_large",
      `At most ${MAX_YAML_BYTES} bytes of YAML are accepted; send the same document as application/json.`,
    );
  }
  return Buffer.concat(chunks);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new OrreryError("malformed_yaml", "The body is not valid UTF-8; encode it so and send it again.");
  }
}

/** Refuses what no reader of the document should meet: a nesting without end, and names that parsers may drop. */
function refuseStrange(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) throw new OrreryError("invalid_request", `The document is nested deeper than ${MAX_DEPTH} levels.`);
  if (Object.hasOwn(value, "__proto__"))
    throw new OrreryError("invalid_request", 'The document has the reserved name "__proto__"; rename it.');
  for (const inner of Object.values(value)) refuseStrange(inner, depth + 1);
}
