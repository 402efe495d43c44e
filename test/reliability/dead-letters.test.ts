import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterBody, ReplayReply } from "../../src/contract/dead-letter.ts";
import type { Artifact, Job } from "../../src/contract/job.ts";
import { ATTRIBUTES } from "../../src/contract/names.ts";
import { orrery } from "../cli/run.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { hopeless, type LetterOffice, letterIdOf, openOffice } from "../support/letters.ts";
import { keplerEvaluation, longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";
import { compare } from "./exactness.ts";

let stack: Stack;
let worker: Worker;
let office: LetterOffice;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  worker = await stack.startWorker();
  office = await openOffice(stack);
});
afterAll(() => stack.stop());

/** Every job that this file submitted: the ledger outside of the service. */
const ledger: string[] = [];

async function submit(body: object, kind = "discover"): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${kind}_async`, { body, headers: { "idempotency-key": randomUUID() } });
  expect(reply.status).toBe(202);
  ledger.push(reply.body.job_id);
  return reply.body.job_id;
}

async function replay(body: object): Promise<ReplayReply> {
  const reply = await call<ReplayReply>("POST", `${stack.url}/v1/dead-letters/replay`, { body });
  expect(reply.status).toBe(200);
  return reply.body;
}

async function untilComputing(jobId: string): Promise<void> {
  await until("a thread that computes the job", async () => {
    const { computing } = await worker.health();
    return computing.find(({ job_id, fits }) => job_id === jobId && fits > 0);
  });
}

test("a job that fails for good is in the dead letters with its payload, and has an error.json", async () => {
  const jobId = await submit(hopeless, "evaluate");
  const job = await finished(stack.url, jobId);
  expect(job).toMatchObject({ status: "failed", error: { code: "law_not_finite" } });

  const letter = await office.letterOf(jobId);

  expect(letter.dead_letter_id).toBe(await letterIdOf(stack.client, jobId, 1));
  expect(letter).toMatchObject({ run: 1, kind: "evaluate", reason: "refused" });
  expect(letter.first_error).toMatchObject({ code: "law_not_finite", attempt: 1 });
  expect(letter.last_error).toEqual(letter.first_error);
  expect(job.links.dead_letter).toBe(letter.links.self);
  const { body } = await call<{ payload: unknown }>("GET", `${stack.url}/v1/dead-letters/${letter.dead_letter_id}`);
  expect(body.payload).toMatchObject(hopeless);
  const files = await until("error.json", async () => {
    const reply = await call<{ artifacts: Artifact[] }>("GET", `${stack.url}/v1/jobs/${jobId}/artifacts`);
    return reply.body.artifacts.length > 0 ? reply.body.artifacts : undefined;
  });
  const bytes = await (await fetch(`${stack.url}/v1/jobs/${jobId}/artifacts/error.json`)).arrayBuffer();
  expect(files).toMatchObject([{ name: "error.json", bytes: bytes.byteLength }]);
  const error = JSON.parse(Buffer.from(bytes).toString()) as { next_step: string };
  expect(error).toMatchObject({ job_id: jobId, code: "law_not_finite", attempts: 1, partial: [] });
  expect(error.next_step).toMatch(/^Correct the request .* orrery dead-letters show dead-letter\.evaluate-/);
  const { body: jobs } = await call<{ jobs: Job[] }>("GET", `${stack.url}/v1/jobs`);
  expect(jobs.jobs.map(({ job_id }) => job_id)).toEqual([jobId]);
});

test("a dead letter is discarded with a reason, once, and the reason stays", async () => {
  const jobId = await submit(hopeless, "evaluate");
  await finished(stack.url, jobId);
  const url = `${stack.url}/v1/dead-letters/${(await office.letterOf(jobId)).dead_letter_id}`;
  expect((await call("DELETE", url, { body: { reason: "planted" } })).status).toBe(202);

  const read = await until("the resolution", async () => (await call<DeadLetterBody>("GET", url)).body.resolution ?? undefined);

  expect(read).toMatchObject({ resolution: "discarded", reason: "planted" });
  expect((await call<{ code: string }>("DELETE", url, { body: { reason: "again" } })).body.code).toBe("dead_letter_resolved");
  await until("a list without it", async () => ((await office.open()).some(({ job_id }) => job_id === jobId) ? undefined : true));
  ledger.splice(ledger.indexOf(jobId), 1);
});

test("exhausted retries: the store is down, the dead letter tells the first and the last error, and its file follows when the store is back", async () => {
  const mend = await office.breakStore();
  const jobId = await submit(longSearch(100, 3));
  const job = await finished(stack.url, jobId);

  expect(job).toMatchObject({ status: "failed", attempts: 5, error: { code: "store_unavailable" } });
  const letter = await office.letterOf(jobId);
  expect(letter).toMatchObject({ reason: "attempts_exhausted", code: "store_unavailable", attempts: 5, artifact: null });
  const { searchAttributes } = await stack.client.workflow.getHandle(jobId).describe();
  expect(searchAttributes).toMatchObject({ [ATTRIBUTES.error]: ["store_unavailable"], [ATTRIBUTES.attempts]: [5] });
  expect(letter.first_error.attempt).toBe(1);
  expect(letter.last_error.attempt).toBe(5);

  // The worker dies while it tries to write the file.
  await worker.end("SIGKILL");
  await mend();
  worker = await stack.startWorker();
  const whole = await until("error.json", async () => {
    const letter = await office.letterOf(jobId);
    return letter.artifact ? letter : undefined;
  });
  expect(whole.artifact?.name).toBe("error.json");
  expect((await readdir(join(stack.folder, "artifacts/local/errors"))).filter((name) => name.startsWith(jobId))).toEqual([
    `${whole.dead_letter_id.replace("dead-letter.", "")}.json`,
  ]);
}, 120_000);

test("poison: work whose worker dies at every attempt", async () => {
  const jobId = await submit({ ...longSearch(400_000, 4), budget: { max_fits: 10_000_000_000, deadline_seconds: 300 } });
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await untilComputing(jobId);
    await worker.end("SIGKILL");
    worker = await stack.startWorker();
  }
  const job = await finished(stack.url, jobId);

  expect(job).toMatchObject({ status: "failed", error: { code: "worker_lost" } });
  expect(await office.letterOf(jobId)).toMatchObject({ reason: "poison", code: "worker_lost", attempts: 5 });
}, 180_000);

test("what an operator terminates, and what passes its deadline without a worker, the sweep finds, and once", async () => {
  const terminated = await submit({ ...longSearch(4_000_000, 5), budget: { max_fits: 10_000_000_000 } });
  await untilComputing(terminated);
  await stack.client.workflow.getHandle(terminated).terminate("planted");
  await worker.end("SIGKILL");
  const late = await submit({ ...longSearch(100, 6), budget: { deadline_seconds: 1 } });
  await finished(stack.url, late);
  worker = await stack.startWorker();

  // The server's index shows what closed a moment later.
  await until("both in the dead letters", async () => {
    await office.sweep();
    const jobs = (await office.open()).map(({ job_id }) => job_id);
    return jobs.includes(terminated) && jobs.includes(late) ? true : undefined;
  });
  await office.sweep();

  expect(await office.letterOf(terminated)).toMatchObject({
    reason: "terminated",
    code: "terminated",
    message: "An operator terminated the job: planted",
  });
  expect(await office.letterOf(late)).toMatchObject({ reason: "deadline", code: "deadline_exceeded", attempts: 0 });
});

test("a terminated job that runs again before the sweep comes has a dead letter that says so", async () => {
  const jobId = await submit(longSearch(4_000_000, 77));
  await stack.client.workflow.getHandle(jobId).terminate();
  expect((await finished(stack.url, jobId)).error?.code).toBe("terminated");
  const rerun = await call("POST", `${stack.url}/v1/jobs/${jobId}/rerun`);
  expect([rerun.status, rerun.body.run]).toEqual([202, 2]);

  await office.sweep();

  const letter = stack.client.workflow.getHandle(await letterIdOf(stack.client, jobId, 1));
  expect(await letter.result()).toMatchObject({ resolution: "rerun", job_id: jobId, reason: "run 2" });
  await call("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
  expect((await finished(stack.url, jobId)).status).toBe("cancelled");
});

test("a replay is checked first, then becomes a new job with a patch, and a second one makes no second job", async () => {
  const late = (await office.open("&reason=deadline"))[0];
  const ids = [late?.dead_letter_id ?? ""];
  const patch = { budget: { deadline_seconds: 100 } };
  const wrong = await replay({ ids, dry_run: true, patch: { budget: { deadline_seconds: -1 } } });
  expect(wrong.replays).toMatchObject([{ state: "refused", job_id: null, error: { code: "invalid_request" } }]);
  const dry = await replay({ ids, dry_run: true, patch });
  expect(dry.replays).toMatchObject([{ state: "would_replay" }]);
  expect((await call("GET", `${stack.url}/v1/jobs/${dry.replays[0]?.job_id}`)).status).toBe(404);

  const { replays } = await replay({ ids, patch });
  const again = await replay({ ids, patch });

  expect(again.replays[0]?.job_id).toBe(replays[0]?.job_id);
  expect(replays[0]?.job_id).toBe(dry.replays[0]?.job_id);
  ledger.push(replays[0]?.job_id ?? "");
  const job = await finished(stack.url, replays[0]?.job_id ?? "");
  expect(job).toMatchObject({ status: "succeeded", replayed_from: ids[0] });
  const resolved = await until("the resolution", async () => {
    const { body } = await call<DeadLetterBody>("GET", `${stack.url}/v1/dead-letters/${ids[0]}`);
    return body.resolution ?? undefined;
  });
  expect(resolved).toMatchObject({ resolution: "replayed", job_id: job.job_id, patch });
  expect(Date.parse(resolved.at ?? "")).toBeGreaterThan(Date.parse(job.created_at) - 1_000);
  ledger.splice(ledger.indexOf(late?.job_id ?? ""), 1);
});

test("a replay at a rate leaves the pauses to the server", async () => {
  const { replays } = await replay({ filter: { code: "law_not_finite" }, rate: 1, dry_run: true });
  const { replays: more } = await replay({ filter: {}, rate: 0.1, dry_run: true });

  expect(replays).toHaveLength(1);
  const starts = more.filter(({ starts_at }) => starts_at !== null).map(({ starts_at }) => Date.parse(starts_at ?? ""));
  expect(starts.length).toBeGreaterThan(2);
  // Those of a batch are checked side by side, one a few milliseconds sooner than the other.
  for (const [index, start] of starts.slice(1).entries()) expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(9_000);
});

test("a replay that starts later than its deadline would be has the whole of its time then", async () => {
  const jobs = [await submit(hopeless, "evaluate"), await submit(hopeless, "evaluate")];
  for (const id of jobs) await finished(stack.url, id);
  const ids = await Promise.all(jobs.map(async (id) => (await office.letterOf(id)).dead_letter_id));

  const { replays } = await replay({ ids, rate: 0.2, patch: { law: "y = x", budget: { deadline_seconds: 2 } } });

  const replayed = await Promise.all(replays.map(({ job_id }) => finished(stack.url, job_id ?? "")));
  expect(replayed.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  await until("a list without them", async () => ((await office.open()).some(({ job_id }) => jobs.includes(job_id)) ? undefined : true));
  ledger.splice(0, ledger.length, ...ledger.filter((id) => !jobs.includes(id)), ...replayed.map(({ job_id }) => job_id));
}, 120_000);

test("a job whose replay is delayed says so, and can be cancelled before it starts", async () => {
  const jobs = [await submit(hopeless, "evaluate"), await submit(hopeless, "evaluate")];
  for (const id of jobs) await finished(stack.url, id);
  const ids = await Promise.all(jobs.map(async (id) => (await office.letterOf(id)).dead_letter_id));
  const { replays } = await replay({ ids, rate: 0.02, patch: { law: "y = x" } });
  const [first = "", second = ""] = replays.map(({ job_id }) => job_id ?? "");
  expect((await finished(stack.url, first)).status).toBe("succeeded");

  const { body: waiting } = await call("GET", `${stack.url}/v1/jobs/${second}`);
  await call("POST", `${stack.url}/v1/jobs/${second}/cancel`);

  expect(waiting).toMatchObject({ status: "queued", waiting: { reason: "delayed" }, replayed_from: ids[1] });
  expect((await finished(stack.url, second)).status).toBe("cancelled");
  await until("a list without them", async () => ((await office.open()).some(({ job_id }) => jobs.includes(job_id)) ? undefined : true));
  ledger.splice(0, ledger.length, ...ledger.filter((id) => !jobs.includes(id)), first, second);
}, 120_000);

test("the command line lists, shows, replays and discards", async () => {
  const jobId = await submit(hopeless, "evaluate");
  await finished(stack.url, jobId);
  const { dead_letter_id: id } = await office.letterOf(jobId);
  const type = (...words: string[]) => orrery(["dead-letters", ...words], { url: stack.url });

  expect((await type("--reason", "refused")).out).toContain(id);
  const shown = await type("show", jobId);
  expect(shown.out).toContain(id);
  expect(shown.out).toContain("refused (law_not_finite), after 1 attempt");
  expect(shown.out).toContain('"law": "y = log(x)"');
  const told = await orrery(["status", jobId], { url: stack.url });
  expect(told.out).toContain(id);
  expect(told.err).toMatch(new RegExp(`^Next:  Correct the request .*\\n +npx orrery dead-letters show ${id}\\n$`));
  const explained = await orrery(["explain", jobId], { url: stack.url });
  expect(explained.out).toContain("(law_not_finite)");
  expect(explained.err).toContain(`npx orrery dead-letters show ${id}`);
  const replayed = await type("replay", id, "--dry-run", "--patch", '{"law":"y = x"}');
  expect(replayed).toMatchObject({ code: 0, out: expect.stringContaining("would_replay") as string });
  expect((await type("replay", "dead-letter.evaluate-0.1")).code).toBe(1);
  expect((await type("discard", jobId, "--reason", "seen")).out).toBe(`${id} is discarded.\n`);
  const resolved = () => type("--resolved", "--job", jobId, "--since", new Date().toISOString().slice(0, 10));
  const line = await until("the list of the resolved", async () => (await resolved()).out.split("\n").find((each) => each.startsWith(id)));
  expect(line).toMatch(/refused {2}law_not_finite +1 {2}discarded/);
  await until("a list without it", async () => ((await office.open()).some(({ job_id }) => job_id === jobId) ? undefined : true));
  ledger.splice(ledger.indexOf(jobId), 1);
});

test("failed jobs and dead letters are the same set", async () => {
  await submit({ ...longSearch(4_000_000, 8), budget: { max_fits: 10_000_000_000, deadline_seconds: 4 } });
  const succeeded = await submit(keplerEvaluation, "evaluate");
  await finished(stack.url, succeeded);
  const cancelled = await submit({ ...longSearch(4_000_000, 7), budget: { max_fits: 10_000_000_000 } });
  await untilComputing(cancelled);
  await call("POST", `${stack.url}/v1/jobs/${cancelled}/cancel`);
  const jobs = await Promise.all(ledger.map((id) => finished(stack.url, id)));
  await office.sweep();

  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(["succeeded", "failed", "cancelled", "timed_out"]));
  expect(compare(jobs, await office.open())).toEqual({ missing: [], false: [], doubled: [] });
});

describe("the comparison catches", () => {
  const jobs = [
    { job_id: "a", status: "succeeded" },
    { job_id: "b", status: "failed" },
    { job_id: "c", status: "timed_out" },
    { job_id: "d", status: "cancelled" },
  ];
  const letters = [
    { job_id: "b", run: 1 },
    { job_id: "c", run: 1 },
  ];

  test("nothing where nothing is wrong", () => {
    expect(compare(jobs, letters)).toEqual({ missing: [], false: [], doubled: [] });
  });

  test("a failed job without a dead letter", () => {
    expect(compare(jobs, letters.slice(1))).toMatchObject({ missing: ["b"] });
  });

  test("a dead letter of a job that succeeded, was cancelled or never was", () => {
    expect(compare(jobs, [...letters, ...["a", "d", "x"].map((job_id) => ({ job_id, run: 1 }))])).toMatchObject({ false: ["a", "d", "x"] });
  });

  test("two of one run", () => {
    expect(compare(jobs, [...letters, { job_id: "c", run: 1 }])).toMatchObject({ doubled: ["c.1"] });
  });
});
