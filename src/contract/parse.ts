import type { z } from "zod";
import { pointerPart } from "./dataset.ts";
import { type ErrorCode, type Fault, OrreryError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** How a person calls the types of JSON. */
const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  null: "null",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

/** Most faults that one reply lists. */
const MAX_FAULTS = 20;

/**
 * Parses a document against its schema. Throws `dataset_not_numeric` if only values of inline columns are wrong, else
 * `invalid_request`; either way with a pointer to each fault, and the offending value where it is short.
 */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, schema, document)).slice(0, MAX_FAULTS);
  const values = parsed.error.issues.every(
    ({ path }) => (path[0] === "dataset" || path[0] === "predict") && path[1] === "columns" && path.length === 4,
  );
  const code: ErrorCode = values ? "dataset_not_numeric" : "invalid_request";
  const [first] = faults;
  const sentence = first ? `${first.pointer || "The document"} ${first.detail}` : "The document is not valid";
  throw new OrreryError(code, sentence.endsWith("?") ? sentence : `${sentence}.`, { faults });
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.core.$ZodType, document: unknown): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const advice = meant === undefined ? `remove it; the keys here are ${known.join(", ")}` : `did you mean "${meant}"?`;
      return { pointer: pointer([...issue.path, key]), detail: `is not a known key; ${advice}` };
    });
  }
  if (issue.code === "invalid_union") {
    // The alternative that is of the value's type, if there is one, is what was meant.
    const meant = issue.errors.find(
      (inner) => inner.length > 0 && !inner.some(({ code, path }) => code === "invalid_type" && path.length === 0),
    );
    if (meant) return meant.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, schema, document));
  }
  const value = valueAt(document, issue.path);
  const said = value === undefined ? "is missing; it " : "";
  // What such a demand says of a list or an object is not that it is one.
  const isWhole = typeof value === "object" && ["custom", "too_small", "too_big"].includes(issue.code);
  const shown = value === undefined || isWhole ? "" : `, not ${excerpt(value)}`;
  return [{ pointer: pointer(issue.path), detail: `${said}${demandOf(issue)}${shown}` }];
}

/** What the schema asks for, as a clause that begins with "must". */
function demandOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith("must ") || issue.message.startsWith("`")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    default:
      return `must be valid: ${issue.message}`;
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  const unit = { string: "characters", array: "entries" }[origin];
  return unit ? `must have ${relation} ${limit} ${unit}` : `must be ${relation} ${limit}`;
}

/** The keys that the schema knows at a path; of all alternatives where there are several. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const def = schema._zod.def as {
    innerType?: z.core.$ZodType;
    out?: z.core.$ZodType;
    element?: z.core.$ZodType;
    options?: z.core.$ZodType[];
    shape?: Record<string, z.core.$ZodType>;
    valueType?: z.core.$ZodType;
  };
  const inner = def.innerType ?? def.out;
  if (inner) return keysAt(inner, path);
  if (def.options) return [...new Set(def.options.flatMap((option) => keysAt(option, path)))];
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[String(key)] ?? def.element ?? def.valueType;
  return next ? keysAt(next, rest) : [];
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
  // Not written out: a document can be larger than a text, and deeper than the stack.
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
