import { MAX_TREE } from "./ast.ts";
import { listed, MISSING_ADVICE, pointerPart } from "./dataset.ts";
import { type Fault, OrreryError } from "./errors.ts";
import type { Missing } from "./request.ts";

/** Lists and objects within one another, as deep as the tree of a law; recursive readers of the document would overflow far beyond this. */
const MAX_DEPTH = 2 * MAX_TREE.depth + 4;

const MAX_FAULTS = 20;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Parses a JSON document and checks what a schema cannot see: encoding, depth, names that occur twice. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new OrreryError("malformed_json", "The body is not valid UTF-8; encode it so and send it again.");
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").slice(0, 200) : "";
    throw new OrreryError("malformed_json", `The body is not valid JSON (${reason || "it is empty"}); correct it and send it again.`);
  }
  refuseRepeatedNames(text);
  return document;
}

/** A name, a value that is a string, or a bracket. In valid JSON a string before a colon is a name, and nothing else is. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"([ \t\r\n]*:)?|[{}[\]]/g;

/**
 * Refuses names that occur twice in one object, of which JSON.parse would silently keep the last, and `__proto__`,
 * which parsers may drop.
 */
function refuseRepeatedNames(text: string): void {
  const open: { names: Set<string>; last: string }[] = [];
  for (const [token, body = "", colon] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push({ names: new Set(), last: "" });
      if (open.length > MAX_DEPTH)
        throw new OrreryError(
          "invalid_request",
          `The document is nested deeper than ${MAX_DEPTH} levels; see GET /openapi.json for its shape.`,
        );
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (colon !== undefined) {
      const object = open.at(-1);
      const name = body.includes("\\") ? (JSON.parse(`"${body}"`) as string) : body;
      if (!object) continue;
      object.last = name;
      if (name === "__proto__" || object.names.has(name))
        throw nameFault(
          open.map(({ last }) => last),
          name === "__proto__",
        );
      object.names.add(name);
    }
  }
}

function nameFault(path: string[], reserved: boolean): OrreryError {
  const name = path.at(-1) ?? "";
  const pointer = path.map((part) => `/${pointerPart(part)}`).join("");
  const column = path.at(-2) === "columns";
  const shown = listed([name.slice(0, 80)]);
  if (reserved) {
    return new OrreryError(column ? "column_name_invalid" : "invalid_request", `${pointer} has the reserved name ${shown}; rename it.`, {
      faults: [{ pointer, detail: "is a reserved name" }],
    });
  }
  return new OrreryError(
    column ? "column_duplicate" : "invalid_request",
    `The name ${shown} occurs twice at ${pointer}; keep one of them.`,
    {
      faults: [{ pointer, detail: "occurs twice" }],
    },
  );
}

/**
 * Refuses values of inline columns that are no finite numbers, before a schema collects a fault for each of what may
 * be millions. `pointer` is where the columns are. Where `missing` is given, null is a
 * missing value, and passes if its row is to be dropped.
 */
export function refuseNonNumbers(columns: unknown, pointer: string, missing?: Missing): void {
  if (typeof columns !== "object" || columns === null) return;
  const faults: Fault[] = [];
  let first = "";
  let advice = "";
  for (const [name, values] of Object.entries(columns)) {
    if (!Array.isArray(values)) continue;
    for (let row = 0; row < values.length && faults.length < MAX_FAULTS; row += 1) {
      if (Number.isFinite(values[row]) || (missing === "drop" && values[row] === null)) continue;
      const value =
        values[row] === Number.POSITIVE_INFINITY || values[row] === Number.NEGATIVE_INFINITY
          ? "too large for a number"
          : excerpt(values[row]);
      if (faults.length === 0 && missing && values[row] === null) advice = MISSING_ADVICE;
      if (faults.length === 0) first = `Row ${row + 1} of column ${JSON.stringify(name.slice(0, 80))} is ${value}`;
      faults.push({ pointer: `${pointer}/${pointerPart(name)}/${row}`, detail: `must be a finite number (it is ${value})` });
    }
  }
  if (faults.length > 0)
    throw new OrreryError("dataset_not_numeric", `${first}; every value must be a finite number.${advice}`, { faults });
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
