import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/contract/flow.ts";
import type { Job } from "../../src/contract/job.ts";
import { SWEEP_SCHEDULE } from "../../src/contract/names.ts";
import { scheduleSweep } from "../../src/dev/schedule.ts";
import { until } from "../support/child.ts";
import { CERTIFICATE, type FileServer } from "../support/file-server.ts";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, keplerRequest, longSearch } from "../support/planets.ts";
import { type Received, receive } from "../support/receiver.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

let stack: Stack;
let worker: Worker;
let server: FileServer;
let received: (path: string) => Received[];
/** Answers of the receiver by path and time; 200 where there is none. */
const answers: Record<string, number[]> = {};
/** Paths whose requests are left without an answer until they are taken out of here. */
const silent = new Set<string>();

beforeAll(async () => {
  ({ server, received } = await receive((path, times, response) => {
    if (silent.has(path)) return;
    const status = answers[path]?.[times - 1] ?? 200;
    response.writeHead(status, { ...(status === 307 && { location: `https://127.0.0.2:${server.port}/inside` }) }).end("thanks");
  }));
  const env = { ORRERY_WEBHOOK_SECRET: SECRET, ORRERY_WEBHOOK_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: CERTIFICATE };
  stack = await startStack({ env, worker: false });
  worker = await stack.startWorker();
});
afterAll(async () => {
  await stack.stop();
  await server.close();
});

const addressOf = (path: string) => `https://127.0.0.1:${server.port}${path}`;

/** The id of the delivery of each job, as the submit was answered. */
const ids = new Map<string, string>();

async function submit(path: string, body: object, kind = "evaluate"): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${kind}_async`, { body: { ...body, reuse: false, callback_url: addressOf(path) } });
  expect(reply.status).toBe(202);
  const { job_id, webhook } = reply.body;
  expect(webhook).toMatchObject({ state: "pending", attempts: 0 });
  ids.set(job_id, webhook?.id ?? "");
  return job_id;
}

/** The job's body once its delivery has ended. */
async function delivered(jobId: string): Promise<NonNullable<Job["webhook"]>> {
  return until(
    `the end of the delivery of ${jobId}`,
    async () => {
      const { body } = await call("GET", `${stack.url}/v1/jobs/${jobId}`);
      return body.webhook?.state === "pending" ? undefined : body.webhook;
    },
    50_000,
  );
}

/** What arrived, checked as a receiver checks it. */
function verified({ headers, body }: Received): JobEvent {
  return new Webhook(SECRET).verify(body, headers as Record<string, string>) as JobEvent;
}

describe("a job with a callback_url", () => {
  test("that succeeds tells its receiver, signed over the bytes that came", async () => {
    const jobId = await submit("/succeeded", keplerEvaluation);
    const job = await finished(stack.url, jobId);

    expect(await delivered(jobId)).toEqual({
      id: ids.get(jobId),
      state: "delivered",
      attempts: 1,
      last_status: 200,
      detail: null,
    });
    const [first, ...more] = received("/succeeded") as [Received];
    expect(more).toEqual([]);
    const event = verified(first);
    expect(event).toMatchObject({
      type: "job.succeeded",
      data: { job_id: jobId, kind: "evaluate", status: "succeeded", verdict: job.verdict, error: null, run: 1 },
    });
    expect(event.data.links.self).toBe(job.links.self);
    expect(first.headers["webhook-id"]).toBe(ids.get(jobId));
    expect(first.headers["content-type"]).toBe("application/json");
    expect(() => verified({ ...first, body: first.body.replace("succeeded", "failed") })).toThrow(/signature/);
  });

  test("that fails, or is cancelled, tells it too", async () => {
    const failed = await submit("/failed", { ...keplerEvaluation, law: "T = log(a - 1000)" });
    const cancelled = await submit("/cancelled", longSearch(1_000_000, 5), "discover");
    await call("POST", `${stack.url}/v1/jobs/${cancelled}/cancel`);

    expect(await delivered(failed)).toMatchObject({ state: "delivered" });
    expect(await delivered(cancelled)).toMatchObject({ state: "delivered" });
    expect((await finished(stack.url, cancelled)).status).toBe("cancelled");
    const [news] = received("/failed") as [Received];
    expect(verified(news)).toMatchObject({ type: "job.failed", data: { job_id: failed, error: "law_not_finite", verdict: null } });
    const [other] = received("/cancelled") as [Received];
    expect(verified(other)).toMatchObject({ type: "job.cancelled", data: { job_id: cancelled, kind: "discover", error: null } });
  });

  test("that passes its deadline tells that", async () => {
    const jobId = await submit(
      "/late",
      { ...longSearch(1_000_000, 6), budget: { max_fits: 10_000_000_000, deadline_seconds: 1 } },
      "discover",
    );
    expect(await delivered(jobId)).toMatchObject({ state: "delivered" });
    expect((await finished(stack.url, jobId)).status).toBe("timed_out");
    const [news] = received("/late") as [Received];
    expect(verified(news)).toMatchObject({ type: "job.timed_out", data: { error: "deadline_exceeded" } });
  });

  test("is told again by the same id until it is taken", async () => {
    answers["/busy"] = [503, 429];
    const jobId = await submit("/busy", keplerEvaluation);
    await finished(stack.url, jobId);
    expect(await delivered(jobId)).toMatchObject({ state: "delivered", attempts: 3, last_status: 200 });
    const all = received("/busy");
    expect(new Set(all.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([ids.get(jobId)]));
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    for (const one of all) verified(one);
  });

  test.each([
    [410, "The receiver answered 410: it wants no more."],
    [404, "The receiver answered 404."],
    [307, "The receiver answered 307."],
  ])("is given up for good by an answer of %i", async (status, detail) => {
    const path = `/no-${status}`;
    answers[path] = [status];
    const jobId = await submit(path, keplerEvaluation);
    expect(await delivered(jobId)).toMatchObject({ state: "given_up", attempts: 1, last_status: status, detail });
    expect(received(path)).toHaveLength(1);
    expect(received("/inside")).toEqual([]);
    expect((await finished(stack.url, jobId)).status).toBe("succeeded");
  });

  test("is told by another worker when the first is killed while it delivers", async () => {
    silent.add("/killed");
    const jobId = await submit("/killed", keplerRequest, "discover");
    await until("the first request", () => received("/killed")[0]);
    // The job does not wait for its receiver.
    expect((await finished(stack.url, jobId)).status).toBe("succeeded");
    await worker.end("SIGKILL");
    silent.delete("/killed");
    worker = await stack.startWorker();
    expect(await delivered(jobId)).toMatchObject({ state: "delivered", attempts: 2, last_status: 200 });
    const told = received("/killed").map(({ headers }) => headers["webhook-id"]);
    expect(told).toEqual([ids.get(jobId), ids.get(jobId)]);
  });

  test.each([
    ["http://example.org/hook", "callback_url_not_allowed"],
    ["https://127.0.0.2/hook", "callback_url_not_allowed"],
    ["https://localhost/hook", "callback_url_not_allowed"],
    ["https://me:secret@example.org/hook", "callback_url_not_allowed"],
    ["example.org", "callback_url_not_allowed"],
    ["", "invalid_request"],
  ])("is refused with the address %j", async (callback_url, code) => {
    const body = { ...keplerEvaluation, callback_url };
    const reply = await call<{ code: string; detail: string; errors: { pointer: string }[] }>("POST", `${stack.url}/v1/evaluate_async`, {
      body,
    });
    expect([reply.status, reply.body.code, reply.body.errors[0]?.pointer]).toEqual([422, code, "/callback_url"]);
    expect(reply.body.detail).not.toContain("secret");
  });

  test("is the only kind that pays for it: another has its seven events", async () => {
    const { body } = await call("POST", `${stack.url}/v1/evaluate_async`, { body: { ...keplerEvaluation, reuse: false } });
    await finished(stack.url, body.job_id);
    expect(body.webhook).toBeUndefined();
    const { events } = await stack.client.workflow.getHandle(body.job_id).fetchHistory();
    expect(events).toHaveLength(7);
  });
});

test("the end of a job that was terminated is told once a sweep has found it", async () => {
  await scheduleSweep(stack.client.connection as never, "default");
  const jobId = await submit("/terminated", longSearch(4_000_000, 71), "discover");
  await stack.client.workflow.getHandle(jobId).terminate("no need of it");
  await finished(stack.url, jobId);
  await stack.client.schedule.getHandle(SWEEP_SCHEDULE).trigger();

  expect(await delivered(jobId)).toMatchObject({ state: "delivered", attempts: 1 });
  const [only, ...more] = received("/terminated");
  expect(more).toEqual([]);
  expect(verified(only as Received)).toMatchObject({ type: "job.failed", data: { job_id: jobId, status: "failed", error: "terminated" } });
});
