import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Job, Member } from "../../src/contract/job.ts";
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

/** A search in shards that would take minutes, with at least one thread at work on it. */
async function submitSharded(seed: number): Promise<string> {
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: longSearch(4_000_000, seed) });
  await until("a thread that computes the job", async () => (await computing(body.job_id)).find(({ fits }) => fits > 0));
  return body.job_id;
}

async function computing(jobId: string) {
  const health = await worker.health();
  return health.computing.filter(({ job_id }) => job_id === jobId);
}

/** Processor time of the worker, all threads together, in clock ticks of 10 ms. */
async function cpuTicks(): Promise<number> {
  const fields = (await readFile(`/proc/${worker.process.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** The job says `cancelled`: then no thread works for it, no child is open, and the process uses next to no processor time. */
async function expectSilence(jobId: string): Promise<Job> {
  const job = await finished(stack.url, jobId);
  expect(job).toMatchObject({ status: "cancelled", result: null, verdict: null });
  expect(await computing(jobId)).toEqual([]);
  const { body } = await call<{ members: Member[] }>("GET", `${stack.url}/v1/jobs/${jobId}/tree`);
  const open = body.members.filter(({ state }) => !["succeeded", "failed", "cancelled", "timed_out"].includes(state));
  expect(open).toEqual([]);
  const before = await cpuTicks();
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  // A single computing thread would use all of one processor in that time.
  expect((await cpuTicks()) - before).toBeLessThan(((performance.now() - started) / 10) * 0.4);
  return job;
}

test("cancel by REST stops every shard and thread, and the receipt says so", async () => {
  const jobId = await submitSharded(21);

  const receipt = await call<{ status: string; members: Member[] }>("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);

  expect(receipt.status).toBe(202);
  expect(["cancelling", "cancelled"]).toContain(receipt.body.status);
  expect(receipt.body.members.filter(({ type }) => type === "shard").length).toBeGreaterThan(1);
  for (const { state } of receipt.body.members) expect(["cancelling", "cancelled", "succeeded"]).toContain(state);
  await expectSilence(jobId);
  const again = await call<{ code: string }>("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
  expect(again.status).toBe(409);
  expect(again.body.code).toBe("job_already_finished");
});

test("`temporal workflow cancel` stops a job as cancel by REST does", async () => {
  const jobId = await submitSharded(22);

  await promisify(execFile)(inject("temporalBinary"), ["workflow", "cancel", "--workflow-id", jobId, "--address", stack.temporal.address]);

  await expectSilence(jobId);
});

test("the request that the Web UI's cancel button sends stops a job too", async () => {
  const jobId = await submitSharded(23);

  const path = `/api/v1/namespaces/default/workflows/${jobId}/cancel`;
  const page = await fetch(`${stack.temporal.uiUrl}/`);
  const csrf = /_csrf=([^;]+)/.exec(page.headers.get("set-cookie") ?? "")?.[1] ?? "";
  const reply = await fetch(`${stack.temporal.uiUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf, cookie: `_csrf=${csrf}` },
    body: JSON.stringify({}),
  });

  expect(reply.status).toBe(200);
  await expectSilence(jobId);
});

test("a job that waits in a queue is cancelled without a worker for that queue", async () => {
  await worker.end("SIGTERM");
  worker = await stack.startWorker({ pools: "control" });
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: longSearch(60_000, 24) });

  const receipt = await call("POST", `${stack.url}/v1/jobs/${body.job_id}/cancel`);

  expect(receipt.status).toBe(202);
  expect((await finished(stack.url, body.job_id)).status).toBe("cancelled");
});
