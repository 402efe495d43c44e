import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  stack = await startStack({ worker: false });
});
afterAll(() => stack.stop());

/** How the server closed the job's run: by the workflow's own failure, or by the server's net for the case of no worker. */
async function closing(jobId: string): Promise<string> {
  return (await stack.client.workflow.getHandle(jobId).describe()).status.name;
}

const soon = (seed: number, deadline_seconds = 2) => ({
  ...longSearch(4_000_000, seed),
  budget: { max_fits: 10_000_000_000, deadline_seconds },
});

test("a deadline passes in the queue of a pool that nobody serves", async () => {
  worker = await stack.startWorker({ pools: "control" });
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: soon(31) });

  const job = await finished(stack.url, body.job_id);

  expect(job).toMatchObject({ status: "timed_out", result: null, error: { code: "deadline_exceeded" } });
  expect(await closing(body.job_id)).toBe("FAILED");
});

test("a deadline passes while no worker is alive, and the job can be read all the time", async () => {
  await worker.end("SIGKILL");
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: soon(32) });
  expect(body.status).toBe("queued");

  const job = await finished(stack.url, body.job_id);

  expect(job).toMatchObject({ status: "timed_out", error: { code: "deadline_exceeded" } });
  expect(await closing(body.job_id)).toBe("TIMED_OUT");
  const list = await call<{ jobs: { job_id: string }[] }>("GET", `${stack.url}/v1/jobs?status=timed_out`);
  expect(list.body.jobs.map(({ job_id }) => job_id)).toContain(body.job_id);
});

test("a deadline that passes during the search stops its threads", async () => {
  worker = await stack.startWorker();
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: soon(33, 6) });
  await until("a thread that computes the job", async () => {
    const { computing } = await worker.health();
    return computing.find(({ job_id }) => job_id === body.job_id);
  });

  const job = await finished(stack.url, body.job_id);

  expect(job).toMatchObject({ status: "timed_out", error: { code: "deadline_exceeded" } });
  expect(await closing(body.job_id)).toBe("FAILED");
  await until("silence of the threads", async () => ((await worker.health()).computing.length === 0 ? true : undefined), 5_000);
});
