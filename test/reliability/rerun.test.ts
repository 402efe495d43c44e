import { randomUUID } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterBody } from "../../src/contract/dead-letter.ts";
import type { Artifact, Job, Member, RerunPlan } from "../../src/contract/job.ts";
import { tgefdBase } from "../contract/tgefd-documents.ts";
import { until } from "../support/child.ts";
import { CERTIFICATE, type FileServer, serveFiles } from "../support/file-server.ts";
import { call, finished, type Reply } from "../support/http.ts";
import { letterIdOf } from "../support/letters.ts";
import { keplerEvaluation, keplerRequest, longSearch, planets } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let files: FileServer;
/** What the addresses of datasets give at the moment. */
let served: string | undefined;
let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  files = await serveFiles((_, response) => {
    response.writeHead(served === undefined ? 404 : 200, { "content-type": "text/csv" }).end(served);
  });
  stack = await startStack({ worker: false, env: { ORRERY_URI_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: CERTIFICATE } });
  worker = await stack.startWorker();
});
afterAll(async () => {
  await stack.stop();
  await files.close();
});

async function submit(body: object, kind = "discover", headers: Record<string, string> = {}): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${kind}_async`, {
    body: { ...body, ...(!("run" in body) && { reuse: false }) },
    headers,
  });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}
const rerun = <T = Job & { code: string }>(jobId: string, body?: object): Promise<Reply<T>> =>
  call<T>("POST", `${stack.url}/v1/jobs/${jobId}/rerun`, body && { body });
const plan = async (jobId: string, scope = "failed") => (await rerun<RerunPlan>(jobId, { scope, dry_run: true })).body;
const shardsOf = async (jobId: string) =>
  (await call<{ members: Member[] }>("GET", `${stack.url}/v1/jobs/${jobId}/tree`)).body.members.filter(({ type }) => type === "shard");

/** Runs that the server ever had under the id of a job. */
async function runsOf(jobId: string): Promise<string[]> {
  const runs: string[] = [];
  for await (const { runId } of stack.client.workflow.list({ query: `WorkflowId = "${jobId}"` })) runs.push(runId);
  return runs;
}

/** Runs the ended job once more and waits for the end of that run. */
async function again(jobId: string, run: number, scope = "failed"): Promise<Job> {
  const { status, headers, body } = await rerun(jobId, { scope });
  expect([status, body.run, body.status, body.job_id]).toEqual([202, run, "queued", jobId]);
  expect(headers.get("location")).toBe(`/v1/jobs/${jobId}`);
  return finished(stack.url, jobId);
}

const csv = (factor: number) => `a,T\n${planets.a.map((a, row) => `${a},${factor * (planets.T[row] ?? 0)}`).join("\n")}\n`;
async function upload(text: string): Promise<string> {
  const reply = await fetch(`${stack.url}/v1/datasets`, { method: "POST", body: text, headers: { "content-type": "text/csv" } });
  return ((await reply.json()) as { dataset_id: string }).dataset_id;
}
const byUri = () => ({ dataset: { source: "uri", uri: `https://127.0.0.1:${files.port}/planets.csv` } });

describe("a rerun", () => {
  test("of a cancelled job in shards reuses those that were completed, and finds what it finds anew", async () => {
    const body = longSearch(1_000_000, 41);
    const headers = { "idempotency-key": randomUUID() };
    const jobId = await submit(body, "discover", headers);
    const folder = join(stack.folder, "artifacts/local/shards");
    const stored = () => readdir(folder).catch(() => []);
    await until("the first stored shard", async () => ((await stored()).length > 0 ? true : undefined));
    await call("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
    expect(await finished(stack.url, jobId)).toMatchObject({ status: "cancelled", run: 1 });
    const kept = await stored();

    const planned = await plan(jobId);

    const actions = planned.members.filter(({ type }) => type === "shard").map(({ action }) => action);
    expect(planned).toMatchObject({ job_id: jobId, run: 2, scope: "failed", dry_run: true });
    expect(planned.members[0]).toEqual({ id: jobId, type: "job", name: "discover", action: "rerun" });
    expect(actions.length).toBeGreaterThan(kept.length);
    expect(actions.filter((action) => action === "reuse")).toHaveLength(kept.length);
    expect((await plan(jobId, "all")).members.map(({ action }) => action)).not.toContain("reuse");
    // A plan starts nothing.
    expect((await call("GET", `${stack.url}/v1/jobs/${jobId}`)).body.run).toBe(1);

    const job = await again(jobId, 2);
    expect(job).toMatchObject({ status: "succeeded", run: 2 });
    expect(await stored()).toHaveLength(actions.length);
    const shards = await shardsOf(jobId);
    expect(shards.map(({ id }) => id)).toEqual(planned.members.slice(1).map(({ id }) => id));
    expect(shards.every(({ state }) => state === "succeeded")).toBe(true);

    const whole = await again(jobId, 3, "all");
    expect(whole).toMatchObject({ status: "succeeded", run: 3 });
    expect(whole.result).toEqual(job.result);

    // The key still names the job, and the job is its latest run.
    const replayed = await call("POST", `${stack.url}/v1/discover_async`, { body: { ...body, reuse: false }, headers });
    expect(replayed.headers.get("idempotent-replayed")).toBe("true");
    expect(replayed.body).toMatchObject({ job_id: jobId, run: 3, status: "succeeded", created_at: job.created_at });
  }, 120_000);

  test("succeeds after a failure, a termination and a deadline, for every kind of job", async () => {
    await worker.end("SIGTERM");
    served = undefined;
    const columns = await upload(csv(1));
    const stored = { dataset: { source: "stored", dataset_id: columns } };
    const [discover, evaluate, tgefd, late, fetched] = await Promise.all([
      submit({ ...stored, seed: 43 }),
      submit({ ...stored, law: "T = 365.2*a^1.5", seed: 43 }, "evaluate"),
      submit(tgefdBase, "discover", { "idempotency-key": randomUUID() }),
      submit({ ...keplerRequest, budget: { deadline_seconds: 4 } }),
      submit(byUri()),
    ]);
    const file = join(stack.folder, "artifacts/local/datasets", columns.slice(3));
    await rename(file, `${file}.away`);
    await stack.client.workflow.getHandle(tgefd).terminate("to see it again");
    const timedOut = await finished(stack.url, late);
    expect(timedOut.status).toBe("timed_out");
    worker = await stack.startWorker();
    const ended = await Promise.all([discover, evaluate, tgefd, fetched].map((id) => finished(stack.url, id)));
    expect(ended.map(({ error }) => error?.code)).toEqual(["dataset_not_found", "dataset_not_found", "terminated", "dataset_uri_refused"]);

    await rename(`${file}.away`, file);
    served = csv(1);
    for (const jobId of [discover, evaluate, tgefd, late, fetched]) {
      const job = await again(jobId, 2);
      expect(job).toMatchObject({ job_id: jobId, status: "succeeded", run: 2, error: null });
      expect(job.deadline_at > timedOut.deadline_at).toBe(true);
    }
  });

  test("resolves the dead letter of the run before it, and a second failure has one of its own", async () => {
    const jobId = await submit(
      { dataset: { source: "inline", columns: { x: [-1, 1, 2, 3], y: [1, 2, 3, 4] } }, law: "y = log(x)" },
      "evaluate",
    );
    const failed = await finished(stack.url, jobId);
    expect(failed.error?.code).toBe("law_not_finite");
    const left = `${stack.url}${failed.links.dead_letter}/artifacts`;
    const named = async () => (await call<{ artifacts: Artifact[] }>("GET", left)).body.artifacts.map(({ name }) => name);
    await until("its file", async () => ((await named()).length > 0 ? true : undefined));

    expect(await again(jobId, 2)).toMatchObject({ status: "failed", run: 2, error: { code: "law_not_finite" } });

    const first = stack.client.workflow.getHandle(await letterIdOf(stack.client, jobId, 1));
    expect(await first.result()).toMatchObject({ resolution: "rerun", job_id: jobId });
    const second = await stack.client.workflow.getHandle(await letterIdOf(stack.client, jobId, 2)).describe();
    expect([second.status.name, second.memo?.run]).toEqual(["RUNNING", 2]);

    // What the first run left is still there, and found.
    expect(await named()).toEqual(["error.json"]);
    expect((await call("GET", `${left}/error.json`)).body).toMatchObject({ job_id: jobId, run: 1, code: "law_not_finite" });
    expect((await call<{ code: string }>("GET", `${left}/result.json`)).body.code).toBe("artifact_not_found");
    const listed = await until("the list of the resolved", async () => {
      const { body } = await call<{ dead_letters: DeadLetterBody[] }>("GET", `${stack.url}/v1/dead-letters?state=resolved`);
      return body.dead_letters.find(({ job_id }) => job_id === jobId);
    });
    expect(listed).toMatchObject({
      run: 1,
      resolution: { resolution: "rerun", reason: "run 2" },
      links: { artifacts: new URL(left).pathname },
    });
  });

  test("waits in its queue as any other run does, and says so", async () => {
    const failed = await submit(longSearch(250_000, 46));
    await stack.client.workflow.getHandle(failed).terminate();
    await finished(stack.url, failed);
    await worker.end("SIGKILL");
    worker = await stack.startWorker({ pools: "control" });
    expect((await rerun(failed)).status).toBe(202);

    await until("work that waits for its pool", async () => {
      const { raw } = await stack.client.workflow.getHandle(failed).describe();
      return raw.pendingActivities?.length ? true : undefined;
    });

    const { body: waiting } = await call<Job>("GET", `${stack.url}/v1/jobs/${failed}`);
    expect(waiting).toMatchObject({ status: "queued", attempts: 0, started_at: null, run: 2 });
    await worker.end("SIGKILL");
    worker = await stack.startWorker();
    expect(await finished(stack.url, failed)).toMatchObject({ status: "succeeded", attempts: 1, run: 2 });
  });

  test("works on the table that was fetched, whatever the address gives now", async () => {
    served = csv(1);
    const jobId = await submit(byUri());
    const first = await finished(stack.url, jobId);
    served = csv(2);
    const asked = files.asked.length;

    const second = await again(jobId, 2, "all");

    expect(second.result).toEqual(first.result);
    expect(second.dataset).toEqual(first.dataset);
    expect(second.dataset).toBeDefined();
    expect(files.asked.length).toBe(asked);
  });

  test("is refused while the job runs, of a job that succeeded, and of one that is not known", async () => {
    const running = await submit(longSearch(4_000_000, 44));
    const early = await rerun(running);
    expect([early.status, early.body.code]).toEqual([409, "job_not_finished"]);
    await call("POST", `${stack.url}/v1/jobs/${running}/cancel`);
    const done = await submit(keplerEvaluation, "evaluate");
    await finished(stack.url, done);
    for (const dry_run of [false, true]) {
      const needless = await rerun(done, { dry_run });
      expect([needless.status, needless.body.code]).toEqual([409, "nothing_to_rerun"]);
    }
    const wrong = await rerun(done, { scope: "some" });
    expect([wrong.status, wrong.body.code]).toEqual([422, "invalid_request"]);

    const unknown = await rerun(`evaluate-${randomUUID()}`);
    expect([unknown.status, unknown.body.code]).toEqual([404, "job_not_found"]);
  });

  test("that is asked for many times at once is one run, and the job is listed once", async () => {
    const jobId = await submit(longSearch(4_000_000, 45));
    await stack.client.workflow.getHandle(jobId).terminate();
    expect((await finished(stack.url, jobId)).error?.code).toBe("terminated");

    const replies = await Promise.all(Array.from({ length: 20 }, () => rerun(jobId)));

    for (const { status, body } of replies) expect(status === 202 ? body.run : body.code).toEqual(status === 202 ? 2 : "job_not_finished");
    expect(replies.map(({ status }) => status)).toContain(202);
    await expect.poll(() => runsOf(jobId)).toHaveLength(2);
    const list = await call<{ jobs: Job[] }>("GET", `${stack.url}/v1/jobs?page_size=100`);
    expect(list.body.jobs.filter(({ job_id }) => job_id === jobId).map(({ run }) => run)).toEqual([2]);
    await call("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
    await finished(stack.url, jobId);
  });
});
