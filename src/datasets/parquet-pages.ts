import type { ColumnMetaData } from "hyparquet";

/** Most bytes that the pages of one column in one row group may inflate to, beside 32 for each row. Writers make pages of 1 MB. */
const MAX_BYTES = 67_108_864;

/** PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT: what numbers are written in. */
const ENCODINGS = [0, 2, 3, 5, 8, 9];

const DICTIONARY = 2;

/** A struct of Thrift's compact protocol: its numbers and structs by field. Texts and lists are skipped. */
interface Struct {
  [field: number]: number | Struct | undefined;
}

/**
 * Reads the headers of the pages of a column in one row group. Throws if they say that they hold more values than the
 * group has rows, or far more bytes than numbers need: the decoder would reserve what they say.
 */
export function checkPages(bytes: Uint8Array, column: ColumnMetaData, rows: number): void {
  const begin = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = begin + Number(column.total_compressed_size);
  if (!(begin >= 0 && end >= begin && end <= bytes.length)) throw new Error("a column lies outside the file");
  const reader = { bytes, offset: begin };
  let seen = 0;
  let inflated = 0;
  while (seen < rows && reader.offset < end) {
    const page = readStruct(reader, 0);
    const [type, size, packed] = [numberAt(page, 1), numberAt(page, 2), numberAt(page, 3)];
    const header = structAt(page, 5) ?? structAt(page, 7) ?? structAt(page, 8) ?? {};
    const version2 = structAt(page, 8) !== undefined;
    const values = numberAt(header, 1);
    inflated += size;
    if (!(values >= 0 && values <= Math.max(rows, type === DICTIONARY ? MAX_BYTES / 8 : 0)))
      throw new Error(`a page says that it has ${values} values`);
    if (!(packed >= 0 && packed <= end - reader.offset)) throw new Error(`a page says that it takes ${packed} bytes`);
    if (!(size >= 0 && inflated <= MAX_BYTES + 32 * rows))
      throw new Error(`the pages of a column say that they inflate to ${inflated} bytes`);
    if (!ENCODINGS.includes(numberAt(header, version2 ? 4 : 2))) throw new Error("a page has an encoding that numbers have not");
    if (version2 && !(numberAt(header, 2) >= 0 && numberAt(header, 2) <= values))
      throw new Error("a page says that it misses more than it has");
    reader.offset += packed;
    if (type !== DICTIONARY) seen += values;
  }
  // The decoder would take what is not there for null.
  if (seen !== rows) throw new Error(`the pages of a column have ${seen} values for ${rows} rows`);
}

interface Reader {
  bytes: Uint8Array;
  offset: number;
}

function readStruct(reader: Reader, depth: number): Struct {
  if (depth > 8) throw new Error("a page header is nested too deeply");
  const struct: Struct = {};
  let field = 0;
  for (;;) {
    const byte = readByte(reader);
    const type = byte & 15;
    if (type === 0) return struct;
    field = byte >> 4 ? field + (byte >> 4) : readZigZag(reader);
    struct[field] = readElement(reader, type, depth);
  }
}

function readElement(reader: Reader, type: number, depth: number): number | Struct | undefined {
  switch (type) {
    case 1:
    case 2:
      return undefined;
    case 3:
      return readByte(reader);
    case 4:
    case 5:
    case 6:
      return readZigZag(reader);
    case 7:
      reader.offset += 8;
      return undefined;
    case 8: {
      const length = readVarint(reader);
      reader.offset += length;
      return undefined;
    }
    case 12:
      return readStruct(reader, depth + 1);
    default:
      throw new Error("a page header holds what page headers do not");
  }
}

function readByte(reader: Reader): number {
  const byte = reader.bytes[reader.offset];
  if (byte === undefined) throw new Error("a page header is cut off");
  reader.offset += 1;
  return byte;
}

function readVarint(reader: Reader): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = readByte(reader);
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    if (factor > 2 ** 42) throw new Error("a page header holds a number that is too large");
  }
}

function readZigZag(reader: Reader): number {
  const value = readVarint(reader);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function numberAt(struct: Struct, field: number): number {
  const value = struct[field];
  return typeof value === "number" ? value : Number.NaN;
}

function structAt(struct: Struct, field: number): Struct | undefined {
  const value = struct[field];
  return typeof value === "object" ? value : undefined;
}
