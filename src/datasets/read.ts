import { readCsv } from "./csv.ts";
import type { Format } from "./format.ts";
import { type Encoding, inflate } from "./inflate.ts";
import { readJson } from "./json.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import { INFLATION, type Read, type ReadOptions } from "./rows.ts";

type Reader = (chunks: AsyncIterable<Buffer>, options: ReadOptions) => Promise<Read>;

const READERS: Record<Format, Reader> = {
  csv: (chunks, options) => readCsv(chunks, ",", options),
  tsv: (chunks, options) => readCsv(chunks, "\t", options),
  json: readJson,
  ndjson: readNdjson,
  parquet: readParquet,
};

/** Reads a table from the bytes of a file, which may be compressed as a whole. Throws what is wrong with it. */
export function readTable(
  chunks: AsyncIterable<Buffer>,
  file: { format: Format; encoding: Encoding | undefined },
  options: ReadOptions,
): Promise<Read> {
  const plain = file.encoding === undefined ? chunks : inflate(chunks, file.encoding, options.maxBytes * INFLATION);
  return READERS[file.format](plain, options);
}
