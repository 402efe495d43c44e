import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { job } from "../../src/contract/job.ts";
import { call } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { storedSummary } from "./summaries.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ temporalUiUrl: "http://127.0.0.1:8233/" });
});
afterAll(() => bench.close());

describe("without a worker", () => {
  test("a job is accepted, and can be read at once", async () => {
    const { status, headers, body } = await call("POST", `${bench.url}/v1/discover_async`, { body: keplerRequest });

    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/v1/jobs/${body.job_id}`);
    expect(headers.get("retry-after")).toBe("1");
    expect(job.parse(body)).toMatchObject({ kind: "discover", status: "queued", verdict: null, result: null, run: 1, attempts: 0 });
    expect(Date.parse(body.deadline_at) - Date.parse(body.created_at)).toBe(3_600_000);
    expect(body.links.temporal_ui).toMatch(new RegExp(`^http://127.0.0.1:8233/namespaces/api-[0-9a-f-]+/workflows/${body.job_id}$`));

    const read = await call("GET", `${bench.url}${body.links.self}`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual({
      ...body,
      waiting: { reason: "no_worker", since: expect.any(String), detail: expect.any(String), blocked_by: "queue:orrery-control" },
    });
  });

  test("a waiting submit answers 202 when the time that the client gave is over", async () => {
    const { status, headers, body } = await call("POST", `${bench.url}/v1/evaluate`, {
      body: keplerEvaluation,
      headers: { prefer: "wait=1" },
    });

    expect(status).toBe(202);
    expect(headers.get("preference-applied")).toBe("wait=1");
    expect(body.status).toBe("queued");
  });

  test("respond-async makes a waiting submit answer at once", async () => {
    const { status, headers } = await call("POST", `${bench.url}/v1/evaluate`, {
      body: keplerEvaluation,
      headers: { prefer: "respond-async" },
    });

    expect(status).toBe(202);
    expect(headers.get("preference-applied")).toBe("respond-async");
  });

  test("what the workflow is started with is small, whatever the size of the table", async () => {
    const rows = 20_000;
    const columns = { x: Array.from({ length: rows }, (_, row) => row + 0.5), y: Array.from({ length: rows }, (_, row) => 3 * row + 1) };
    const { status, body } = await call("POST", `${bench.url}/v1/evaluate_async`, {
      body: { dataset: { source: "inline", columns }, law: "y = 3*x" },
    });

    expect(status).toBe(202);
    const history = await bench.client.workflow.getHandle(body.job_id).fetchHistory();
    const [payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(payload?.data?.length).toBeLessThan(4_096);
    expect(JSON.parse(Buffer.from(payload?.data ?? []).toString()).request.dataset).toMatchObject({ source: "stored" });
  });

  test("a stored dataset is planned from its header", async () => {
    const uploaded = await call<{ dataset_id: string }>("POST", `${bench.url}/v1/datasets`, {
      body: { columns: keplerRequest.dataset.columns },
    });
    const dataset = { source: "stored", dataset_id: uploaded.body.dataset_id };

    const { status } = await call("POST", `${bench.url}/v1/discover_async`, { body: { dataset } });
    expect(status).toBe(202);

    const wrong = await call<{ code: string }>("POST", `${bench.url}/v1/discover_async`, { body: { dataset, target: "mass" } });
    expect(wrong.body.code).toBe("column_unknown");
  });
});

describe("with a worker", () => {
  // Whatever the tests before left in the queue would be taken for the job under test.
  let fresh: Bench;
  beforeAll(async () => {
    fresh = await startBench();
  });
  afterAll(() => fresh.close());

  test("a waiting submit answers 200 with the result", async () => {
    const waiting = call("POST", `${fresh.url}/v1/evaluate`, { body: keplerEvaluation });
    await fresh.hand.succeed(await storedSummary(fresh.dataDir));

    const { status, body } = await waiting;

    expect(status).toBe(200);
    expect(job.parse(body)).toMatchObject({ status: "succeeded", verdict: "rejected", attempts: 2, result: { reasons: ["lack_of_fit"] } });
  });

  test("a waiting submit answers 200 for a job that failed, too", async () => {
    const waiting = call("POST", `${fresh.url}/v1/evaluate`, { body: keplerEvaluation });
    await fresh.hand.fail("law_not_finite", "The law has no finite value on row 3.");

    const { status, body } = await waiting;

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "failed",
      result: null,
      attempts: 3,
      error: {
        code: "law_not_finite",
        message: "The law has no finite value on row 3.",
        retryable: false,
        doc: "/docs/errors/law_not_finite",
      },
    });
  });
});
