import { temporal } from "@temporalio/proto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Job } from "../../src/contract/job.ts";
import { shardId } from "../../src/contract/names.ts";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, keplerRequest, longSearch } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

async function eventsOf(workflowId: string): Promise<string[]> {
  const { events } = await stack.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).map((event) => temporal.api.enums.v1.EventType[event.eventType ?? 0] ?? "?");
}

test("the eight planets give Kepler's third law through the HTTP API", async () => {
  const submitted = await call("POST", `${stack.url}/v1/discover_async`, { body: keplerRequest });
  expect(submitted.status).toBe(202);
  expect(submitted.headers.get("location")).toBe(`/v1/jobs/${submitted.body.job_id}`);

  const job = await finished(stack.url, submitted.body.job_id);

  expect(job).toMatchObject({ status: "succeeded", verdict: "accepted", kind: "discover", attempts: 1, error: null, run: 1 });
  const [term] = job.result?.law?.terms ?? [];
  expect(term?.exponents).toEqual({ a: 1.5 });
  expect(term?.coefficient).toBeCloseTo(365.2, 0);
  const { body: list } = await call<{ artifacts: { name: string }[] }>("GET", `${stack.url}/v1/jobs/${job.job_id}/artifacts`);
  const plots = ["plot.svg", "residuals.svg", "pareto.svg", "stability.svg", "landscape.svg"];
  expect(list.artifacts.map(({ name }) => name)).toEqual(["result.json", "evidence.json", ...plots]);
});

test("a waiting evaluate answers with the result in one call", async () => {
  const reply = await call("POST", `${stack.url}/v1/evaluate`, { body: keplerEvaluation });

  expect(reply.status).toBe(200);
  expect(reply.body).toMatchObject({ status: "succeeded", verdict: "accepted", kind: "evaluate" });
  expect(reply.body.result?.law?.text).toContain("a^1.5");
});

test("a small evaluate costs at most 7 events, the verdict attribute included", async () => {
  const { body } = await call("POST", `${stack.url}/v1/evaluate`, { body: { ...keplerEvaluation, reuse: false } });

  const events = await eventsOf(body.job_id);

  expect(events).toContain("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES");
  expect(events.length).toBeLessThanOrEqual(7);
});

test("a single-shard discover costs at most 14 events", async () => {
  const { body } = await call("POST", `${stack.url}/v1/discover`, { body: { ...keplerRequest, reuse: false } });
  expect(body.status).toBe("succeeded");

  expect((await eventsOf(body.job_id)).length).toBeLessThanOrEqual(14);
});

test("a large discover runs in shards, and each costs at most 11 events of its own", async () => {
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: longSearch(1_000_000) });

  const job = await finished(stack.url, body.job_id);

  expect(job.status).toBe("succeeded");
  const tree = await call<{ members: { id: string; type: string; state: string }[] }>("GET", `${stack.url}/v1/jobs/${body.job_id}/tree`);
  const shards = tree.body.members.filter((member) => member.type === "shard");
  expect(shards.length).toBeGreaterThan(1);
  expect(shards.map(({ state }) => state)).toEqual(shards.map(() => "succeeded"));
  for (const [index] of shards.entries()) expect((await eventsOf(shardId(body.job_id, index))).length).toBeLessThanOrEqual(11);
});

test("the artifacts of a job match their checksums", async () => {
  const { body } = await call("POST", `${stack.url}/v1/evaluate`, { body: { ...keplerEvaluation, reuse: false } });

  const { body: list } = await call<{ artifacts: { name: string; sha256: string }[] }>(
    "GET",
    `${stack.url}/v1/jobs/${body.job_id}/artifacts`,
  );

  expect(list.artifacts.map(({ name }) => name).sort()).toEqual(["evidence.json", "plot.svg", "residuals.svg", "result.json"]);
  for (const { name, sha256 } of list.artifacts) {
    const bytes = await (await fetch(`${stack.url}/v1/jobs/${body.job_id}/artifacts/${name}`)).arrayBuffer();
    expect(Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")).toBe(sha256);
  }
});

test("a request without a key that was answered before is answered from the stored result, as a job of its own", async () => {
  const body = { ...keplerEvaluation, seed: 7 };
  const first = await call("POST", `${stack.url}/v1/evaluate`, { body });
  const second = await call("POST", `${stack.url}/v1/evaluate`, { body });

  expect(second.body.job_id).not.toBe(first.body.job_id);
  expect(second.body.reused_from).toBe(first.body.job_id);
  expect(second.body.result).toEqual(first.body.result);
});

test("no payload in the history of a job with a large table exceeds 64 KiB", async () => {
  const rows = 20_000;
  const x = Array.from({ length: rows }, (_, row) => 1 + row / rows);
  const dataset = { source: "inline", columns: { x, y: x.map((value) => 3 * value ** 2) } };
  const { body } = await call("POST", `${stack.url}/v1/evaluate`, { body: { dataset, law: "y = 3*x^2" } });
  expect(body).toMatchObject({ status: "succeeded", error: null });

  const history = await stack.client.workflow.getHandle(body.job_id).fetchHistory();

  for (const event of history.events ?? []) {
    expect(temporal.api.history.v1.HistoryEvent.encode(event).finish().length).toBeLessThan(65_536);
  }
});

test("what a job finds is the same whether it runs again or not", async () => {
  const results: Job["result"][] = [];
  for (let run = 0; run < 2; run += 1) {
    const { body } = await call("POST", `${stack.url}/v1/discover`, { body: { ...keplerRequest, reuse: false } });
    results.push(body.result);
  }
  expect(results[0]).toEqual(results[1]);
});
