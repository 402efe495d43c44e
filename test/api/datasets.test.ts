import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeTable } from "../../src/contract/dataset.ts";
import { datasetKey } from "../../src/contract/keys.ts";
import { LOCAL_TENANT } from "../../src/contract/names.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { until } from "../support/child.ts";
import { call } from "../support/http.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

interface Answer {
  dataset_id: string;
  dropped_rows: number;
  code: string;
  detail: string;
  errors?: { pointer: string; detail: string }[];
}

async function upload(
  body: string | Uint8Array<ArrayBuffer>,
  type = "text/csv",
  { query = "", encoding = "" } = {},
): Promise<{ status: number; body: Answer }> {
  const headers = { "content-type": type, ...(encoding !== "" && { "content-encoding": encoding }) };
  const response = await fetch(`${bench.url}/v1/datasets${query}`, { method: "POST", body, headers });
  return { status: response.status, body: (await response.json()) as Answer };
}

describe("a table", () => {
  test("is stored under its hash and can be read back", async () => {
    const { status, body } = await upload("a,T\n1,365.256\n1.5e0,-4\n");

    expect(status).toBe(201);
    expect(body).toEqual({
      dataset_id: expect.stringMatching(/^ds_[0-9a-f]{64}$/),
      rows: 2,
      dropped_rows: 0,
      columns: ["a", "T"],
      units: {},
      bytes: expect.any(Number),
    });
    const bytes = await createFsStore(bench.dataDir).get(datasetKey(LOCAL_TENANT, body.dataset_id.slice(3)));
    expect(decodeTable(bytes ?? new Uint8Array()).columns).toEqual({ a: Float64Array.of(1, 1.5), T: Float64Array.of(365.256, -4) });
  });

  test("has one id in every form that holds the same numbers", async () => {
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: "a", data: [1, 3], type: "DOUBLE" },
        { name: "T", data: [2, 4], type: "DOUBLE" },
      ],
    });
    const forms: [string | Uint8Array<ArrayBuffer>, string?][] = [
      ["a,T\n1,2\n3,4\n"],
      ["\ufeffa,T\r\n1,2\r\n3,4"],
      ['"a", T \n 1 ,2.0\n\n+3,4e0\n\n'],
      ["a\tT\n1\t2\n3\t4", "text/tab-separated-values"],
      ["a,T\n1,2\n3,4", "text/csv; charset=utf-8"],
      ['{"columns": {"a": [1, 3], "T": [2, 4]}}', "application/json"],
      ['{"a": 1, "T": 2}\n{"a": 3, "T": 4}\n', "application/x-ndjson"],
      [new Uint8Array(parquet), "application/vnd.apache.parquet"],
    ];
    const ids = new Set<string>();
    for (const [bytes, type] of forms) ids.add((await upload(bytes, type)).body.dataset_id);
    ids.add((await upload(new Uint8Array(gzipSync("a,T\n1,2\n3,4\n")), "text/csv", { encoding: "gzip" })).body.dataset_id);
    expect(ids.size).toBe(1);
  });

  test("keeps its units from JSON", async () => {
    const { body } = await call<object>("POST", `${bench.url}/v1/datasets`, {
      body: { columns: { a: [1, 2], T: [3, 4] }, units: { T: "d" } },
    });
    expect(body).toMatchObject({ columns: ["a", "T"], units: { T: "d" } });
  });

  test("keeps its units from the header of a CSV, and has the same id as with the same units in JSON", async () => {
    const forms: [string, string?][] = [
      ["a (AU),T [d],n,v(km/s)\n1,2,3,4\n5,6,7,8\n"],
      ['"a (AU)", T(d) ,n,v [km/s]\n1,2,3,4\n5,6,7,8\n'],
      [
        '{"columns": {"a": [1, 5], "T": [2, 6], "n": [3, 7], "v": [4, 8]}, "units": {"a": "AU", "T": "d", "v": "km/s"}}',
        "application/json",
      ],
    ];
    const bodies = await Promise.all(forms.map(async ([text, type]) => (await upload(text, type)).body));
    for (const body of bodies) expect(body).toMatchObject({ columns: ["a", "T", "n", "v"], units: { a: "AU", T: "d", v: "km/s" } });
    expect(new Set(bodies.map((body) => body.dataset_id)).size).toBe(1);
  });
});

describe("a CSV", () => {
  test.each([
    ["empty", "", "dataset_empty", /empty/, undefined],
    ["a header only", "a,T\n", "dataset_empty", /no rows/, undefined],
    ["a short row", "a,T\n1,2\n3\n", "dataset_ragged", /Line 3 has 1 cell but the header has 2/, ""],
    ["a long row", "a,T\n1,2,3\n3,4\n", "dataset_ragged", /Line 2 has 3 cells/, ""],
    ["a column named twice", "a,a\n1,2\n3,4\n", "column_duplicate", /Line 1, the header, names "a" twice/, "/columns/a"],
    ["a word for a number", "a,T\n1,2\n3,many\n", "dataset_not_numeric", /Line 3 of column "T" is "many".*-2e3\.$/, "/columns/T"],
    ["a word after blank lines", "\n\na,T\r\n1,2\r\n\r\n3,many", "dataset_not_numeric", /Line 6 of column "T" is "many"/, "/columns/T"],
    ["a column of labels", "planet,a\nMars,2\nVenus,4\n", "dataset_not_numeric", /Line 2 .*labels, remove the column/, "/columns/planet"],
    ["semicolons", "a;T\n1,5;2\n3;4\n", "malformed_csv", /line 1, the header holds semicolons; send comma-separated values/, undefined],
    ["tabs", "a\tT\n1\t2\n3\t4\n", "malformed_csv", /the header holds tabs/, undefined],
    ["no header", "1,2\n3,4\n5,6\n", "column_name_invalid", /first line, line 1, holds numbers; is the header missing/, undefined],
    ["no line break", "a,T1,23,4", "dataset_empty", /no line break.*--data-binary/, undefined],
    ["an empty cell", "a,T\n1,2\n,4\n", "dataset_not_numeric", /Line 3 of column "a" is empty/, "/columns/a"],
    ["a hexadecimal cell", "a,T\n0x10,2\n3,4\n", "dataset_not_numeric", /"0x10"/, "/columns/a"],
    ["an infinite cell", "a,T\n1e999,2\n3,4\n", "dataset_not_numeric", /"1e999"/, "/columns/a"],
    ["a name that no formula can hold", "a b,T\n1,2\n3,4\n", "column_name_invalid", /"a b"/, "/columns/a b"],
    ["a unit without a name", "(AU),T\n1,2\n3,4\n", "column_name_invalid", /"\(AU\)"/, "/columns/(AU)"],
    ["brackets without a unit", "a (),T\n1,2\n3,4\n", "column_name_invalid", /"a \(\)"/, "/columns/a ()"],
    ["more behind the unit", "a (AU) b,T\n1,2\n3,4\n", "column_name_invalid", /"a \(AU\) b"/, "/columns/a (AU) b"],
    ["brackets of two kinds", "a (AU],T\n1,2\n3,4\n", "column_name_invalid", /"a \(AU\]"/, "/columns/a (AU]"],
    ["a column named twice, with two units", "a (AU),a (km)\n1,2\n3,4\n", "column_duplicate", /names "a" twice/, "/columns/a"],
    ["the name __proto__", "__proto__,T\n1,2\n3,4\n", "column_name_invalid", /__proto__/, "/columns/__proto__"],
    ["an open quote", 'a,T\n"1,2\n3,4\n', "malformed_csv", /a quote that opens after line 1 is not closed/, undefined],
  ])("with %s is refused", async (_, text, code, detail, pointer) => {
    const { status, body } = await upload(text);

    expect([body.code, status]).toEqual([code, code === "malformed_csv" ? 400 : 422]);
    expect(body.detail).toMatch(detail);
    expect(body.errors?.[0]?.pointer).toBe(pointer);
  });
});

test.each([
  ["values that are no numbers", '{"columns": {"a": [1, null], "T": [1, "x"]}}', "dataset_not_numeric", "/columns/a/1"],
  ["a number beyond the range", '{"columns": {"a": [1, 1e999], "T": [1, 2]}}', "dataset_not_numeric", "/columns/a/1"],
  ["columns of two lengths", '{"columns": {"a": [1, 2], "T": [1]}}', "dataset_ragged", "/columns/T"],
  ["a column given twice", '{"columns": {"a": [1, 2], "a": [3, 4]}}', "column_duplicate", "/columns/a"],
  ["a unit without a column", '{"columns": {"a": [1, 2]}, "units": {"b": "m"}}', "column_unknown", "/units/b"],
  ["an unknown key", '{"columns": {"a": [1, 2]}, "rows": 2}', "invalid_request", "/rows"],
])("JSON with %s is refused", async (_, text, code, pointer) => {
  const { body } = await upload(text, "application/json");
  expect([body.code, body.errors?.[0]?.pointer]).toEqual([code, pointer]);
});

test.each([
  ["application/vnd.ms-excel", ""],
  ["text/csv", "compress"],
  ["text/csv", "gzip, gzip"],
])("what nobody reads (%s %s) is refused", async (type, encoding) => {
  const { status, body } = await upload("a,T", type, { encoding });
  expect([status, body.code]).toEqual([415, "unsupported_media_type"]);
});

test("rows that miss a value are dropped by request, and counted", async () => {
  expect((await upload("a,T\n1,2\n3,\n5,6\n")).body).toMatchObject({ code: "dataset_not_numeric", errors: [{ pointer: "/columns/T" }] });
  const dropped = await upload("a,T\n1,2\n3,\n5,6\n", "text/csv", { query: "?missing=drop" });
  expect([dropped.status, dropped.body.dropped_rows]).toEqual([201, 1]);
  expect(dropped.body.dataset_id).toBe((await upload("a,T\n1,2\n5,6\n")).body.dataset_id);
  expect((await upload("a,T\n1,2\n", "text/csv", { query: "?missing=zero" })).body.code).toBe("invalid_parameter");
});

test("a body that inflates to far more than it has is refused, and the next one is served", async () => {
  const zeros = new Uint8Array(gzipSync(Buffer.alloc(100_000_000)));
  for (const type of ["text/csv", "application/x-ndjson", "application/json", "application/vnd.apache.parquet"]) {
    const { status, body } = await upload(zeros, type, { encoding: "gzip" });
    expect([type, status, body.code]).toEqual([type, 422, "dataset_too_large"]);
  }
  expect((await upload("a,T\n1,2\n3,4\n", "text/csv", { encoding: "gzip" })).body.code).toBe("malformed_encoding");
  expect((await upload("a,T\n1,2\n3,4\n")).status).toBe(201);
});

test("the ninth upload at a time is told to come again", async () => {
  const waiting = Array.from({ length: 8 }, () => {
    let end = () => {};
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("a,T\n1,2\n3,4\n"));
        end = () => controller.close();
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half", headers: { "content-type": "text/csv" } };
    return { answer: fetch(`${bench.url}/v1/datasets`, init), end: () => end() };
  });
  const refused = await until("a refusal", async () => {
    const reply = await upload("a,T\n1,2\n3,4\n");
    return reply.status === 503 ? reply : undefined;
  });
  expect(refused.body.code).toBe("too_many_uploads");

  for (const { end } of waiting) end();
  const statuses = await Promise.all(waiting.map(async ({ answer }) => (await answer).status));
  expect(statuses).toEqual(Array.from({ length: 8 }, () => 201));
  expect((await upload("a,T\n1,2\n3,4\n")).status).toBe(201);
});
