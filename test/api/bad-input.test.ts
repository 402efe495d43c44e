import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobIdOf } from "../../src/api/jobs/idempotency.ts";
import { problem } from "../../src/contract/job.ts";
import { LOCAL_TENANT } from "../../src/contract/names.ts";
import { call } from "../support/http.ts";
import { keplerRequest, planets } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { longTerms } from "./terms.ts";

const LIMIT = 200_000;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ maxUploadBytes: LIMIT });
});
afterAll(() => bench.close());

const columns = JSON.stringify(planets);
const kepler = (rest: string) => `{"dataset": {"source": "inline", "columns": ${columns}}${rest}}`;
const inline = (text: string) => `{"dataset": {"source": "inline", "columns": ${text}}}`;

const CASES: [name: string, body: string | Uint8Array<ArrayBuffer>, status: number, code: string, pointer?: string][] = [
  ["nothing", "", 400, "malformed_json"],
  ["half a document", '{"dataset": ', 400, "malformed_json"],
  ["NaN", inline('{"a": [1, NaN]}'), 400, "malformed_json"],
  ["something after the document", `${kepler("")} x`, 400, "malformed_json"],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 400, "malformed_json"],
  ["a list", "[]", 422, "invalid_request", ""],
  ["null", "null", 422, "invalid_request", ""],
  ["an empty object", "{}", 422, "invalid_request", "/dataset"],
  ["an unknown key", kepler(', "verbose": true'), 422, "invalid_request", "/verbose"],
  ["a key given twice", kepler(', "seed": 1, "seed": 2'), 422, "invalid_request", "/seed"],
  ["a seed of the wrong type", kepler(', "seed": "one"'), 422, "invalid_request", "/seed"],
  ["a priority out of range", kepler(', "priority": 9'), 422, "invalid_request", "/priority"],
  ["a deadline of no time", kepler(', "budget": {"deadline_seconds": 0}'), 422, "invalid_request", "/budget/deadline_seconds"],
  ["an old schema", kepler(', "schema_version": 1'), 422, "invalid_request", "/schema_version"],
  ["__proto__ at the root", kepler(', "__proto__": {"priority": 1}'), 422, "invalid_request", "/__proto__"],
  ["a column __proto__", inline('{"__proto__": [1, 2], "b": [1, 2]}'), 422, "column_name_invalid", "/dataset/columns/__proto__"],
  ["an escaped __proto__", inline('{"\\u005f_proto__": [1, 2], "b": [1, 2]}'), 422, "column_name_invalid", "/dataset/columns/__proto__"],
  ["a column given twice", inline('{"a": [1, 2], "b": [1, 2], "a": [3, 4]}'), 422, "column_duplicate", "/dataset/columns/a"],
  ["no columns", inline("{}"), 422, "dataset_empty"],
  ["no rows", inline('{"a": [], "b": []}'), 422, "dataset_empty"],
  ["one row", inline('{"a": [1], "b": [2]}'), 422, "dataset_too_few_rows"],
  ["ragged columns", inline('{"a": [1, 2], "b": [1]}'), 422, "dataset_ragged", "/dataset/columns/b"],
  ["a null value", inline('{"a": [1, null], "b": [1, 2]}'), 422, "dataset_not_numeric", "/dataset/columns/a/1"],
  ["a number beyond the range", inline('{"a": [1, 1e999], "b": [1, 2]}'), 422, "dataset_not_numeric", "/dataset/columns/a/1"],
  ["a column that is no list", inline('{"a": 1, "b": [1, 2]}'), 422, "invalid_request", "/dataset/columns/a"],
  ["a column name with a space", inline('{"a b": [1, 2], "b": [1, 2]}'), 422, "column_name_invalid", "/dataset/columns/a b"],
  ["a target that is not there", kepler(', "target": "mass"'), 422, "column_unknown"],
  [
    "a dataset that is not there",
    `{"dataset": {"source": "stored", "dataset_id": "ds_${"0".repeat(64)}"}}`,
    422,
    "dataset_not_found",
    "/dataset/dataset_id",
  ],
  ["a term with an unknown name", kepler(', "hypothesis": {"terms": ["1", "mass^2"]}'), 422, "unknown_term"],
  ["more fits than the budget", kepler(', "budget": {"max_fits": 1}'), 422, "budget_exceeded"],
  ["a text that is no Unicode", kepler(', "target": "\\ud800"'), 422, "invalid_request"],
  ["nesting without end", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, 422, "invalid_request"],
  [
    "a library of terms larger than a history may carry",
    kepler(`, "hypothesis": {"terms": ${JSON.stringify(longTerms(40, "a"))}}`),
    422,
    "invalid_request",
  ],
];

describe("a body with", () => {
  test.each(CASES)("%s is refused by its code, and no workflow exists afterwards", async (_, body, status, code, pointer) => {
    const key = randomUUID();
    const headers = { "content-type": "application/json", "idempotency-key": key };

    const response = await fetch(`${bench.url}/v1/discover_async`, { method: "POST", body, headers });

    const document = problem.parse(await response.json());
    expect([document.code, response.status]).toEqual([code, status]);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(document.request_id).toBe(response.headers.get("x-request-id"));
    expect(document.type).toBe(`/docs/errors/${code}`);
    expect(JSON.stringify(document)).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
    if (pointer !== undefined) expect(document.errors?.map((fault) => fault.pointer)).toContain(pointer);
    const handle = bench.client.workflow.getHandle(jobIdOf(LOCAL_TENANT, "discover", key));
    await expect(handle.describe()).rejects.toThrow(/not found/i);
  });
});

describe("a body of the wrong kind", () => {
  test.each([undefined, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"])(
    "(%s) is refused",
    async (type) => {
      const headers = type === undefined ? {} : { "content-type": type };
      const response = await fetch(`${bench.url}/v1/discover_async`, { method: "POST", body: Buffer.from(kepler("")), headers });
      expect([response.status, problem.parse(await response.json()).code]).toEqual([415, "unsupported_media_type"]);
    },
  );

  test("(compressed) is refused", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const response = await fetch(`${bench.url}/v1/discover_async`, { method: "POST", body: kepler(""), headers });
    expect([response.status, problem.parse(await response.json()).code]).toEqual([415, "unsupported_media_type"]);
  });
});

describe("a body that is too large is refused at once", () => {
  const expectRefusal = async (response: Response) => {
    expect([response.status, problem.parse(await response.json()).code]).toEqual([413, "body_too_large"]);
  };

  test.each(["application/json", "text/csv"])("with its true length (%s)", async (type) => {
    const path = type === "text/csv" ? "/v1/datasets" : "/v1/discover_async";
    await expectRefusal(
      await fetch(`${bench.url}${path}`, { method: "POST", body: "1".repeat(LIMIT + 1), headers: { "content-type": type } }),
    );
  });

  test("in chunks", async () => {
    const chunk = Buffer.from("1,2\n".repeat(10_000));
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async start(controller) {
        controller.enqueue(Buffer.from("a,b\n"));
        for (let sent = 0; sent < 4 * LIMIT; sent += chunk.length) controller.enqueue(chunk);
        controller.close();
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half", headers: { "content-type": "text/csv" } };
    await expectRefusal(await fetch(`${bench.url}/v1/datasets`, init));
  });

  test("when only its length says so and nothing is sent", async () => {
    const socket = connect(bench.gateway.port, "127.0.0.1");
    socket.write(`POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: ${10 * LIMIT}\r\n\r\na,b\n`);
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("and the server serves the next request", async () => {
    expect((await call("POST", `${bench.url}/v1/discover_async`, { body: keplerRequest })).status).toBe(202);
  });
});

async function askAs({ port }: { port: number }, host: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return (await socket.setEncoding("utf8").toArray()).join("");
}

describe("a request", () => {
  test.each([
    ["GET", "/v1/nothing", 404, "route_not_found"],
    ["GET", "/V1//jobs", 404, "route_not_found"],
    ["DELETE", "/v1/jobs", 405, "method_not_allowed"],
    ["GET", "/v1/discover", 405, "method_not_allowed"],
    ["PUT", "/live", 405, "method_not_allowed"],
    ["GET", "/v1/jobs?state=queued", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?status=asleep", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?status=queued&status=running", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?page_size=none", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?since=yesterday", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?since=9999-12-31T23:59:59-12:00", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?since=0000-01-01T00:00:00%2B12:00", 400, "invalid_parameter"],
    ["GET", "/v1/jobs?page_token=nonsense", 400, "invalid_parameter"],
    ["GET", "/v1/jobs/x?include_result=perhaps", 400, "invalid_parameter"],
    ["POST", "/v1/discover_async?seed=1", 400, "invalid_parameter"],
    ["GET", "/v1/jobs/%ff", 400, "invalid_parameter"],
    ["GET", "/live?x=1", 400, "invalid_parameter"],
  ])("%s %s is answered with its code", async (method, path, status, code) => {
    const reply = await call<{ code: string }>(method, `${bench.url}${path}`);
    expect([reply.status, problem.parse(reply.body).code]).toEqual([status, code]);
    expect(reply.headers.get("allow") !== null).toBe(status === 405);
  });

  test.each([
    ["GET", "/v1/jobs?limit=3", /no query parameter "limit"\. The parameters are kind, status, .*page_size/],
    ["GET", "/v1/jobs?page_sise=3", /Did you mean "page_size"\? The parameters are kind/],
    ["GET", "/v1/jobs/x?wait=3", /The parameters are include_result; its headers are If-None-Match, Prefer/],
    ["POST", "/v1/discover?wait=3", /This route has none; its headers are Idempotency-Key, Prefer/],
  ])("%s %s is told what the route takes", async (method, path, detail) => {
    expect(problem.parse((await call<object>(method, `${bench.url}${path}`)).body).detail).toMatch(detail);
  });

  test("may name itself, and gets its name back if that is a sane one", async () => {
    expect((await call("GET", `${bench.url}/live`, { headers: { "x-request-id": "trace-1.2:3" } })).headers.get("x-request-id")).toBe(
      "trace-1.2:3",
    );
    expect((await call("GET", `${bench.url}/live`, { headers: { "x-request-id": "a b<c>" } })).headers.get("x-request-id")).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  test.each(["a b[", ""])("with a Host that is none (%j) is refused", async (host) => {
    expect(await askAs(bench.gateway, host)).toMatch(/^HTTP\/1.1 400 [\s\S]*invalid_parameter/);
  });

  test.each(["rebound.example", "rebound.example:80", "127.0.0.1.rebound.example", "10.0.0.1:8080", "localhost.example", "[::2]:80"])(
    "that names the host %s is refused, because a page of that name could send it",
    async (host) => {
      const answer = await askAs(bench.gateway, host);
      expect(answer).toMatch(/^HTTP\/1.1 421 [\s\S]*"code":"host_not_allowed"/);
      expect(answer).toContain(`The request names the host \\"${host}\\"`);
      expect(answer).toMatch(/x-content-type-options: nosniff/i);
    },
  );

  test.each(["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:8080"])(
    "that names the host %s is answered",
    async (host) => {
      expect(await askAs(bench.gateway, host)).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  test("may name any host where only a trusted network reaches the gateway", async () => {
    expect(await askAs(await bench.another({ anyHost: true }), "gateway.internal:8080")).toMatch(/^HTTP\/1.1 200 /);
  });
});
