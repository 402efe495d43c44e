import type { lookup } from "node:dns";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { UriDataset } from "../../src/contract/request.ts";
import { createFetch, type FetchOptions } from "../../src/datasets/fetch.ts";
import { NO_RULES } from "../../src/datasets/uri.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { type FileServer, serveFiles, trustFiles } from "../support/file-server.ts";

const TABLE = "a,T\n1,2\n3,4\n";
const COLUMNS = { a: Float64Array.of(1, 3), T: Float64Array.of(2, 4) };
const parquet = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: "a", data: [1, 3], type: "DOUBLE" },
      { name: "T", data: [2, 4], type: "DOUBLE" },
    ],
  }),
);

/** Path to what is served there. */
const FILES: Record<string, { status?: number; headers?: Record<string, string>; body?: string | Buffer; open?: boolean }> = {
  "/t.csv": { headers: { "content-type": "text/csv; charset=utf-8" }, body: TABLE },
  "/plain.csv": { headers: { "content-type": "text/plain" }, body: TABLE },
  "/plain": { headers: { "content-type": "text/plain" }, body: TABLE },
  "/untyped.ndjson": { body: '{"a":1,"T":2}\n{"a":3,"T":4}\n' },
  "/t.parquet": { headers: { "content-type": "application/octet-stream" }, body: parquet },
  "/t.csv.gz": { headers: { "content-type": "application/gzip" }, body: gzipSync(TABLE) },
  "/encoded": { headers: { "content-type": "text/csv", "content-encoding": "gzip" }, body: gzipSync(TABLE) },
  "/page.csv": { headers: { "content-type": "text/html" }, body: "<p>Sign in</p>" },
  "/odd": { headers: { "content-type": "text/csv", "content-encoding": "exi" }, body: TABLE },
  "/gaps.csv": { body: "a,T\n1,2\n,3\n3,4\n" },
  "/large.csv": { body: `a,T\n${"1,2\n".repeat(50_000)}` },
  "/zeros.csv": { headers: { "content-encoding": "gzip" }, body: gzipSync(Buffer.alloc(64_000_000)) },
  "/gone.csv": { status: 404 },
  "/locked.csv": { status: 403 },
  "/busy.csv": { status: 503 },
  "/cut.csv": { headers: { "content-length": "1000" }, body: TABLE, open: true },
  "/silent.csv": { headers: { "content-type": "text/csv" }, body: "a,T\n", open: true },
  "/one": { status: 302, headers: { location: "/two" } },
  "/two": { status: 307, headers: { location: "three" } },
  "/three": { status: 301, headers: { location: "/t.csv" } },
  "/four": { status: 303, headers: { location: "/one" } },
  "/loop": { status: 302, headers: { location: "/loop" } },
  "/down": { status: 302, headers: { location: "http://data.test/t.csv" } },
  "/bucket": { status: 302, headers: { location: "s3://lab/t.csv" } },
  "/metadata": { status: 302, headers: { location: "https://169.254.169.254/latest" } },
  "/decimal": { status: 302, headers: { location: "https://2130706433/" } },
  "/secret": { status: 302, headers: { location: "https://me:secret@data.test/" } },
  "/nowhere": { status: 302 },
};

let server: FileServer;
beforeAll(async () => {
  trustFiles();
  server = await serveFiles((path, response) => {
    const { status = 200, headers = {}, body = "", open = false } = FILES[path] ?? { status: 404 };
    response.writeHead(status, headers);
    if (!open) return void response.end(body);
    response.write(body);
    if (path === "/cut.csv") setImmediate(() => response.destroy());
  });
});
afterAll(() => server.close());
beforeEach(() => void server.asked.splice(0));

/** A name server that knows what it is told, and counts. */
function names(answers: Record<string, string[][]>) {
  const asked: Record<string, number> = {};
  const look = (hostname: string, _options: unknown, callback: (error: Error | null, found: unknown) => void) => {
    const round = asked[hostname] ?? 0;
    asked[hostname] = round + 1;
    const known = answers[hostname];
    const found = known?.[Math.min(round, known.length - 1)];
    if (!found) return callback(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }), []);
    callback(
      null,
      found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return look as unknown as typeof lookup;
}

const allowed = { ...NO_RULES, allow: ["127.0.0.1"] };

function get(path: string, rest: Partial<UriDataset> = {}, options: Partial<FetchOptions> = {}) {
  const uri = path.startsWith("https:") ? path : `https://data.test:${server.port}${path}`;
  const fetchTable = createFetch({
    rules: allowed,
    maxBytes: 100_000,
    timeoutMs: 30_000,
    circuits: createCircuits(),
    lookup: names({ "data.test": [["127.0.0.1"]] }),
    ...options,
  });
  return fetchTable({ source: "uri", uri, missing: "refuse", ...rest }, AbortSignal.timeout(50_000));
}

const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

describe("a file behind https", () => {
  test.each(["/t.csv", "/plain.csv", "/untyped.ndjson", "/t.parquet", "/t.csv.gz", "/encoded"])(
    "(%s) is read in the form that it has",
    async (path) => {
      expect((await get(path)).table).toEqual({ rows: 2, columns: COLUMNS, units: {} });
    },
  );

  test("is read as the request says, with units and without rows that miss a value", async () => {
    expect((await get("/plain", { format: "csv" })).table.columns).toEqual(COLUMNS);
    await expect(get("/gaps.csv")).rejects.toMatchObject(refusal("dataset_not_numeric", /Line 3 of column "a" is empty/));
    const { table, dropped } = await get("/gaps.csv", { missing: "drop", units: { T: "d" } });
    expect([table, dropped]).toEqual([{ rows: 2, columns: COLUMNS, units: { T: "d" } }, 1]);
    await expect(get("/t.csv", { units: { b: "m" } })).rejects.toMatchObject({ code: "column_unknown" });
  });

  test.each([
    ["/plain", {}, "unsupported_media_type", /comes as "text\/plain", .*say which it is with "format"/],
    ["/page.csv", { format: "csv" }, "unsupported_media_type", /"text\/html", .*the address of the file itself/],
    ["/odd", {}, "unsupported_media_type", /compressed by exi/],
    ["/t.csv", { format: "parquet" }, "malformed_parquet", /cannot be read/],
    ["/large.csv", {}, "dataset_too_large", /has more than 100000 bytes/],
    ["/zeros.csv", {}, "dataset_too_large", /Line 1 has more than 300000 characters/],
    ["/gone.csv", {}, "dataset_uri_refused", /data\.test:\d+ answers 404/],
    ["/locked.csv", {}, "dataset_uri_refused", /answers 403/],
    ["/busy.csv", {}, "dataset_uri_unreachable", /answers 503; try again later/],
    ["/cut.csv", {}, "dataset_uri_unreachable", /cannot be fetched/],
  ] as [string, Partial<UriDataset>, string, RegExp][])("(%s %j) is refused as %s", async (path, rest, code, message) => {
    await expect(get(path, rest)).rejects.toMatchObject(refusal(code, message));
  });

  test("is not asked for again for a while after its host failed five times, and others are", async () => {
    const circuits = createCircuits();
    for (let call = 0; call < 5; call += 1) {
      await expect(get("/gone.csv", {}, { circuits })).rejects.toMatchObject({ code: "dataset_uri_refused" });
      await expect(get("/busy.csv", {}, { circuits })).rejects.toMatchObject(refusal("dataset_uri_unreachable", /answers 503/));
    }
    const left = refusal("dataset_uri_unreachable", /data\.test:\d+ failed several times and is left alone until 20\d\d-/);
    await expect(get("/t.csv", {}, { circuits })).rejects.toMatchObject({ ...left, retryAt: expect.any(Date) });
    expect(server.asked).toHaveLength(10);
    expect((await get(`https://127.0.0.1:${server.port}/t.csv`, {}, { circuits })).table.columns).toEqual(COLUMNS);
  });

  test("that does not come in time is given up", async () => {
    await expect(get("/silent.csv", {}, { timeoutMs: 300 })).rejects.toMatchObject(
      refusal("dataset_uri_unreachable", /did not come within 0\.3 s/),
    );
  });

  test("is given up at once when the job is cancelled", async () => {
    const cancel = new AbortController();
    const fetchTable = createFetch({
      rules: allowed,
      maxBytes: 100_000,
      timeoutMs: 30_000,
      circuits: createCircuits(),
      lookup: names({ "data.test": [["127.0.0.1"]] }),
    });
    const fetched = fetchTable({ source: "uri", uri: `https://data.test:${server.port}/silent.csv`, missing: "refuse" }, cancel.signal);
    const reason = new Error("cancelled");
    setImmediate(() => cancel.abort(reason));
    await expect(fetched).rejects.toBe(reason);
  });

  test("whose server is not there, or not known, or not the one that the certificate names, is unreachable", async () => {
    await expect(get("https://data.test:1/t.csv")).rejects.toMatchObject(refusal("dataset_uri_unreachable", /the connection was refused/));
    await expect(get("https://other.test/t.csv")).rejects.toMatchObject(refusal("dataset_uri_unreachable", /its name is not known/));
    const lookup = names({ "wrong.test": [["127.0.0.1"]] });
    await expect(get(`https://wrong.test:${server.port}/t.csv`, {}, { lookup })).rejects.toMatchObject(
      refusal("dataset_uri_unreachable", /its certificate is not accepted/),
    );
  });
});

describe("redirects", () => {
  test("are followed three times", async () => {
    expect((await get("/one")).table.columns).toEqual(COLUMNS);
    expect(server.asked).toEqual(["/one", "/two", "/three", "/t.csv"]);
  });

  test.each([
    ["/four", "dataset_uri_refused", /more than 3 times/],
    ["/loop", "dataset_uri_refused", /more than 3 times/],
    ["/nowhere", "dataset_uri_refused", /answers 302/],
    ["/down", "dataset_uri_not_allowed", /redirects to http:/],
    ["/bucket", "dataset_uri_not_allowed", /redirects to s3:/],
    ["/metadata", "dataset_uri_not_allowed", /169\.254\.169\.254 is not on the public internet/],
    ["/decimal", "dataset_uri_not_allowed", /host 127\.0\.0\.1/],
    ["/secret", "dataset_uri_not_allowed", /^(?!.*secret).*password/],
  ])("of %s end as %s", async (path, code, message) => {
    // The first name is allowed, so that what follows is judged by itself.
    const rules = { ...NO_RULES, allow: ["data.test"] };
    await expect(get(path, {}, { rules })).rejects.toMatchObject(refusal(code, message));
  });
});

describe("the guard", () => {
  const secretive = { message: expect.not.stringContaining("127.0.0.1"), code: "dataset_uri_not_allowed" };

  test.each([
    ["a private address", [["127.0.0.1"]]],
    ["a private address beside a public one", [["8.8.8.8", "127.0.0.1"]]],
    ["a mapped address", [["::ffff:127.0.0.1"]]],
    ["no address", [[]]],
  ])("refuses a name that stands for %s, and connects to nobody", async (_, answers) => {
    await expect(get("/t.csv", {}, { rules: NO_RULES, lookup: names({ "data.test": answers }) })).rejects.toMatchObject(secretive);
    expect(server.asked).toEqual([]);
  });

  test("refuses a name that answers differently the second time", async () => {
    const lookup = names({ "data.test": [["127.0.0.1"], ["127.0.0.2"]], "again.data.test": [["127.0.0.1"], ["127.0.0.2"]] });
    const fetchTable = createFetch({ rules: allowed, maxBytes: 100_000, timeoutMs: 30_000, circuits: createCircuits(), lookup });
    const source = { source: "uri", uri: `https://data.test:${server.port}/t.csv`, missing: "refuse" } as const;
    expect((await fetchTable(source, AbortSignal.timeout(10_000))).table.columns).toEqual(COLUMNS);
    await expect(fetchTable(source, AbortSignal.timeout(10_000))).rejects.toMatchObject(secretive);
    expect(server.asked).toEqual(["/t.csv"]);
  });

  test("connects to the address that it judged, whatever the name says by then", async () => {
    // The second answer would be asked for by a client that judges first and connects by name afterwards.
    const lookup = names({ "data.test": [["127.0.0.1"], ["8.8.8.8"]] });
    expect((await get("/t.csv", {}, { lookup })).table.columns).toEqual(COLUMNS);
  });

  test("lets a name pass that an operator allows", async () => {
    expect((await get("/t.csv", {}, { rules: { ...NO_RULES, allow: ["data.test"] } })).table.columns).toEqual(COLUMNS);
  });
});
