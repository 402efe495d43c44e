import { OrreryError } from "../contract/errors.ts";
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

/** How files begin that are no tables as they are, and what to do with them. */
const PACKED: readonly { magic: readonly number[]; advice: string }[] = [
  { magic: [0x1f, 0x8b], advice: "gzip; send it with Content-Encoding: gzip (behind an address, its name ends with .gz)" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], advice: "zstd; send it with Content-Encoding: zstd (behind an address, its name ends with .zst)" },
  { magic: [0x50, 0x4b, 0x03, 0x04], advice: "a ZIP archive or a spreadsheet; send the CSV file inside, or save the sheet as CSV" },
];

/** The chunks as they are. Throws `malformed_encoding` if they begin as a compressed file does. */
async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun = false;
  for await (const chunk of chunks) {
    const packed = begun ? undefined : PACKED.find(({ magic }) => magic.every((byte, index) => chunk[index] === byte));
    if (packed) throw new OrreryError("malformed_encoding", `The table is compressed, and nothing says so: it is ${packed.advice}.`);
    begun = true;
    yield chunk;
  }
}

/** Reads a table from the bytes of a file, which may be compressed as a whole. Throws what is wrong with it. */
export function readTable(
  chunks: AsyncIterable<Buffer>,
  file: { format: Format; encoding: Encoding | undefined },
  options: ReadOptions,
): Promise<Read> {
  const plain = file.encoding === undefined ? unpacked(chunks) : inflate(chunks, file.encoding, options.maxBytes * INFLATION);
  return READERS[file.format](plain, options);
}
