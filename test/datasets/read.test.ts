import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Missing } from "../../src/contract/request.ts";
import type { Format } from "../../src/datasets/format.ts";
import type { Encoding } from "../../src/datasets/inflate.ts";
import { readTable } from "../../src/datasets/read.ts";

const MAX_BYTES = 20_971_520;

interface Options {
  format?: Format;
  encoding?: Encoding;
  missing?: Missing;
  maxBytes?: number;
}

/** Reads a body that comes in pieces of the given size. */
function read(body: string | Uint8Array, { format = "csv", encoding, missing = "refuse", maxBytes = MAX_BYTES }: Options = {}, piece = 7) {
  const bytes = Buffer.from(body as string);
  async function* chunks() {
    for (let from = 0; from < bytes.length; from += piece) yield bytes.subarray(from, from + piece);
  }
  return readTable(chunks(), { format, encoding }, { missing, maxBytes });
}

const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

describe("NDJSON", () => {
  const ndjson = (text: string, missing: Missing = "refuse") => read(text, { format: "ndjson", missing });

  test("is a row a line, whatever the order of keys, with a byte order mark, CRLF and blank lines", async () => {
    const { table, dropped } = await ndjson('\ufeff{"a": 1, "T": 2.5}\r\n\r\n{"T": -4e2, "a": 3}');
    expect(table.columns).toEqual({ a: Float64Array.of(1, 3), T: Float64Array.of(2.5, -400) });
    expect(dropped).toBe(0);
  });

  test.each([
    ["nothing", "", "dataset_empty", /no row/],
    ["half an object", '{"a": 1}\n{"a": \n', "malformed_ndjson", /^Line 2: .*not valid JSON/],
    ["lists", "[1, 2]\n[3, 4]\n", "malformed_ndjson", /^Line 1 is \[1,2\], not an object/],
    ["a whole document", '{"columns": {"a": [1, 2]}}\n', "dataset_not_numeric", /Line 1 of column "columns" is \{"a":\[1,2\]\}/],
    ["a key given twice", '{"a": 1, "a": 2}\n', "invalid_request", /Line 1: .*"a" occurs twice/],
    ["a new key", '{"a": 1}\n{"a": 2, "b": 3}\n', "dataset_ragged", /Line 2 has "b", which the first row has not/],
    ["an absent key", '{"a": 1, "b": 1}\n{"a": 2}\n', "dataset_not_numeric", /Line 2 of column "b" is missing; .* send missing=drop/],
    ["null", '{"a": 1}\n{"a": null}\n', "dataset_not_numeric", /Line 2 of column "a" is null; .* send missing=drop/],
    ["a quoted number", '{"a": "1"}\n', "dataset_not_numeric", /Line 1 of column "a" is "1"; .*without quotes/],
    ["a number beyond the range", '{"a": 1e999}\n', "dataset_not_numeric", /beyond the range of a double/],
    ["__proto__", '{"__proto__": 1}\n', "invalid_request", /Line 1: .*reserved name/],
    ["a name that no formula can hold", '{"a b": 1}\n', "column_name_invalid", /"a b"/],
  ])("with %s is refused", async (_, text, code, message) => {
    await expect(ndjson(text)).rejects.toMatchObject(refusal(code, message));
  });

  test("drops rows that miss a value, and counts them", async () => {
    const { table, dropped } = await ndjson('{"a": 1, "b": 1}\n{"a": 2}\n{"a": 3, "b": null}\n{"a": 4, "b": 2}\n', "drop");
    expect([table.columns, dropped]).toEqual([{ a: Float64Array.of(1, 4), b: Float64Array.of(1, 2) }, 2]);
  });
});

test.each<[string, Uint8Array, RegExp]>([
  ["gzip", gzipSync("a,T\n1,2\n"), /it is gzip; send it with Content-Encoding: gzip/],
  ["zstd", zstdCompressSync("a,T\n1,2\n"), /it is zstd; send it with Content-Encoding: zstd/],
  ["a spreadsheet", Buffer.from("PK\u0003\u0004 and more"), /a spreadsheet; .* save the sheet as CSV/],
])("%s that no header names is refused with what to send", async (_, body, message) => {
  await expect(read(body)).rejects.toMatchObject(refusal("malformed_encoding", message));
});

describe("missing values", () => {
  test.each(["", "NA", "n/a", "NaN", "null", "None", '""'])("in CSV (%s) are refused with their place and the next step", async (cell) => {
    const name = cell === "" || cell === '""' ? "empty" : `"${cell}"`;
    await expect(read(`a,T\n1,2\n3,${cell}\n`)).rejects.toMatchObject({
      code: "dataset_not_numeric",
      message: expect.stringContaining(`Line 3 of column "T" is ${name};`),
      faults: [{ pointer: "/columns/T", detail: expect.stringContaining("line 3") }],
    });
    const { table, dropped } = await read(`a,T\n1,2\n3,${cell}\n5,6\n`, { missing: "drop" });
    expect([table.columns, dropped]).toEqual([{ a: Float64Array.of(1, 5), T: Float64Array.of(2, 6) }, 1]);
  });

  test("in a table of one column are not blank lines", async () => {
    const text = 'a\n1\n""\n \n\n2\n';
    await expect(read(text)).rejects.toMatchObject(refusal("dataset_not_numeric", /Line 3 of column "a" is empty/));
    const { table, dropped } = await read(text, { missing: "drop" });
    expect([table.columns, dropped]).toEqual([{ a: Float64Array.of(1, 2) }, 1]);
  });

  test("do not excuse other faults of their row", async () => {
    await expect(read("a,T\n,many\n1,2\n", { missing: "drop" })).rejects.toMatchObject(refusal("dataset_not_numeric", /"many"/));
    await expect(read("a,T\n-inf,\n1,2\n", { missing: "drop" })).rejects.toMatchObject(refusal("dataset_not_numeric", /"-inf"/));
  });

  test("in every row leave nothing", async () => {
    await expect(read("a,T\n1,\n2,\n", { missing: "drop" })).rejects.toMatchObject(refusal("dataset_empty", /Each of the 2 rows misses/));
  });

  test("in JSON are null", async () => {
    const text = '{"columns": {"a": [1, null, 3, 4], "T": [1, 2, null, 4]}, "units": {"T": "d"}}';
    await expect(read(text, { format: "json" })).rejects.toMatchObject(refusal("dataset_not_numeric", /Row 2 .*null; .*missing=drop/));
    const { table, dropped } = await read(text, { format: "json", missing: "drop" });
    expect([table, dropped]).toEqual([{ rows: 2, columns: { a: Float64Array.of(1, 4), T: Float64Array.of(1, 4) }, units: { T: "d" } }, 2]);
  });
});

describe("numbers as some countries write them", () => {
  test.each(["1,5", "1.234,5", "1,234.5", "1'234.5", "1 234,5", "-1.234.567,8"])(
    "(%s) are refused with the form that is read",
    async (cell) => {
      await expect(read(`a\tT\n1\t2\n3\t${cell}\n`, { format: "tsv" })).rejects.toMatchObject(
        refusal("dataset_not_numeric", /Line 3 of column "T" .*Write a point before decimals and nothing between thousands: 1234\.5/),
      );
      await expect(read(`a,T\n1,2\n3,"${cell}"\n`)).rejects.toMatchObject(refusal("dataset_not_numeric", /Write a point/));
    },
  );

  test("without quotes make cells, and this is said", async () => {
    await expect(read("a,T\n1,5,2,5\n")).rejects.toMatchObject(
      refusal("dataset_ragged", /4 cells but the header has 2; .*write a point: 1\.5/),
    );
  });

  test.each(["1e999", "-1e999"])("and %s is said to be beyond the range", async (cell) => {
    await expect(read(`a,T\n1,2\n3,${cell}\n`)).rejects.toMatchObject(
      refusal("dataset_not_numeric", /Line 3 .*beyond the range of a double/),
    );
  });
});

test("TSV has quotes, a byte order mark and CRLF as CSV has", async () => {
  const { table } = await read('\ufeff"a"\tT\r\n"1"\t 2 \r\n\r\n3\t4', { format: "tsv" });
  expect(table.columns).toEqual({ a: Float64Array.of(1, 3), T: Float64Array.of(2, 4) });
});

// The ancestor's vectors, where a header was optional and one row enough.
describe("CSV of the ancestor", () => {
  test.each([
    ["0,1\n\n2,3", "column_name_invalid"],
    ["\ufeff0,1\n2,3", "column_name_invalid"],
    ["x,y\n", "dataset_empty"],
    ["1,2\n3", "column_name_invalid"],
    ["x,y\n1,2\n3", "dataset_ragged"],
    ["x,y\n1,\n2,3", "dataset_not_numeric"],
  ])("%j is refused as %s", async (text, code) => {
    await expect(read(text)).rejects.toMatchObject({ code });
  });

  test("with a header and one row is read; a job then asks for more", async () => {
    expect((await read("a,b,c\n1,2,3")).table.columns).toEqual({ a: Float64Array.of(1), b: Float64Array.of(2), c: Float64Array.of(3) });
  });

  test("with a header and two rows is read, blank lines or not", async () => {
    for (const text of ["x,y\n0,1\n2,3", "x,y\n0,1\n\n2,3\n"]) {
      expect((await read(text)).table.columns).toEqual({ x: Float64Array.of(0, 2), y: Float64Array.of(1, 3) });
    }
  });
});

describe("a compressed body", () => {
  const text = `a,T\n${Array.from({ length: 2_000 }, (_, row) => `${row},${Math.sqrt(row)}`).join("\n")}\n`;
  const ways: [Encoding, Uint8Array][] = [
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
  ];

  test.each(ways)("by %s is the same table", async (encoding, bytes) => {
    expect((await read(bytes, { encoding }, 1_000)).table).toEqual((await read(text, {}, 1_000)).table);
  });

  test.each(ways)("by %s that is cut off, or is something else, is refused", async (encoding, bytes) => {
    const cut = read(bytes.subarray(0, bytes.length - 20), { encoding }, 1_000);
    await expect(cut).rejects.toMatchObject(refusal("malformed_encoding", new RegExp(`cannot be read as ${encoding}`)));
    await expect(read(text, { encoding }, 1_000)).rejects.toMatchObject({ code: "malformed_encoding" });
  });

  test("may inflate to four times the limit and no further", async () => {
    const [encoding, bytes] = ways[0] as [Encoding, Uint8Array];
    expect((await read(bytes, { encoding, maxBytes: text.length / 3 }, 1_000)).table.rows).toBe(2_000);
    await expect(read(bytes, { encoding, maxBytes: text.length / 5 }, 1_000)).rejects.toMatchObject(
      refusal("dataset_too_large", /^The body inflates to more than/),
    );
  });

  test("of nothing but zeros is refused before it is inflated", async () => {
    const zeros = gzipSync(Buffer.alloc(64_000_000));
    for (const format of ["csv", "ndjson"] as const) {
      await expect(read(zeros, { encoding: "gzip", format }, 4_096)).rejects.toMatchObject(
        refusal("dataset_too_large", /Line 1 has more than 300000/),
      );
    }
    const lines = gzipSync(`a,T\n${"\n".repeat(64_000_000)}`);
    await expect(read(lines, { encoding: "gzip" }, 4_096)).rejects.toMatchObject(refusal("dataset_too_large", /400 times its size/));
  });
});

describe("a table of too many", () => {
  test("columns is refused before they are built", async () => {
    const body = Buffer.alloc(20_000_000, "a,");
    await expect(read(body, {}, 65_536)).rejects.toMatchObject(refusal("dataset_too_large", /Line 1 has more than 300000 characters/));
    await expect(read(body.subarray(0, 20_000), {}, 65_536)).rejects.toMatchObject({ code: "dataset_empty" });
    await expect(read(`${"a,".repeat(5_000)}a\n1\n`, {}, 65_536)).rejects.toMatchObject(
      refusal("dataset_too_large", /has 5001 columns; at most 4096/),
    );
    const row = JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`a${index}`, 1])));
    await expect(read(row, { format: "ndjson" }, 65_536)).rejects.toMatchObject(refusal("dataset_too_large", /has 5000 columns/));
  });

  test("rows is refused at the first that is too many", async () => {
    const body = Buffer.concat([Buffer.from("a\n"), Buffer.alloc(2_000_002, "1\n")]);
    await expect(read(body, {}, 65_536)).rejects.toMatchObject(
      refusal("dataset_too_large", /more than 1000000 rows, as line 1000002 shows/),
    );
  });

  test("numbers for the memory that the limit allows says so", async () => {
    const text = `a,b\n${"1,2\n".repeat(300)}`;
    expect((await read(text, { maxBytes: 1_200 })).table.rows).toBe(300);
    await expect(read(text, { maxBytes: 1_000 }, 100)).rejects.toMatchObject(
      refusal("dataset_too_large", /more than 250 rows, as line 252 shows, which with 2 columns .*raise ORRERY_MAX_UPLOAD_BYTES/),
    );
  });
});
