import { randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Job } from "../../src/contract/job.ts";
import type { Spent } from "../../src/contract/spent.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { keplerRequest, longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  worker = await stack.startWorker({ pools: "control" });
});
afterAll(() => stack.stop());

async function submit(body: object, deadline_seconds: number): Promise<string> {
  const budget = { max_fits: 10_000_000_000, deadline_seconds };
  const headers = { "idempotency-key": randomUUID() };
  const reply = await call("POST", `${stack.url}/v1/discover_async`, { body: { ...body, budget }, headers });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}

/** The part of a run's time that is more than all the others together. The whole is the time from its start on the server to its end. */
async function expectMost(part: keyof Spent, { job_id, spent, finished_at }: Job): Promise<void> {
  const parts = Object.values(spent ?? {});
  const whole = parts.reduce((sum, seconds) => sum + seconds, 0);
  const { startTime } = await stack.client.workflow.getHandle(job_id).describe();
  expect(whole).toBeCloseTo((Date.parse(finished_at ?? "") - startTime.getTime()) / 1_000, 2);
  expect(spent?.[part], JSON.stringify(spent)).toBeGreaterThan(whole / 2);
  const { body } = await call<{ spent: Spent }>("GET", `${stack.url}/v1/jobs/${job_id}/explain`);
  expect(body.spent).toEqual(spent);
}

test("a job that times out in the queue of a pool that nobody serves spent its time queued", async () => {
  const job = await finished(stack.url, await submit(longSearch(4_000_000, 61), 3));
  expect(job).toMatchObject({ status: "timed_out", error: { code: "deadline_exceeded" } });
  await expectMost("queued", job);
});

test("a job that times out while no worker is alive spent all of it queued", async () => {
  await worker.end("SIGKILL");
  const job = await finished(stack.url, await submit(keplerRequest, 2));
  expect(job.status).toBe("timed_out");
  expect(job.spent).toMatchObject({ computing: 0, backoff: 0, storage: 0 });
  await expectMost("queued", job);
});

test("a job that times out in its shards spent its time computing", async () => {
  worker = await stack.startWorker();
  const job = await finished(stack.url, await submit(longSearch(4_000_000, 62), 8));
  expect(job).toMatchObject({ status: "timed_out", error: { code: "deadline_exceeded" } });
  await expectMost("computing", job);
});

test("a job whose time ends in a pause between attempts, while the store is away, spent it in pauses", async () => {
  const folder = join(stack.folder, "artifacts");
  await rename(folder, `${folder}.away`);
  await writeFile(folder, "in the way");
  const jobId = await submit(keplerRequest, 16);
  await until("a pause between attempts", async () => {
    const { body } = await call("GET", `${stack.url}/v1/jobs/${jobId}`);
    return body.waiting?.reason === "backoff" ? true : undefined;
  });

  const job = await finished(stack.url, jobId);

  // The pause after the fourth attempt would end beyond the deadline, so the server does not begin it.
  expect(["failed", "timed_out"]).toContain(job.status);
  await expectMost("backoff", job);
  await rename(folder, `${folder}.taken`);
  await rename(`${folder}.away`, folder);

  const rerun = await call("POST", `${stack.url}/v1/jobs/${jobId}/rerun`);
  expect(rerun.status).toBe(202);
  const second = await finished(stack.url, jobId);
  expect(second).toMatchObject({ status: "succeeded", run: 2 });
  expect(second.spent?.backoff).toBe(0);
});
