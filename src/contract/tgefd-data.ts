import { type Fault, OrreryError } from "./errors.ts";
import { parseDocument } from "./parse.ts";
import { lenientNumber, type TgefdDocument, tgefdConfig } from "./tgefd.ts";

/** Bounds of the ancestor's own, whatever the limits in a document say. */
const HARD_LIMITS = { points: 200_000, features: 2_048 } as const;
const MAX_FAULTS = 20;

/** A document of the ancestor, apart from its data: inline columns `x0`, `x1`, … and `y`, or the address of a file. */
export interface TgefdSubmission {
  document: TgefdDocument;
  data: { columns: Record<string, number[]> } | { uri: string };
}

/**
 * Reads a document of the ancestor and takes its values out of it.
 *
 * Throws `invalid_request` for all that the ancestor's schema refuses, `budget_exceeded` for a table beyond its hard
 * limits, and `dataset_source_refused` for `source: file`, which would read any file of the server.
 */
export function readTgefd(sent: unknown): TgefdSubmission {
  const config = parseDocument(tgefdConfig, sent);
  const { source, x, y, path, uri, ...dataset } = config.dataset;
  const document: TgefdDocument = { ...config, dataset };
  checkMetadata(dataset);
  if (source === "file") {
    throw new OrreryError(
      "dataset_source_refused",
      `The dataset is the file ${JSON.stringify(path?.slice(0, 80))}, and the server reads no files of its own disk for clients; send its values as source: inline, or upload it with POST /v1/datasets and name its dataset_id.`,
      { faults: [{ pointer: "/dataset/source", detail: "must be inline or uri" }] },
    );
  }
  if (source === "uri") return { document, data: { uri: uri ?? "" } };
  return { document, data: { columns: columnsOf(x?.values, y?.values, dataset.limits) } };
}

function checkMetadata({ metadata, limits }: TgefdDocument["dataset"]): void {
  const entries = Object.entries(metadata ?? {});
  if (entries.length > limits.max_metadata_entries) {
    throw refused(
      "/dataset/metadata",
      `has ${entries.length} entries; dataset.limits.max_metadata_entries is ${limits.max_metadata_entries}`,
    );
  }
  for (const [name, value] of entries) {
    const { length } = typeof value === "string" ? value : JSON.stringify(value);
    if (length > limits.max_metadata_value_chars) {
      const most = limits.max_metadata_value_chars;
      throw refused(
        "/dataset/metadata",
        `has ${length} characters in ${JSON.stringify(name.slice(0, 80))}; dataset.limits.max_metadata_value_chars is ${most}`,
      );
    }
  }
}

function columnsOf(x: unknown, y: unknown, limits: TgefdDocument["dataset"]["limits"]): Record<string, number[]> {
  const rows = listOf(x, "/dataset/x/values");
  const targets = listOf(y, "/dataset/y/values");
  const flat = !rows.some(Array.isArray);
  const width = Array.isArray(rows[0]) ? rows[0].length : 1;
  checkTgefdSize({ points: rows.length, features: width }, limits);
  if (targets.length !== rows.length)
    throw refused("/dataset/y/values", `must have as many values as x has rows, ${rows.length}, not ${targets.length}`);

  // Before anything is allocated by the width of the first row.
  if (!flat) for (const [row, cells] of rows.entries()) checkRow(cells, width, `/dataset/x/values/${row}`);
  const faults: Fault[] = [];
  const columns = Array.from({ length: width }, () => new Array<number>(rows.length));
  const read = (value: unknown, pointer: () => string): number => {
    const number = lenientNumber(value);
    if (number === undefined && faults.length < MAX_FAULTS) {
      faults.push({ pointer: pointer(), detail: `must be a finite number, not ${JSON.stringify(value)?.slice(0, 60) ?? String(value)}` });
    }
    return number ?? 0;
  };
  for (const [row, cells] of rows.entries()) {
    for (const [index, column] of columns.entries()) {
      const value: unknown = Array.isArray(cells) ? cells[index] : cells;
      column[row] = read(value, () => `/dataset/x/values/${row}${flat ? "" : `/${index}`}`);
    }
  }
  const target = targets.map((value, row) => read(value, () => `/dataset/y/values/${row}`));
  const [first] = faults;
  if (first) throw new OrreryError("dataset_not_numeric", `${first.pointer} ${first.detail}.`, { faults });
  return Object.fromEntries([...columns.map((column, index) => [`x${index}`, column] as const), ["y", target] as const]);
}

function checkRow(cells: unknown, width: number, pointer: string): void {
  if (!Array.isArray(cells)) throw refused(pointer, "must be a list of numbers, as the other rows are");
  if (cells.length === 0) throw refused(pointer, "must not be an empty row");
  if (cells.length !== width)
    throw refused(pointer, `must have a consistent width: ${width} values as in the first row, not ${cells.length}`);
}

function listOf(values: unknown, pointer: string): unknown[] {
  if (!Array.isArray(values)) throw refused(pointer, "must be a list");
  if (values.length === 0) throw refused(pointer, "must not be empty");
  return values;
}

/** Throws `invalid_request` for a table beyond the limits of the document, `budget_exceeded` beyond those that the ancestor never exceeds. */
export function checkTgefdSize(
  { points, features }: { points: number; features: number },
  limits: TgefdDocument["dataset"]["limits"],
): void {
  const bounds = [
    ["points", points, limits.max_points, "max_points"],
    ["features", features, limits.max_features, "max_features"],
    ["values", points * features + points, limits.max_total_values, "max_total_values"],
  ] as const;
  for (const [what, count, most, name] of bounds) {
    if (count > most) throw refused("/dataset", `has ${count} ${what}; dataset.limits.${name} is ${most}`);
  }
  for (const [what, count] of Object.entries({ points, features })) {
    const most = HARD_LIMITS[what as keyof typeof HARD_LIMITS];
    if (count <= most) continue;
    const message = `The dataset has ${count} ${what}, beyond the hard safety limit of ${most}; send fewer.`;
    throw new OrreryError("budget_exceeded", message, { faults: [{ pointer: "/dataset", detail: message }] });
  }
}

function refused(pointer: string, detail: string): OrreryError {
  return new OrreryError("invalid_request", `${pointer} ${detail}.`, { faults: [{ pointer, detail }] });
}
