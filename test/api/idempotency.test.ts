import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { summaryKey } from "../../src/contract/keys.ts";
import { ENGINE_VERSION, LOCAL_TENANT } from "../../src/contract/names.ts";
import { seal } from "../../src/contract/seal.ts";
import { encodeSummary } from "../../src/contract/summary.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { call } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { storedSummary } from "./summaries.ts";
import { longTerms } from "./terms.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const submit = (headers: Record<string, string>, body: object = keplerRequest, url = bench.url) =>
  call<{ job_id: string; code: string; detail: string; reused_from?: string }>("POST", `${url}/v1/discover_async`, { body, headers });

async function countOf(jobId: string): Promise<number> {
  let count = 0;
  for await (const { workflowId } of bench.client.workflow.list()) count += workflowId === jobId ? 1 : 0;
  return count;
}

const counted = (rows: number) => Array.from({ length: rows }, (_, row) => row + 0.5);

/** Puts what a worker would store for the next request with this body. */
async function storeSummary(requestHash: string, bytes: Uint8Array): Promise<void> {
  const key = summaryKey(LOCAL_TENANT, ENGINE_VERSION, requestHash);
  await createFsStore(bench.dataDir).putIfAbsent(key, bytes);
}

describe("a key", () => {
  test("makes one job of 50 concurrent submits through two gateways", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const other = await bench.another();

    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => submit(headers, keplerRequest, index % 2 ? bench.url : other.url)),
    );

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    const [jobId = "", ...others] = new Set(replies.map(({ body }) => body.job_id));
    expect(others).toEqual([]);
    expect(replies.filter(({ headers: reply }) => reply.get("idempotent-replayed") === null)).toHaveLength(1);
    await expect.poll(() => countOf(jobId)).toBe(1);
    const { raw } = await bench.client.workflow.getHandle(jobId).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).toBe(raw.workflowExecutionInfo?.execution?.runId);
  });

  test("is the same bare, quoted, and in either header", async () => {
    const key = randomUUID();
    const forms = [
      { "idempotency-key": key },
      { "x-idempotency-key": key },
      { "idempotency-key": `"${key}"` },
      { "idempotency-key": key, "x-idempotency-key": `"${key}"` },
    ];

    const ids = [];
    for (const form of forms) ids.push((await submit(form)).body.job_id);

    expect(new Set(ids).size).toBe(1);
  });

  test("belongs to a kind: the other kind has its own job for it", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const discover = await submit(headers);
    const evaluate = await call("POST", `${bench.url}/v1/evaluate_async`, { body: keplerEvaluation, headers });

    expect(evaluate.status).toBe(202);
    expect(evaluate.body.job_id).not.toBe(discover.body.job_id);
  });

  test("with the same document in another spelling is the same job", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const first = await submit(headers, { ...keplerRequest, seed: 7 });
    const text = `{ "seed": 7.0e0,\n "dataset": ${JSON.stringify(keplerRequest.dataset)} }`;

    const response = await fetch(`${bench.url}/v1/discover_async`, {
      method: "POST",
      body: text,
      headers: { ...headers, "content-type": "application/json" },
    });

    expect(response.headers.get("idempotent-replayed")).toBe("true");
    expect(((await response.json()) as { job_id: string }).job_id).toBe(first.body.job_id);
  });

  test.each([
    ["another seed", { ...keplerRequest, seed: 8 }],
    ["a default spelt out", { ...keplerRequest, priority: 3 }],
    [
      "the columns in another order",
      { dataset: { ...keplerRequest.dataset, columns: { T: keplerRequest.dataset.columns.T, a: keplerRequest.dataset.columns.a } } },
    ],
  ])("is refused with %s, and the refusal names the job", async (_, body) => {
    const headers = { "idempotency-key": randomUUID() };
    const first = await submit(headers);

    const second = await submit(headers, body);

    expect(second.status).toBe(422);
    expect(second.body).toMatchObject({ code: "idempotency_key_reused", job_id: first.body.job_id });
  });

  test("is looked up before a large table is stored: a refusal leaves nothing behind, and a replay stores nothing twice", async () => {
    const own = await startBench();
    const large = { dataset: { source: "inline", columns: { x: counted(20_000), y: counted(20_000) } } };
    const [small, big] = [{ "idempotency-key": randomUUID() }, { "idempotency-key": randomUUID() }];
    await submit(small, keplerRequest, own.url);

    const refused = await submit(small, large, own.url);
    expect([refused.status, refused.body.code]).toEqual([422, "idempotency_key_reused"]);
    const endless = { ...large, hypothesis: { terms: longTerms(40, "x") } };
    expect((await submit({ "idempotency-key": randomUUID() }, endless, own.url)).body.code).toBe("invalid_request");
    expect(await readdir(own.dataDir)).toEqual([]);

    const first = await submit(big, large, own.url);
    const replay = await submit(big, large, own.url);
    expect([replay.body.job_id, replay.headers.get("idempotent-replayed")]).toEqual([first.body.job_id, "true"]);
    expect((await readdir(own.dataDir, { recursive: true })).filter((name) => name.includes("datasets/"))).toHaveLength(1);
    await own.close();
  });

  test("answers a finished job with 202 on the accepting route and 200 on the waiting one", async () => {
    const own = await startBench();
    const options = { body: keplerEvaluation, headers: { "idempotency-key": randomUUID() } };
    await call("POST", `${own.url}/v1/evaluate_async`, options);
    await own.hand.succeed(await storedSummary(own.dataDir));

    await expect.poll(async () => (await call("POST", `${own.url}/v1/evaluate`, options)).status).toBe(200);
    const accepting = await call("POST", `${own.url}/v1/evaluate_async`, options);

    expect(accepting.status).toBe(202);
    expect(accepting.headers.get("idempotent-replayed")).toBe("true");
    expect(accepting.body.status).toBe("succeeded");
    await own.close();
  });

  test.each([
    ["empty", { "idempotency-key": "" }, /is empty/],
    ["longer than 255 characters", { "idempotency-key": "k".repeat(256) }, /256 characters/],
    ["with a space", { "idempotency-key": '"two words"' }, /has a space as its character 4;/],
    ["not ASCII", { "idempotency-key": "schl\u00fcssel" }, /has the byte 0xFC as its character 5;/],
    ["different in the two headers", { "idempotency-key": "one", "x-idempotency-key": "two" }, /differ/],
  ])("that is %s is refused", async (_, headers, detail) => {
    const { status, body } = await submit(headers as Record<string, string>);

    expect(status).toBe(400);
    expect(body.code).toBe("idempotency_key_invalid");
    expect(body.detail).toMatch(detail);
  });

  test("of 255 characters is fine", async () => {
    expect((await submit({ "idempotency-key": randomUUID().padEnd(255, "k") })).status).toBe(202);
  });

  test("can be made a duty", async () => {
    const strict = await bench.another({ requireIdempotencyKey: true });

    const { status, body } = await submit({}, keplerRequest, strict.url);

    expect(status).toBe(400);
    expect(body.code).toBe("idempotency_key_missing");
  });
});

describe("without a key", () => {
  test("two submits are two jobs", async () => {
    const [one, two] = [await submit({}), await submit({})];
    expect(one.body.job_id).not.toBe(two.body.job_id);
  });

  test("a request whose result is stored is answered from it, unless the client or the server says no", async () => {
    const body = { ...keplerRequest, seed: 77 };
    const first = await call("POST", `${bench.url}/v1/discover_async`, { body });
    const stored = { job_id: first.body.job_id, summary: await storedSummary(bench.dataDir) };
    await storeSummary(first.body.request_hash, encodeSummary(stored));

    const reused = await submit({}, body);
    expect(reused.body.reused_from).toBe(first.body.job_id);
    const read = await call("GET", `${bench.url}/v1/jobs/${reused.body.job_id}`);
    expect(read.body.reused_from).toBe(first.body.job_id);
    const history = await bench.client.workflow.getHandle(reused.body.job_id).fetchHistory();
    const [payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(JSON.parse(Buffer.from(payload?.data ?? []).toString()).reused).toEqual(stored.summary);

    expect((await submit({ "idempotency-key": randomUUID() }, body)).body.reused_from).toBeUndefined();
    expect((await submit({}, { ...body, reuse: false })).body.reused_from).toBeUndefined();
    const without = await bench.another({ storeReuse: false });
    expect((await submit({}, body, without.url)).body.reused_from).toBeUndefined();
  });

  test.each([
    ["truncated", 101, (whole: Uint8Array) => whole.subarray(0, 60)],
    ["altered", 102, (whole: Uint8Array) => whole.map((byte, index) => (index === 200 ? byte ^ 1 : byte))],
    ["of another shape", 103, () => seal("null")],
  ])("a stored result that is %s counts as none", async (_, seed, damage) => {
    const body = { ...keplerRequest, seed };
    const first = await call("POST", `${bench.url}/v1/discover_async`, { body });
    const whole = encodeSummary({ job_id: first.body.job_id, summary: await storedSummary(bench.dataDir) });
    await storeSummary(first.body.request_hash, damage(whole));

    const second = await submit({}, body);

    expect([second.status, second.body.reused_from]).toEqual([202, undefined]);
  });

  test("a stored result for which a large request has no room is not taken along, and the request is accepted again", async () => {
    const body = { ...keplerRequest, hypothesis: { terms: longTerms(22, "a") } };
    const first = await call("POST", `${bench.url}/v1/discover_async`, { body });
    expect(first.status).toBe(202);
    const summary = { ...(await storedSummary(bench.dataDir)), note: "n".repeat(30_000) };
    await storeSummary(first.body.request_hash, encodeSummary({ job_id: first.body.job_id, summary }));

    const second = await submit({}, body);

    expect([second.status, second.body.reused_from]).toEqual([202, undefined]);
    const read = await call("GET", `${bench.url}/v1/jobs/${second.body.job_id}`);
    expect(read.body.reused_from).toBeUndefined();
  });
});
