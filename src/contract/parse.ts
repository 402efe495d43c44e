import type { z } from "zod";
import { pointerPart } from "./dataset.ts";
import { type ErrorCode, type Fault, OrreryError } from "./errors.ts";

/** Most faults that one reply lists. */
const MAX_FAULTS = 20;

/**
 * Parses a document against its schema. Throws `dataset_not_numeric` if only values of inline columns are wrong, else
 * `invalid_request`; either way with a pointer to each fault, and the offending value where it is short.
 */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, document)).slice(0, MAX_FAULTS);
  const values = parsed.error.issues.every(({ path }) => path[0] === "dataset" && path[1] === "columns" && path.length === 4);
  const code: ErrorCode = values ? "dataset_not_numeric" : "invalid_request";
  const [first] = faults;
  throw new OrreryError(code, first ? `${first.pointer || "The document"} ${first.detail}.` : "The document is not valid.", { faults });
}

function faultsOf(issue: z.core.$ZodIssue, document: unknown): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      detail: "is not a known key; remove it or see GET /openapi.json",
    }));
  }
  const value = valueAt(document, issue.path);
  const shown = value === undefined ? "" : ` (it is ${excerpt(value)})`;
  return [{ pointer: pointer(issue.path), detail: `${value === undefined ? "is missing or " : ""}${lowered(issue.message)}${shown}` }];
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${pointerPart(String(part))}`).join("");
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    document,
  );
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
