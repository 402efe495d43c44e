import { OrreryError } from "./errors.ts";
import { LIMITS } from "./request.ts";

/** A table of finite numbers. All columns have `rows` values. */
export interface Table {
  rows: number;
  columns: Record<string, Float64Array>;
  units: Record<string, string>;
}

/** What can be known of a table without reading its values. */
export interface TableHeader {
  rows: number;
  columns: string[];
  units: Record<string, string>;
  /** Columns that hold one value only. */
  constant: string[];
}

/** Two leading underscores are refused: `__proto__` must never become a key. */
const NAME = /^(?!__)[A-Za-z_]\w{0,63}$/;
const RESERVED = new Set(["sin", "cos", "exp", "log", "sqrt"]);

/** Throws `dataset_too_large` and `column_name_invalid`. */
export function checkNames(names: readonly string[]): void {
  if (names.length > LIMITS.columns) {
    throw new OrreryError("dataset_too_large", `The dataset has ${names.length} columns; at most ${LIMITS.columns} are accepted.`);
  }
  const bad = names.find((name) => !NAME.test(name) || RESERVED.has(name));
  if (bad === undefined) return;
  throw new OrreryError(
    "column_name_invalid",
    `Column ${JSON.stringify(bad.slice(0, 80))} cannot stand in a formula; use a letter or underscore, then at most 63 letters, digits or underscores, and no function name.`,
    { faults: [{ pointer: `/dataset/columns/${pointerPart(bad)}`, detail: "rename the column" }] },
  );
}

/**
 * Builds a table from columns of plain numbers. Typed arrays are taken over as they are, lists are copied.
 *
 * Throws `dataset_empty`, `column_name_invalid`, `dataset_too_large`, `dataset_ragged` or
 * `dataset_not_numeric`, with pointers into `/dataset`.
 */
export function tableOf(columns: Record<string, ArrayLike<number>>, units: Record<string, string> = {}): Table {
  const names = Object.keys(columns);
  const [first] = names;
  if (first === undefined) throw new OrreryError("dataset_empty", "The dataset has no columns; send at least an input and a target.");
  checkNames(names);
  const rows = columns[first]?.length ?? 0;
  for (const name of names) {
    const length = columns[name]?.length ?? 0;
    if (length !== rows) {
      throw new OrreryError(
        "dataset_ragged",
        `Column "${name}" has ${length} values but "${first}" has ${rows}; make all columns equally long.`,
        {
          faults: [{ pointer: `/dataset/columns/${pointerPart(name)}`, detail: `${length} values instead of ${rows}` }],
        },
      );
    }
  }
  for (const name of Object.keys(units)) {
    if (!Object.hasOwn(columns, name)) {
      throw new OrreryError(
        "column_unknown",
        `A unit is given for "${name}", but the dataset has no such column; its columns are ${listed(names)}.`,
        {
          faults: [{ pointer: `/dataset/units/${pointerPart(name)}`, detail: "no such column" }],
        },
      );
    }
  }
  if (rows === 0) throw new OrreryError("dataset_empty", "The dataset has no rows; send at least 2, better 8 or more.");
  if (rows > LIMITS.rows) {
    throw new OrreryError("dataset_too_large", `The dataset has ${rows} rows; at most ${LIMITS.rows} are accepted.`);
  }
  // In the order of the columns, so that the order in which units are sent does not give a table another hash.
  const ordered = names.flatMap((name) => (Object.hasOwn(units, name) ? [[name, units[name] ?? ""] as const] : []));
  const table: Table = { rows, columns: {}, units: Object.fromEntries(ordered) };
  for (const name of names) {
    const given = columns[name] ?? [];
    const values = given instanceof Float64Array ? given : new Float64Array(given);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new OrreryError(
        "dataset_not_numeric",
        `Row ${bad + 1} of column "${name}" is ${String(columns[name]?.[bad])}; every value must be a finite number.`,
        {
          faults: [{ pointer: `/dataset/columns/${pointerPart(name)}/${bad}`, detail: "not a finite number" }],
        },
      );
    }
    table.columns[name] = values;
  }
  return table;
}

export function headerOf(table: Table): TableHeader {
  const columns = Object.keys(table.columns);
  const constant = columns.filter((name) => {
    const values = table.columns[name];
    return values?.every((value) => value === values[0]);
  });
  return { rows: table.rows, columns, units: table.units, constant };
}

const MAGIC = "orrery-table-1\n";
/**
 * Most bytes from the start of an encoded table to the end of its header. Requests stay below: 4,096 columns take 588
 * bytes each at most, with names of 64 characters in all three lists and units of 64 control characters, 6 bytes each.
 */
export const MAX_HEADER_BYTES = 2_621_440;

/**
 * The stored form of a table: the magic line, the header's length as a decimal line, the header as JSON padded with
 * spaces to a multiple of 8 bytes from the start, then each column as little-endian doubles. One table has one form, so its hash names it.
 *
 * Throws `dataset_too_large` for a header that could not be read back, which takes units of more than 64 characters.
 */
export function encodeTable(table: Table): Uint8Array {
  const header = JSON.stringify(headerOf(table));
  let text = new TextEncoder().encode(header);
  const lead = MAGIC.length + 9;
  const padding = (8 - ((lead + text.length) % 8)) % 8;
  text = new TextEncoder().encode(header + " ".repeat(padding));
  if (lead + text.length > MAX_HEADER_BYTES) {
    throw new OrreryError(
      "dataset_too_large",
      `The names and units of the columns take ${lead + text.length} bytes; at most ${MAX_HEADER_BYTES} are accepted. Shorten the units.`,
    );
  }
  const names = Object.keys(table.columns);
  const bytes = new Uint8Array(lead + text.length + names.length * table.rows * 8);
  bytes.set(new TextEncoder().encode(`${MAGIC}${String(text.length).padStart(8, "0")}\n`));
  bytes.set(text, lead);
  let offset = lead + text.length;
  for (const name of names) {
    const values = table.columns[name] as Float64Array;
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return bytes;
}

/** Reads the header from the first bytes of an encoded table. Throws `artifact_corrupt`. */
export function decodeHeader(bytes: Uint8Array): { header: TableHeader; offset: number } {
  const decoder = new TextDecoder();
  const lead = MAGIC.length + 9;
  const length = Number(decoder.decode(bytes.subarray(MAGIC.length, lead - 1)));
  if (decoder.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC || !Number.isInteger(length) || lead + length > bytes.length) {
    throw noHeader();
  }
  try {
    return { header: JSON.parse(decoder.decode(bytes.subarray(lead, lead + length))) as TableHeader, offset: lead + length };
  } catch {
    throw noHeader();
  }
}

function noHeader(): OrreryError {
  return new OrreryError("artifact_corrupt", "A stored dataset does not begin with the header of a table; upload the dataset again.");
}

/** The inverse of `encodeTable`. Copies each column, so that the table does not hold on to `bytes`. Throws `artifact_corrupt`. */
export function decodeTable(bytes: Uint8Array): Table {
  const { header, offset } = decodeHeader(bytes);
  const size = header.rows * 8;
  if (bytes.length !== offset + header.columns.length * size) {
    throw new OrreryError("artifact_corrupt", "A stored dataset is shorter than its header says; upload the dataset again.");
  }
  const columns: Table["columns"] = {};
  header.columns.forEach((name, index) => {
    // A constructor copies; `slice` of a Buffer would not, and its memory begins elsewhere.
    columns[name] = new Float64Array(new Uint8Array(bytes.subarray(offset + index * size, offset + (index + 1) * size)).buffer);
  });
  return { rows: header.rows, columns, units: header.units };
}

/** The next step after a missing value, where rows can be dropped. */
export const MISSING_ADVICE = " Fill it in, or send missing=drop to leave out rows with missing values.";

/** Names for an error text: at most eight, quoted. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return shown.join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
}

/** One reference token of a JSON pointer, escaped as RFC 6901 asks. */
export function pointerPart(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
