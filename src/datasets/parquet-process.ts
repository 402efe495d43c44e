import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { type Compressors, type FileMetaData, parquetMetadata, parquetScan, parquetSchema, type SchemaElement } from "hyparquet";
import { compressors as others } from "hyparquet-compressors";
import { checkNames, listed, MISSING_ADVICE, pointerPart } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { LIMITS } from "../contract/request.ts";
import { MAX_MS, type ParquetReply, type ParquetTask } from "./parquet.ts";
import { checkPages } from "./parquet-pages.ts";
import { INFLATION, type ReadOptions, tooManyRows } from "./rows.ts";

/** Decoders that write no more than the header of the page says, which has been looked at before. */
const compressors: Compressors = {
  ...others,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: length }),
};

/** Longest decimal, in bytes: 76 digits. */
const MAX_DECIMAL = 32;

/** Types that are numbers, by how they are stored. All other columns are refused by what they call themselves. */
const NUMBERS = new Set(["INT32", "INT64", "FLOAT", "DOUBLE"]);

async function read({ bytes, options }: ParquetTask): Promise<ParquetReply> {
  const metadata = parquetMetadata(bytes);
  const decimals = checkColumns(metadata);
  const names = [...decimals.keys()];
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  const rows = groups.reduce((total, count) => total + count, 0);
  if (groups.some((count) => !(count >= 0)) || rows !== Number(metadata.num_rows)) {
    throw malformed("its row groups do not add up to its number of rows");
  }
  const most = Math.min(LIMITS.rows, Math.floor((options.maxBytes * INFLATION) / 8 / names.length));
  if (rows > most) throw tooManyRows(most, names.length);

  for (const group of metadata.row_groups) {
    for (const { meta_data: column } of group.columns) {
      if (column) checkPages(bytes, column, Number(group.num_rows));
    }
  }

  const columns: Float64Array<ArrayBuffer>[] = [];
  for (const [name, scale] of decimals) {
    const column = new Float64Array(rows);
    const scan = await parquetScan({
      file: { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer },
      metadata,
      columns: [name],
      compressors,
      utf8: false,
      useOffsetIndex: false,
    });
    for (const { rowStart, rowEnd } of scan.ranges) {
      const values = await scan.readColumn({ column: name, rowStart, rowEnd });
      if (values.length !== rowEnd - rowStart) throw malformed(`column ${listed([name])} is shorter than its row group`);
      for (let index = 0; index < values.length; index += 1) {
        column[rowStart + index] = numberOf(values[index], { row: rowStart + index + 1, name, scale }, options);
      }
    }
    columns.push(column);
  }
  return { names, ...withoutGaps(columns, rows) };
}

/** The columns, in order, each with the scale of its decimals, or `undefined` if it holds none. */
function checkColumns(metadata: FileMetaData): Map<string, number | undefined> {
  const { children } = parquetSchema(metadata);
  const names = children.map(({ element }) => element.name);
  if (names.length === 0) throw new OrreryError("dataset_empty", "The Parquet file has no columns; write at least an input and a target.");
  checkNames(names);
  const scales = new Map<string, number | undefined>();
  for (const { element, children: inner } of children) {
    const { name, repetition_type: repetition } = element;
    if (scales.has(name)) {
      throw new OrreryError("column_duplicate", `The Parquet file has two columns ${listed([name])}; rename one of them.`, {
        faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: "occurs twice" }],
      });
    }
    const kind = inner.length > 0 || repetition === "REPEATED" ? "nested values" : kindOf(element);
    if (kind !== undefined) {
      throw new OrreryError(
        "column_type_unsupported",
        `Column "${name}" of the Parquet file holds ${kind}; columns must be flat integers, floats or decimals. Convert it or leave it out.`,
        { faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: `holds ${kind}` }] },
      );
    }
    scales.set(name, isDecimal(element) ? (element.scale ?? 0) : undefined);
    // Decimals are read as the integers that they are stored as, because a product with 0.01 is not what 0.35 means.
    if (isDecimal(element)) {
      delete element.converted_type;
      delete element.logical_type;
    }
  }
  return scales;
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === "DECIMAL" || logical_type?.type === "DECIMAL";
}

/** What a column holds if not numbers. */
function kindOf(element: SchemaElement): string | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "FLOAT16") return undefined;
  const { type_length: length = 0 } = element;
  if (isDecimal(element))
    return NUMBERS.has(type ?? "") || (type === "FIXED_LEN_BYTE_ARRAY" && length <= MAX_DECIMAL) ? undefined : "decimals of any length";
  const integer = logical?.type === "INTEGER" || converted === undefined || /^U?INT_/.test(converted);
  if (NUMBERS.has(type ?? "") && integer && (logical === undefined || logical.type === "INTEGER")) return undefined;
  if (logical?.type === "STRING" || converted === "UTF8" || converted === "ENUM") return "texts";
  return `values of the type ${logical?.type ?? converted ?? type}`;
}

interface Place {
  row: number;
  name: string;
  scale: number | undefined;
}

/** The double of a value; NaN for a missing one whose row is to be dropped. */
function numberOf(value: unknown, place: Place, { missing }: ReadOptions): number {
  if (value === null || value === undefined || Number.isNaN(value)) {
    if (missing === "drop") return Number.NaN;
    throw notNumeric(place, value === undefined || value === null ? "null" : "NaN", MISSING_ADVICE);
  }
  if (place.scale !== undefined) return decimalOf(integerOf(value), place.scale);
  if (typeof value === "bigint") {
    const double = Number(value);
    if (Number.isSafeInteger(double)) return double;
    throw notNumeric(place, `${value}, beyond 2^53`, " Larger integers lose digits; scale them, or write them as doubles.");
  }
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw notNumeric(place, typeof value === "number" ? String(value) : `of the type ${typeof value}`, "");
}

/** The integer behind a decimal: big-endian two's complement where it is stored as bytes. */
function integerOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  if (value.length === 0) return 0n;
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString("hex")}`));
}

/** The double that is nearest to `unscaled` / 10^`scale`, as a decimal text of it would be read. */
function decimalOf(unscaled: bigint, scale: number): number {
  return Number(`${unscaled}e${-scale}`);
}

function notNumeric({ row, name }: Place, shown: string, advice: string): OrreryError {
  return new OrreryError(
    "dataset_not_numeric",
    `Row ${row} of column "${name}" is ${shown}; every value must be a finite number.${advice}`,
    {
      faults: [{ pointer: `/columns/${pointerPart(name)}`, detail: `row ${row}: must be a number (it is ${shown})` }],
    },
  );
}

/** Drops rows with a NaN in any column; there are none unless missing values are to be dropped. */
function withoutGaps(columns: Float64Array<ArrayBuffer>[], rows: number): { columns: Float64Array<ArrayBuffer>[]; dropped: number } {
  let kept = 0;
  for (let row = 0; row < rows; row += 1) {
    if (columns.some((column) => Number.isNaN(column[row]))) continue;
    if (kept < row) for (const column of columns) column[kept] = column[row] as number;
    kept += 1;
  }
  return { columns: kept === rows ? columns : columns.map((column) => column.slice(0, kept)), dropped: rows - kept };
}

function malformed(reason: string): OrreryError {
  return new OrreryError("malformed_parquet", `The Parquet file cannot be read: ${reason}; write it again, or send CSV.`);
}

async function answer(task: ParquetTask): Promise<ParquetReply> {
  try {
    return await read(task);
  } catch (error) {
    const known = error instanceof OrreryError ? error : malformed(String(error instanceof Error ? error.message : error).slice(0, 200));
    return { code: known.code, message: known.message, faults: known.faults };
  }
}

// A decoder in an endless loop hears no message and no timer: another thread ends this process, should nobody else.
new Worker("setTimeout(() => process.kill(process.pid, 'SIGKILL'), require('node:worker_threads').workerData)", {
  eval: true,
  workerData: MAX_MS,
}).unref();
const [task] = (await once(process, "message")) as [ParquetTask];
const reply = await answer(task);
process.send?.(reply, () => process.disconnect());
