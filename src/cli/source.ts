import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { buffer as readAll } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { datasetReply } from "../contract/job.ts";
import type { DatasetSource, Missing } from "../contract/request.ts";
import { UsageError } from "./failure.ts";
import { parse, type Upload } from "./gateway.ts";
import type { Session } from "./session.ts";

/** What a file holds: a whole request document, one of the ancestor, or only the data of one, as JSON or as a table. */
export type Source = { config: Upload } | RequestSource;
export type RequestSource = { request: Record<string, unknown> } | { inline: DatasetSource } | { table: Upload };

/** Most bytes that a gzip file is inflated to here. */
const MOST_INFLATED = 134_217_728;

const CONFIG_NAME = /\.ya?ml$/;
const CONFIG_KEY = /^tgefd_config_version\s*:/m;

/** What the server fetches, and this machine need not see. */
const ADDRESS = /^(?:https|s3|gs):\/\//;

/** Media types of tables, by the endings of their files. */
const TYPES: Readonly<Record<string, string>> = {
  ".tsv": "text/tab-separated-values",
  ".ndjson": "application/x-ndjson",
  ".jsonl": "application/x-ndjson",
  ".parquet": "application/vnd.apache.parquet",
};

/**
 * Reads the file of a submit; `-` is standard input. JSON is a request document (with `dataset`) or `{columns, units}`,
 * YAML a document of the ancestor; TSV, NDJSON and Parquet are told by their names or beginnings, anything else is CSV. An address is
 * left to the server.
 */
export async function readSource(file: string): Promise<Source> {
  if (/^http:/i.test(file)) throw new UsageError(`${file} is not fetched: only https, s3 and gs addresses are.`);
  if (ADDRESS.test(file)) return { inline: { source: "uri", uri: file, missing: "refuse" } };
  const bytes = inflated(await readBytes(file), file);
  const type = TYPES[extname(file.replace(/\.gz$/i, "")).toLowerCase()];
  if (type !== undefined) return { table: { type, bytes } };
  const text = Buffer.from(bytes).toString("utf8");
  if (CONFIG_NAME.test(file) || CONFIG_KEY.test(text)) return { config: { type: "application/yaml", bytes } };
  const sniffed = typeOf(text);
  if (sniffed !== undefined) return { table: { type: sniffed, bytes } };
  if (file.endsWith(".json") || text.trimStart().startsWith("{")) return sourceOf(text, nameOf(file), bytes);
  return { table: { type: "text/csv", bytes } };
}

/** The media type of a table by its beginning, as standard input has no name; undefined for JSON and CSV. */
function typeOf(text: string): string | undefined {
  if (text.startsWith("PAR1")) return TYPES[".parquet"];
  const end = text.indexOf("\n");
  const heading = end < 0 ? text : text.slice(0, end);
  // An object that ends with its line, and more after it.
  if (isObject(parse(heading)) && text.slice(end).trim() !== "" && end >= 0) return TYPES[".ndjson"];
  return !heading.trimStart().startsWith("{") && heading.includes("\t") && !heading.includes(",") ? TYPES[".tsv"] : undefined;
}

/**
 * The dataset of a request. A table is uploaded, so that a large one is streamed to the store once and a second job on
 * the same file sends only its id.
 */
export async function datasetOf(
  { gateway, terminal }: Session,
  source: { inline: DatasetSource } | { table: Upload },
  missing?: Missing,
): Promise<DatasetSource> {
  if ("inline" in source && source.inline.source === "uri") return { ...source.inline, missing: missing ?? source.inline.missing };
  if ("inline" in source && missing === undefined) return source.inline;
  const path = `/v1/datasets${missing === undefined ? "" : `?missing=${missing}`}`;
  const upload = "table" in source ? source.table : documentOf(source.inline);
  const { document } = await gateway.read(datasetReply, path, { method: "POST", upload });
  if (document.dropped_rows > 0) {
    terminal.err.write(`Left out ${document.dropped_rows} of ${document.dropped_rows + document.rows} rows, where a value is missing.\n`);
  }
  return { source: "stored", dataset_id: document.dataset_id };
}

/** Inline columns as an upload: only there can rows be dropped. */
function documentOf(dataset: DatasetSource): Upload {
  const text = JSON.stringify({ ...dataset, source: undefined });
  return { type: "application/json", bytes: new TextEncoder().encode(text) };
}

async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  if (file === "-") return new Uint8Array(await readAll(process.stdin));
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const reason = code === "ENOENT" ? "There is no such file" : code === "EISDIR" ? "It is a directory" : code;
    throw new UsageError(`${file} cannot be read: ${reason}. Give a CSV or JSON file, or - for standard input.`);
  }
}

/** What a gzip file holds; other bytes as they are. */
function inflated(bytes: Uint8Array<ArrayBuffer>, file: string): Uint8Array<ArrayBuffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: MOST_INFLATED }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} cannot be inflated: ${reason}. At most ${MOST_INFLATED / 1_048_576} MiB are.`);
  }
}

function sourceOf(text: string, name: string, bytes: Upload["bytes"]): Source {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${name} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (isObject(document) && "tgefd_config_version" in document) return { config: { type: "application/json", bytes } };
  if (isObject(document) && isObject(document.dataset)) return { request: document };
  if (isObject(document) && isObject(document.columns)) {
    // Values are the gateway's to judge: it names each fault with a pointer.
    return { inline: { source: "inline", ...document } as DatasetSource };
  }
  if (isObject(document) && "columns" in document) {
    throw new UsageError(
      `The "columns" of ${name} must be an object of name to list of values, such as {"columns": {"a": [1, 2], "T": [3, 4]}}.`,
    );
  }
  throw new UsageError(`${name} has neither "dataset" nor "columns". Give a request document or {"columns": {"a": [1, 2], "T": [3, 4]}}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(file: string): string {
  return file === "-" ? "Standard input" : file;
}
