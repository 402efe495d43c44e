import { listed, MISSING_ADVICE, pointerPart } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { parseJson } from "../contract/json.ts";
import { LIMITS } from "../contract/request.ts";
import { linesOf } from "./lines.ts";
import { createRows, type Read, type ReadOptions, type Rows } from "./rows.ts";

/**
 * Reads a table from lines that each hold a JSON object, a row. The first one says which columns there are; a key that
 * is absent or null later is a missing value, a new key is refused. A byte order mark, CRLF and blank lines are fine.
 */
export async function readNdjson(chunks: AsyncIterable<Buffer>, options: ReadOptions): Promise<Read> {
  let names: string[] = [];
  let rows: Rows | undefined;
  let values = new Float64Array();
  let line = 0;
  for await (const bytes of linesOf(chunks)) {
    line += 1;
    const row = rowIn(bytes, line);
    if (!row) continue;
    if (!rows) {
      names = Object.keys(row);
      if (names.length > LIMITS.columns) throw tooWide(line, names.length);
      rows = createRows(names, options);
      values = new Float64Array(names.length);
    }
    let known = 0;
    for (const [index, name] of names.entries()) {
      if (Object.hasOwn(row, name)) known += 1;
      values[index] = numberOf(row[name], line, name, options);
    }
    if (known < Object.keys(row).length) throw strange(row, names, line);
    rows.add(values, line);
  }
  if (!rows) throw new OrreryError("dataset_empty", 'The body holds no row; send a line such as {"a": 1, "T": 365.2} for each.');
  return rows.finish();
}

function rowIn(bytes: Buffer, line: number): Record<string, unknown> | undefined {
  let document: unknown;
  try {
    document = parseJson(bytes);
  } catch (error) {
    if (bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)) return undefined;
    if (!(error instanceof OrreryError)) throw error;
    const code = error.code === "malformed_json" ? "malformed_ndjson" : error.code;
    throw new OrreryError(code, `Line ${line}: ${error.message}`, { cause: error });
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return document as Record<string, unknown>;
  const shown = JSON.stringify(document).slice(0, 60);
  throw new OrreryError(
    "malformed_ndjson",
    `Line ${line} is ${shown}, not an object; send one object a line, such as {"a": 1, "T": 365.2}. A whole table as one document is application/json.`,
  );
}

function numberOf(value: unknown, line: number, name: string, { missing }: ReadOptions): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const absent = value === undefined || value === null;
  if (absent && missing === "drop") return Number.NaN;
  const shown =
    value === undefined
      ? "missing"
      : typeof value === "number"
        ? "beyond the range of a double (1.8e308)"
        : JSON.stringify(value).slice(0, 60);
  const advice = absent ? MISSING_ADVICE : typeof value === "string" ? " Write it without quotes." : "";
  throw new OrreryError(
    "dataset_not_numeric",
    `Line ${line} of column "${name.slice(0, 80)}" is ${shown}; every value must be a finite number.${advice}`,
    { faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: `line ${line}: must be a number (it is ${shown})` }] },
  );
}

function strange(row: object, names: readonly string[], line: number): OrreryError {
  const more = Object.keys(row).filter((name) => !names.includes(name));
  return new OrreryError(
    "dataset_ragged",
    `Line ${line} has ${listed(more.map((name) => name.slice(0, 80)))}, which the first row has not; give every row the same keys.`,
    { faults: [{ pointer: "", detail: `line ${line}: keys that the first row has not` }] },
  );
}

function tooWide(line: number, columns: number): OrreryError {
  return new OrreryError(
    "dataset_too_large",
    `Line ${line}, the first row, has ${columns} columns; at most ${LIMITS.columns} are accepted. Leave out those that no law needs.`,
  );
}
