import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { parquetMetadata } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import type { Missing } from "../../src/contract/request.ts";
import { readTable } from "../../src/datasets/read.ts";

const MAX_BYTES = 20_971_520;

function read(bytes: Uint8Array, missing: Missing = "refuse", maxBytes = MAX_BYTES) {
  async function* chunks() {
    for (let from = 0; from < bytes.length; from += 1_000) yield Buffer.from(bytes.subarray(from, from + 1_000));
  }
  return readTable(chunks(), { format: "parquet", encoding: undefined }, { missing, maxBytes });
}

type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], "columnData">;

function write(columnData: ColumnSource[], options: Options = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

const doubles: ColumnSource[] = [
  { name: "a", data: [1, 2.5, -3e-300], type: "DOUBLE" },
  { name: "T", data: [4, 5, 6], type: "DOUBLE" },
];

describe("a Parquet file", () => {
  test("of integers, floats and doubles is a table in the order of its columns", async () => {
    const { table, dropped } = await read(
      write([
        { name: "x", data: [1, 2.5, -3e-300], type: "DOUBLE" },
        { name: "f", data: [0.5, 1.5, 2.5], type: "FLOAT" },
        { name: "i", data: [1, -2, 3], type: "INT32" },
        { name: "j", data: [1n, -(2n ** 53n) + 1n, 2n ** 53n - 1n], type: "INT64" },
      ]),
    );
    expect(table.rows).toBe(3);
    expect(Object.entries(table.columns)).toEqual([
      ["x", Float64Array.of(1, 2.5, -3e-300)],
      ["f", Float64Array.of(0.5, 1.5, 2.5)],
      ["i", Float64Array.of(1, -2, 3)],
      ["j", Float64Array.of(1, -9007199254740991, 9007199254740991)],
    ]);
    expect(dropped).toBe(0);
  });

  test("gives decimals the doubles that their texts stand for", async () => {
    const bytes = write([{ name: "d", data: [0.35, 1.1, -0.07] }], {
      schema: [
        { name: "root", num_children: 1 },
        { name: "d", type: "INT32", repetition_type: "REQUIRED", converted_type: "DECIMAL", scale: 2, precision: 9 },
      ],
    });
    expect((await read(bytes)).table.columns.d).toEqual(Float64Array.of(0.35, 1.1, -0.07));
  });

  test.each([
    ["UNCOMPRESSED", undefined],
    ["SNAPPY", undefined],
    ["GZIP", gzipSync],
    ["BROTLI", brotliCompressSync],
    ["ZSTD", zstdCompressSync],
  ] as const)("compressed by %s, in several row groups and pages, is read whole", async (codec, compress) => {
    const rows = 5_000;
    const a = Array.from({ length: rows }, (_, row) => row % 7);
    const bytes = write(
      [
        { name: "a", data: a, type: "INT32" },
        { name: "T", data: a.map(Math.sqrt), type: "DOUBLE" },
      ],
      {
        codec,
        rowGroupSize: 1_700,
        pageSize: 2_000,
        ...(compress && { compressors: { [codec]: (input: Uint8Array) => new Uint8Array(compress(input)) } }),
      },
    );
    const { table } = await read(bytes);
    expect(table.columns.T).toEqual(Float64Array.from(a, Math.sqrt));
  });

  test("has missing values where it has null or NaN", async () => {
    const bytes = write([
      { name: "a", data: [1, null, 3, 4] as unknown as number[], type: "DOUBLE", nullable: true },
      { name: "T", data: [1, 2, Number.NaN, 4], type: "DOUBLE" },
    ]);
    await expect(read(bytes)).rejects.toMatchObject({
      code: "dataset_not_numeric",
      message: expect.stringMatching(/Row 2 of column "a" is null; .*missing=drop/),
      faults: [{ pointer: "/columns/a" }],
    });
    const { table, dropped } = await read(bytes, "drop");
    expect([table.columns, dropped]).toEqual([{ a: Float64Array.of(1, 4), T: Float64Array.of(1, 4) }, 2]);
  });

  test.each([
    [
      "integers beyond 2^53",
      [{ name: "a", data: [1n, 2n ** 53n], type: "INT64" }],
      "dataset_not_numeric",
      /Row 2 .*9007199254740992, beyond 2\^53/,
    ],
    ["an infinity", [{ name: "a", data: [1, Number.POSITIVE_INFINITY], type: "DOUBLE" }], "dataset_not_numeric", /Row 2 .*Infinity/],
    ["texts", [{ name: "a", data: ["x", "y"], type: "STRING" }], "column_type_unsupported", /Column "a" .*holds texts/],
    ["true and false", [{ name: "a", data: [true, false], type: "BOOLEAN" }], "column_type_unsupported", /the type BOOLEAN/],
    ["times", [{ name: "a", data: [new Date(0), new Date(1)], type: "TIMESTAMP" }], "column_type_unsupported", /the type TIMESTAMP/],
    ["documents", [{ name: "a", data: [{ b: 1 }, { b: 2 }], type: "JSON" }], "column_type_unsupported", /the type JSON/],
    ["no rows", [{ name: "a", data: [], type: "DOUBLE" }], "dataset_empty", /no rows/],
    ["a name that no formula can hold", [{ name: "a.b", data: [1, 2], type: "DOUBLE" }], "column_name_invalid", /"a\.b"/],
    ["a column named twice", [...doubles, ...doubles], "column_duplicate", /two columns "a"/],
  ] as [string, ColumnSource[], string, RegExp][])("with %s is refused", async (_, columns, code, message) => {
    await expect(read(write(columns))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("with nested columns is refused by their names", async () => {
    const bytes = write([{ name: "a", data: [[1, 2], [3]] }], {
      schema: [
        { name: "root", num_children: 1 },
        { name: "a", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "DOUBLE", repetition_type: "OPTIONAL" },
      ],
    });
    await expect(read(bytes)).rejects.toMatchObject({
      code: "column_type_unsupported",
      message: expect.stringMatching(/"a" .*nested values/),
    });
  });

  test("that is none, or is cut off or damaged, is refused", async () => {
    const whole = write(doubles);
    for (const bytes of [new Uint8Array(0), Buffer.from("a,T\n1,2\n"), whole.subarray(0, whole.length - 1), whole.subarray(20)]) {
      await expect(read(bytes)).rejects.toMatchObject({
        code: "malformed_parquet",
        message: expect.stringMatching(/cannot be read: .*send CSV/),
      });
    }
  });

  test("whose runs never end is given up, and costs no more than its process", async () => {
    const compress = (page: Uint8Array) => {
      const long = page.slice();
      // A run of 2^30 indices into the dictionary, which has 20 bytes and is left as it is.
      if (page.length !== 20) long.set([1, 0xfe, 0xff, 0xff, 0xff, 0x07, 1]);
      return new Uint8Array(gzipSync(long));
    };
    const data = Int32Array.from({ length: 1_000 }, (_, row) => row % 5);
    const bytes = write([{ name: "a", data, type: "INT32", encoding: "RLE_DICTIONARY" }], {
      codec: "GZIP",
      compressors: { GZIP: compress },
    });
    await expect(read(bytes)).rejects.toMatchObject({
      code: "malformed_parquet",
      message: expect.stringMatching(/cannot be decoded within 512 MB/),
    });
    expect((await read(write(doubles))).table.rows).toBe(3);
  });

  test.each([
    ["holds more values than its group has rows", [0xfe, 0x7f], /a page says that it has 8191 values/],
    ["holds fewer values than none", [0xff, 0x7f], /a page says that it has -8192 values/],
    ["holds fewer values than its group has rows", [0xce, 0x0f], /the pages of a column have 999 values for 1000 rows/],
  ])("with a page that says that it %s is refused before it is decoded", async (_, count, message) => {
    const bytes = write([{ name: "a", data: Float64Array.from({ length: 1_000 }, (_, row) => Math.sqrt(row)), type: "DOUBLE" }], {
      codec: "UNCOMPRESSED",
    });
    // A struct in the page header, and in it the number 1,000 in zigzag.
    const at = Buffer.from(bytes).indexOf(
      Buffer.of(0x15, 0xd0, 0x0f),
      Number(parquetMetadata(bytes).row_groups[0]?.columns[0]?.meta_data?.data_page_offset),
    );
    bytes.set(count, at + 1);
    await expect(read(bytes)).rejects.toMatchObject({ code: "malformed_parquet", message: expect.stringMatching(message) });
  });

  test("with more values than the limit has room for is refused before they are read", async () => {
    await expect(read(write(doubles), "refuse", 11)).rejects.toMatchObject({
      code: "dataset_too_large",
      message: expect.stringMatching(/more than 2 rows, which with 2 columns/),
    });
  });
});
