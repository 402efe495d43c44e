import type { lookup as resolve } from "node:dns";
import { tableOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import type { UriDataset } from "../contract/request.ts";
import type { Circuit } from "../outbound/circuit.ts";
import type { Circuits } from "../outbound/circuits.ts";
import type { Objects } from "../storage/store.ts";
import { download, type Incoming } from "./download.ts";
import { FORMATS, type Format, formatOfName, formatOfType } from "./format.ts";
import { ENCODINGS, type Encoding } from "./inflate.ts";
import { readTable } from "./read.ts";
import type { Read } from "./rows.ts";
import { objectOf, parseUri, type UriRules } from "./uri.ts";

export interface FetchOptions {
  rules: UriRules;
  /** Most bytes of a file. */
  maxBytes: number;
  /** Longest time for the whole of a fetch, redirects and reading included. */
  timeoutMs: number;
  /** Of which each host and bucket gets one, so that nobody can close the store by asking for what it does not have. */
  circuits: Circuits;
  /** What s3: and gs: name. Needed if the rules name a bucket. */
  objects?: Objects;
  /** How names of hosts are looked up. Default: by the system. */
  lookup?: typeof resolve;
}

/** Reads the table behind a URI. `signal` stops it. Throws what is wrong with the address, the server or the file. */
export type FetchTable = (source: UriDataset, signal: AbortSignal) => Promise<Read>;

/** Media types that say nothing, so that the ending of the address decides. */
const SILENT = [
  "application/octet-stream",
  "binary/octet-stream",
  "text/plain",
  "application/gzip",
  "application/x-gzip",
  "application/zstd",
];

/** Endings of files that are compressed as a whole. */
const COMPRESSED: Readonly<Record<string, Encoding>> = { ".gz": "gzip", ".br": "br", ".zst": "zstd" };

export function createFetch({ rules, maxBytes, timeoutMs, circuits, objects, lookup }: FetchOptions): FetchTable {
  return async (source, outer) => {
    const url = parseUri(source.uri, rules);
    return circuitTo(url, circuits).call(() => fetchFrom(url, source, outer));
  };

  async function fetchFrom(url: URL, source: UriDataset, outer: AbortSignal): Promise<Read> {
    const overdue = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([outer, overdue]);
    let incoming: Incoming | undefined;
    try {
      incoming = url.protocol === "https:" ? await download(url, rules, signal, lookup) : await openObject(url, objects, signal);
      const chunks = atMost(incoming.chunks, maxBytes, url);
      const { table, dropped } = await readTable(chunks, fileOf(incoming, source), { missing: source.missing, maxBytes });
      return { table: source.units ? tableOf(table.columns, source.units) : table, dropped };
    } catch (error) {
      outer.throwIfAborted();
      if (!overdue.aborted) throw error;
      throw new OrreryError(
        "dataset_uri_unreachable",
        `The file at ${url.host} did not come within ${timeoutMs / 1_000} s; upload the table, or raise ORRERY_URI_TIMEOUT_SECONDS.`,
        { cause: error },
      );
    } finally {
      await incoming?.close();
    }
  }
}

function circuitTo({ protocol, host }: URL, circuits: Circuits): Circuit {
  return circuits.to(`${protocol}//${host}`, {
    counts: (error) => error instanceof OrreryError && ["dataset_uri_unreachable", "store_unavailable"].includes(error.code),
    refusal: (retryAt) =>
      new OrreryError(
        "dataset_uri_unreachable",
        `${host} failed several times and is left alone until ${retryAt.toISOString()}; try again then, or upload the table.`,
        { retryAt },
      ),
  });
}

async function openObject(url: URL, objects: Objects | undefined, signal: AbortSignal): Promise<Incoming> {
  const object = await objects?.open(objectOf(url), signal);
  if (object) return { ...object, path: url.pathname };
  throw new OrreryError(
    "dataset_not_found",
    `There is no object ${url.href.slice(0, 200)}; check bucket and key, which are case-sensitive.`,
  );
}

async function* atMost(chunks: AsyncIterable<Buffer>, maxBytes: number, url: URL): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new OrreryError(
        "dataset_too_large",
        `The file at ${url.host} has more than ${maxBytes} bytes; take fewer rows, or raise ORRERY_MAX_UPLOAD_BYTES.`,
      );
    }
    yield chunk;
  }
}

/** How the file is to be read: as the request says, else by its media type, else by the ending of its address. */
function fileOf(
  { contentType = "", contentEncoding = "", path }: Incoming,
  { format }: UriDataset,
): { format: Format; encoding: Encoding | undefined } {
  const [type = ""] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const ending = /\.[a-z]+$/i.exec(path)?.[0].toLowerCase() ?? "";
  const inner = COMPRESSED[ending];
  const declared = contentEncoding.trim().toLowerCase();
  const encoding = declared === "" || declared === "identity" ? inner : ENCODINGS.find((known) => known === declared);
  if (declared !== "" && declared !== "identity" && encoding === undefined) {
    throw new OrreryError(
      "unsupported_media_type",
      `The file comes compressed by ${declared.slice(0, 40)}; ${ENCODINGS.join(", ")} are read.`,
    );
  }
  const silent = type === "" || SILENT.includes(type);
  const found =
    (type === "text/html" ? undefined : format) ??
    formatOfType(type) ??
    (silent ? formatOfName(inner ? path.slice(0, -ending.length) : path) : undefined);
  if (found !== undefined) return { format: found, encoding };
  const advice =
    type === "text/html"
      ? "name the address of the file itself"
      : `say which it is with "format": one of ${Object.keys(FORMATS).join(", ")}`;
  throw new OrreryError(
    "unsupported_media_type",
    `The file comes as ${JSON.stringify(type.slice(0, 80))}, which does not tell a format that is read; ${advice}.`,
  );
}
