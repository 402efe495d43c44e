import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, keplerRequest, longSearch } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** The environment of a process whose clock is wrong by so many hours. */
function wrongBy(hours: number): Record<string, string> {
  const preload = new URL("../../drill/clock.ts", import.meta.url).href;
  return { NODE_OPTIONS: `--import ${preload}`, DRILL_CLOCK_MS: String(hours * 3_600_000) };
}

async function submit(url: string, kind: string, body: object): Promise<string> {
  const reply = await call("POST", `${url}/v1/${kind}_async`, { body: { ...body, reuse: false } });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}

/** G1 and G5 under wrong clocks: one clock decides, the server's. */
describe.each([
  { gateway: -1, worker: 1 },
  { gateway: 1, worker: -1 },
])("with a gateway whose clock is wrong by $gateway h and a worker whose clock is by $worker h", ({ gateway, worker }) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ worker: false, env: wrongBy(gateway) });
    await stack.startWorker({ env: wrongBy(worker) });
  });
  afterAll(() => stack.stop());

  test("jobs of either kind, on the short path, in one activity and in shards, end as they should", async () => {
    const budget = { deadline_seconds: 60, max_fits: 10_000_000_000 };
    const jobs = await Promise.all([
      submit(stack.url, "evaluate", { ...keplerEvaluation, budget }),
      submit(stack.url, "discover", { ...keplerRequest, budget }),
      submit(stack.url, "discover", { ...longSearch(1_000_000, 91), budget }),
    ]);

    const ended = await Promise.all(jobs.map((id) => finished(stack.url, id)));

    expect(ended.map(({ status, error }) => [status, error])).toEqual(jobs.map(() => ["succeeded", null]));
    // The clock of the gateway was wrong indeed.
    const skew = Date.parse(ended[0]?.created_at ?? "") - Date.now();
    expect(Math.round(skew / 3_600_000)).toBe(gateway);
  });

  test("a deadline passes when it should", async () => {
    const jobId = await submit(stack.url, "discover", {
      ...longSearch(4_000_000, 92),
      budget: { deadline_seconds: 3, max_fits: 10_000_000_000 },
    });

    const job = await finished(stack.url, jobId);

    expect(job).toMatchObject({ status: "timed_out", error: { code: "deadline_exceeded" } });
    const { startTime, closeTime } = await stack.client.workflow.getHandle(jobId).describe();
    const took = (closeTime?.getTime() ?? 0) - startTime.getTime();
    // The server ends two seconds later what did not end by itself.
    expect([took >= 3_000, took < 6_000], `${took} ms`).toEqual([true, true]);
    const spent = Object.values(job.spent ?? {}).reduce((sum, seconds) => sum + seconds, 0);
    expect(spent).toBeCloseTo(took / 1_000, 2);
  });
});
