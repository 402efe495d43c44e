import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  worker = await stack.startWorker();
});
afterAll(() => stack.stop());

/** Submits a search of a second or two, more in shards, and waits until a thread is at work on it. */
async function submitLong(seed: number, cells = 250_000): Promise<string> {
  const headers = { "idempotency-key": randomUUID() };
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: longSearch(cells, seed), headers });
  await until("a thread that computes the job", async () => {
    const { computing } = await worker.health();
    return computing.find(({ job_id, fits }) => job_id === body.job_id && fits > 0);
  });
  return body.job_id;
}

/** Runs that the server ever had under the id of a job, of whatever state. */
async function runsOf(jobId: string): Promise<string[]> {
  const runs: string[] = [];
  for await (const { runId } of stack.client.workflow.list({ query: `WorkflowId = "${jobId}"` })) runs.push(runId);
  return runs;
}

/** Files of all jobs so far: two attempts that disagreed would leave more than one job's seven. */
async function artifacts(): Promise<number> {
  return (await readdir(join(stack.folder, "artifacts", "local", "artifacts")).catch(() => [])).length;
}

async function scheduled(jobId: string): Promise<number> {
  const { events } = await stack.client.workflow.getHandle(jobId).fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
}

test("a job whose worker is killed in the middle succeeds once, with one result", async () => {
  const before = await artifacts();
  const jobId = await submitLong(11);
  await worker.end("SIGKILL");
  worker = await stack.startWorker();

  const job = await finished(stack.url, jobId);

  expect(job).toMatchObject({ status: "succeeded", attempts: 2, run: 1 });
  expect(job.result).not.toBeNull();
  expect(await artifacts()).toBe(before + 7);
  await expect.poll(() => runsOf(jobId)).toHaveLength(1);
});

test("a sharded job whose worker is killed finds what it finds without", async () => {
  const jobId = await submitLong(14, 1_000_000);
  const explained = async () => (await call<{ reason: string; detail: string }>("GET", `${stack.url}/v1/jobs/${jobId}/explain`)).body;
  expect(await explained()).toMatchObject({
    reason: "running",
    detail: expect.stringMatching(/^\d+ shards are open, [1-9] of them at work\.$/),
  });
  await worker.end("SIGKILL");
  // Once the server has given the worker up, nobody is said to be at work.
  await until("the truth about the shards", async () => ((await explained()).detail.includes("none of them at work") ? true : undefined));
  worker = await stack.startWorker();
  const struck = await finished(stack.url, jobId);
  expect(struck).toMatchObject({ status: "succeeded", attempts: 2 });

  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: { ...longSearch(1_000_000, 14), reuse: false } });

  expect((await finished(stack.url, body.job_id)).result).toEqual(struck.result);
});

test("a job succeeds once when the Temporal server is killed and started again in the middle", async () => {
  const before = await artifacts();
  const jobId = await submitLong(12);
  await stack.restartTemporal();

  const job = await finished(stack.url, jobId);

  expect(job.status).toBe("succeeded");
  expect(await artifacts()).toBe(before + 7);
  await expect.poll(() => runsOf(jobId)).toHaveLength(1);
});

test("while Temporal is down a submit answers 503 with Retry-After, and the gateway recovers by itself", async () => {
  await stack.temporal.child.end("SIGKILL");

  const refused = await call<{ code: string }>("POST", `${stack.url}/v1/discover_async`, { body: longSearch(100) });

  expect(refused.status).toBe(503);
  expect(refused.body.code).toBe("temporal_unavailable");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  await stack.restartTemporal();
  const accepted = await until("an accepted submit", async () => {
    const reply = await call("POST", `${stack.url}/v1/discover_async`, { body: longSearch(100) });
    return reply.status === 202 ? reply.body : undefined;
  });
  expect((await finished(stack.url, accepted.job_id)).status).toBe("succeeded");
});

test("a worker that is told to stop hands its job back without using up an attempt", async () => {
  const jobId = await submitLong(13);
  expect(await worker.end("SIGTERM")).toBe(0);
  worker = await stack.startWorker();

  const job = await finished(stack.url, jobId);

  expect(job).toMatchObject({ status: "succeeded", attempts: 1 });
  expect(await scheduled(jobId)).toBe(2);
});
