import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { explanation, type Job, job, type Member } from "../../src/contract/job.ts";
import { LOCAL_TENANT } from "../../src/contract/names.ts";
import { until } from "../support/child.ts";
import { call } from "../support/http.ts";
import { keplerEvaluation, keplerRequest, longSearch } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { result, storedSummary } from "./summaries.ts";

let bench: Bench;
let opened: string[];
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
beforeEach(() => {
  opened = [];
});
// The queues are shared by the tests of this file, so none may leave a task behind.
afterEach(async () => {
  for (const id of opened)
    await bench.client.workflow
      .getHandle(id)
      .terminate()
      .catch(() => undefined);
});

async function submit(kind: "discover" | "evaluate" = "discover", body: object = kind === "discover" ? keplerRequest : keplerEvaluation) {
  const reply = await call("POST", `${bench.url}/v1/${kind}_async`, { body: { ...body, reuse: false } });
  opened.push(reply.body.job_id);
  return reply.body.job_id;
}
const read = (jobId: string, rest = "", headers = {}) => call("GET", `${bench.url}/v1/jobs/${jobId}${rest}`, { headers });
const explain = async (jobId: string) => explanation.parse((await call<object>("GET", `${bench.url}/v1/jobs/${jobId}/explain`)).body);
const tree = async (jobId: string) => (await call<{ members: Member[] }>("GET", `${bench.url}/v1/jobs/${jobId}/tree`)).body.members;

describe("an open job", () => {
  test("is queued while no worker has taken its first task, and explain says that there is none", async () => {
    const jobId = await submit();

    expect((await read(jobId)).body.status).toBe("queued");
    expect(await explain(jobId)).toMatchObject({
      status: "queued",
      reason: "no_worker",
      blocked_by: "queue:orrery-control",
      queue: { name: "orrery-control", pollers: 0, backlog: 1 },
      detail: expect.stringMatching(
        /^The server knows of no worker for orrery-control at present;.* Its place is 1 at most: .*approximate/,
      ),
      position: 1,
      estimate_seconds: null,
      history: [],
    });
  });

  test("is queued while its activity waits, running with progress while it works, and in backoff after a failed attempt", async () => {
    const jobId = await submit();
    await bench.hand.schedule("discover", "light");

    expect((await read(jobId)).body).toMatchObject({ status: "queued", attempts: 0, started_at: null });
    expect(await explain(jobId)).toMatchObject({ reason: "no_worker", blocked_by: "queue:orrery-light" });

    const activity = await bench.hand.activity("light");
    await activity.heartbeat({ phase: "search", done: 12, total: 40 });
    const running = (await read(jobId)).body;
    expect(running).toMatchObject({
      status: "running",
      attempts: 1,
      waiting: null,
      progress: { phase: "search", done: 12, total: 40, fraction: 0.3 },
    });
    expect(running.progress?.eta_seconds).toEqual(expect.any(Number));
    expect(running.started_at).not.toBeNull();
    expect(await explain(jobId)).toMatchObject({
      reason: "running",
      detail: "discover is at work, attempt 1.",
      position: null,
      estimate_seconds: expect.any(Number),
    });
    expect(await tree(jobId)).toEqual([
      { id: jobId, type: "job", name: "discover", state: "running", attempts: 1, error: null },
      { id: `${jobId}/1`, type: "activity", name: "discover", state: "running", attempts: 1, error: null },
    ]);

    await activity.failOnce("store_unavailable");
    const waiting = (await read(jobId)).body;
    expect(waiting).toMatchObject({ status: "running", attempts: 1, waiting: { reason: "backoff", blocked_by: "activity:discover" } });
    expect(waiting.waiting?.detail).toMatch(/failed \(store_unavailable\); attempt 2 of 5 begins at 20/);
    expect((await tree(jobId))[1]).toMatchObject({ state: "backoff", attempts: 1, error: "store_unavailable" });
    const { position, estimate_seconds: pause } = await explain(jobId);
    expect(position).toBeNull();
    expect(pause).toBeGreaterThan(10);
    expect(pause).toBeLessThanOrEqual(20);
  });

  test("of several activities began with the first of them, and its attempts never go down", async () => {
    const jobId = await submit();
    await bench.hand.schedule("prepare", "control");
    const prepare = await bench.hand.activity("control");
    const { started_at } = (await read(jobId)).body;
    expect(started_at).not.toBeNull();

    await prepare.complete();
    expect((await read(jobId)).body).toMatchObject({ status: "running", attempts: 1, started_at });

    await bench.hand.schedule("judge", "heavy");
    expect((await read(jobId)).body).toMatchObject({ status: "running", attempts: 1, started_at });

    const judge = await bench.hand.activity("heavy");
    expect((await read(jobId)).body).toMatchObject({ status: "running", attempts: 1, started_at });
    await judge.complete();
  });

  test("that is terminated at its first attempt has begun all the same", async () => {
    const jobId = await submit();
    await bench.hand.schedule("discover", "light");
    await bench.hand.activity("light");
    const { started_at } = (await read(jobId)).body;

    await bench.client.workflow.getHandle(jobId).terminate("planted");

    expect(started_at).not.toBeNull();
    expect((await read(jobId)).body).toMatchObject({ status: "failed", started_at });
  });

  test("has no result yet", async () => {
    const jobId = await submit();
    const { status, headers, body } = await call<{ code: string }>("GET", `${bench.url}/v1/jobs/${jobId}/result`);

    expect(status).toBe(409);
    expect(headers.get("retry-after")).toBe("1");
    expect(body.code).toBe("job_not_finished");
  });

  test("of many shards lists each of them, started or not", async () => {
    const jobId = await submit("discover", longSearch(1_000_000));
    const members = await tree(jobId);

    expect(members.filter(({ type }) => type === "shard").length).toBeGreaterThan(1);
    expect(new Set(members.filter(({ type }) => type === "shard").map(({ state }) => state))).toEqual(new Set(["waiting"]));
  });

  test("is cancelling from the request on, with a true receipt, and asking again changes nothing", async () => {
    const jobId = await submit();

    const first = await call<{ status: string; members: Member[] }>("POST", `${bench.url}/v1/jobs/${jobId}/cancel`);
    const second = await call<{ status: string }>("POST", `${bench.url}/v1/jobs/${jobId}/cancel`);

    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body).toMatchObject({ job_id: jobId, status: "cancelling", members: [{ id: jobId, state: "cancelling" }] });
    expect((await read(jobId)).body.status).toBe("cancelling");
    expect(await explain(jobId)).toMatchObject({ reason: "cancelling", status: "cancelling" });

    await bench.hand.cancel();
    await until("the end", async () => (await read(jobId)).body.status === "cancelled" || undefined);
    const late = await call<{ code: string }>("POST", `${bench.url}/v1/jobs/${jobId}/cancel`);
    expect([late.status, late.body.code]).toEqual([409, "job_already_finished"]);
    expect(await explain(jobId)).toMatchObject({ reason: "finished", status: "cancelled" });
  });

  test("that stops while its receipt is written is cancelled in the receipt", async () => {
    const jobId = await submit();

    const receipt = call<{ status: string }>("POST", `${bench.url}/v1/jobs/${jobId}/cancel`);
    await until("the request", async () => (await read(jobId)).body.status === "cancelling" || undefined);
    await bench.hand.cancel();

    expect((await receipt).body.status).toBe("cancelled");
  });
});

describe("a finished job", () => {
  test("shows its result on demand, alone, and as a file", async () => {
    const jobId = await submit("evaluate");
    const summary = await storedSummary(bench.dataDir, { large: true });
    await bench.hand.succeed(summary);

    const plain = await until("the end", async () => {
      const { body } = await read(jobId);
      return body.status === "succeeded" ? body : undefined;
    });
    expect(job.parse(plain)).toMatchObject({
      verdict: "rejected",
      attempts: 2,
      result: null,
      progress: null,
    });
    // A job that computes within its first workflow task began with it, by the server's clock.
    expect(plain.started_at).not.toBeNull();
    const times = [plain.created_at, plain.started_at, plain.finished_at];
    expect(times).toEqual(times.toSorted((one, other) => Date.parse(one ?? "") - Date.parse(other ?? "")));
    expect((await read(jobId, "?include_result=true")).body.result).toEqual(result);
    expect((await read(jobId, "/result")).body).toEqual(result);

    const list = await call<{ artifacts: object[] }>("GET", `${bench.url}/v1/jobs/${jobId}/artifacts`);
    const [file] = summary.artifacts;
    expect(list.body.artifacts).toEqual([
      { name: "result.json", content_type: "application/json", bytes: file?.bytes, sha256: file?.sha256 },
    ]);
    const download = await read(jobId, "/artifacts/result.json");
    expect(download.headers.get("etag")).toBe(`"${file?.sha256}"`);
    expect(download.headers.get("content-type")).toBe("application/json");
    expect(download.body).toEqual(result);
    expect((await read(jobId, "/artifacts/result.json", { "if-none-match": `"${file?.sha256}"` })).status).toBe(304);
    const missing = await call<{ code: string }>("GET", `${bench.url}/v1/jobs/${jobId}/artifacts/..%2Fsecret`);
    expect([missing.status, missing.body.code]).toEqual([404, "artifact_not_found"]);
  });

  test("that failed has its error and no result", async () => {
    const jobId = await submit();
    await bench.hand.fail("budget_exceeded", "The search needs 9 fits; the budget allows 8.");

    const { body } = await until("the end", async () => {
      const reply = await read(jobId);
      return reply.body.status === "failed" ? reply : undefined;
    });
    expect(body).toMatchObject({
      attempts: 3,
      error: { code: "budget_exceeded", message: "The search needs 9 fits; the budget allows 8." },
    });
    const alone = await call<{ code: string }>("GET", `${bench.url}/v1/jobs/${jobId}/result`);
    expect([alone.status, alone.body.code]).toEqual([409, "job_has_no_result"]);
  });

  test("whose deadline passed in its workflow is timed out", async () => {
    const jobId = await submit();
    await bench.hand.fail("deadline_exceeded", "The job did not finish before its deadline.");
    await expect.poll(async () => (await read(jobId)).body.status).toBe("timed_out");
  });

  test("whose deadline passed while nobody served it is timed out", async () => {
    const jobId = await submit("discover", { ...keplerRequest, budget: { deadline_seconds: 1 } });
    await expect.poll(async () => (await read(jobId)).body.status, { timeout: 10_000 }).toBe("timed_out");
    expect((await read(jobId)).body.error?.code).toBe("deadline_exceeded");
  });

  test("that an operator terminated says so", async () => {
    const jobId = await submit();
    await bench.client.workflow.getHandle(jobId).terminate("disk is full");

    expect((await read(jobId)).body).toMatchObject({
      status: "failed",
      error: { code: "terminated", message: "An operator terminated the job: disk is full" },
    });
  });
});

describe("a reader", () => {
  test("gets 304 while nothing changed, and the new state when something did", async () => {
    const jobId = await submit();
    let known = "";
    const same = await until("two looks at one state", async () => {
      const before = known;
      const reply = await read(jobId, "", { ...(before && { "if-none-match": before }) });
      known = reply.headers.get("etag") ?? "";
      return reply.status === 304 ? { before, reply } : undefined;
    });
    expect(same.reply.headers.get("etag")).toBe(same.before);

    await bench.client.workflow.getHandle(jobId).terminate();
    expect((await read(jobId, "", { "if-none-match": known })).status).toBe(200);
  });

  test("that waits is answered when the state changes, and with 304 when it does not", async () => {
    const jobId = await submit();
    // A job that was accepted a moment ago finds out only then that it waits for a worker: that is a change too.
    let known = "";
    const unchanged = await until("a state that lasts", async () => {
      const reply = await read(jobId, "", { ...(known && { "if-none-match": known }), prefer: "wait=2" });
      known = reply.headers.get("etag") ?? "";
      return reply.status === 304 ? reply : undefined;
    });
    expect(unchanged.headers.get("preference-applied")).toBe("wait=2");

    const waiting = read(jobId, "", { "if-none-match": known, prefer: "wait=30" });
    await bench.client.workflow.getHandle(jobId).terminate();
    expect((await waiting).body.status).toBe("failed");
  });

  test("does not find workflows that are no jobs, jobs of others, or nonsense", async () => {
    const options = { taskQueue: "elsewhere", args: [] };
    const wholeMemo = {
      ...{ kind: "discover", accepted_at: 0, path: "single", schema_version: 2, request_hash: "sha256:0", deadline_at: 1 },
    };
    await bench.client.workflow.start("other", { ...options, workflowId: "discover-nobodys" });
    await bench.client.workflow.start("other", {
      ...options,
      workflowId: "discover-anothers",
      memo: { ...wholeMemo, tenant: `not-${LOCAL_TENANT}` },
    });
    await bench.client.workflow.start("other", {
      ...options,
      workflowId: "discover-partial",
      memo: { kind: "discover", tenant: LOCAL_TENANT },
    });

    for (const id of ["discover-nobodys", "discover-anothers", "discover-partial", "discover-never", "x", "%00", "a".repeat(2_000)]) {
      for (const rest of ["", "/status", "/result", "/events", "/tree", "/explain", "/artifacts", "/artifacts/x"]) {
        const { status, body } = await call<{ code: string }>("GET", `${bench.url}/v1/jobs/${id}${rest}`);
        expect([id, rest, status, body.code]).toEqual([id, rest, 404, "job_not_found"]);
      }
      expect((await call<Job>("POST", `${bench.url}/v1/jobs/${id}/cancel`)).status).toBe(404);
    }
  });
});
