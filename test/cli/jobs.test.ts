import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RESULT } from "./planets.ts";
import { orrery } from "./run.ts";
import { answersFor, JOB_ID, jobOf, sendEvents, sendJson, sendProblem, startStandIn } from "./stand-in.ts";

let folder: string;
let standIn: Awaited<ReturnType<typeof startStandIn>> | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-cli-"));
  await writeFile(join(folder, "planets.csv"), "a,T\n0.387,87.97\n0.723,224.7\n");
  await writeFile(join(folder, "columns.json"), JSON.stringify({ columns: { a: [1, 2], T: [3, 4] }, units: { a: "AU" } }));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});

async function gateway(...routes: Parameters<typeof startStandIn>) {
  standIn = await startStandIn(...routes);
  return standIn;
}

test("discover uploads a CSV file, lays the options over the request and prints the law", async () => {
  const { url, received } = await gateway();
  const options = ["--target", "T", "--terms", "1, a^p", "--exponent", "p=-4:4:0.25", "--deadline", "15m", "--no-reuse", "--key", "k-1"];
  options.push("--trials", "3", "--noise", "0.01, 0.05", "--max-fits", "1000");
  const { code, out, err } = await orrery(["discover", "planets.csv", ...options], { url, cwd: folder });

  expect({ code, err }).toEqual({ code: 0, err: "job running\njob running, search\njob succeeded\n" });
  expect(out).toContain("T = 365.2 a^1.5");
  const upload = received.find(({ path }) => path === "/v1/datasets");
  expect(upload?.headers["content-type"]).toBe("text/csv");
  expect(upload?.body).toBe("a,T\n0.387,87.97\n0.723,224.7\n");
  const submit = received.find(({ path }) => path === "/v1/discover_async");
  expect(submit?.headers["idempotency-key"]).toBe("k-1");
  expect(JSON.parse(submit?.body ?? "")).toEqual({
    dataset: { source: "stored", dataset_id: `ds_${"1".repeat(64)}` },
    target: "T",
    hypothesis: { terms: ["1", "a^p"], exponents: { p: { from: -4, to: 4, step: 0.25 } } },
    noise: { trials: 3, levels: [0.01, 0.05] },
    budget: { deadline_seconds: 900, max_fits: 1_000 },
    reuse: false,
  });
});

test("--narrative and --callback-url are sent, and the words and the delivery are shown", async () => {
  const webhook = { id: `webhook.${JOB_ID}.1`, state: "pending", attempts: 2, last_status: 503, detail: null } as const;
  const { url, received } = await gateway({
    ...answersFor(jobOf({ result: RESULT, webhook })),
    [`GET /v1/jobs/${JOB_ID}/artifacts/narrative.md`]: (_, response) => response.end("**Accepted**: `T = 365.2 a^1.5`\n"),
  });
  const address = "https://example.org/hooks/orrery";
  for (const [command = "", ...options] of [["discover"], ["evaluate", "--law", "T = a"]]) {
    const args = [command, "columns.json", ...options, "--narrative", "--callback-url", address];
    const { code, out, err } = await orrery(args, { url, cwd: folder });
    expect(code).toBe(0);
    expect(out).toContain("In words\n\n**Accepted**: `T = 365.2 a^1.5`\n");
    expect(err).toContain("Webhook: pending, 2 attempts, last answer 503\n");
    const submit = received.find(({ path }) => path === `/v1/${command}_async`);
    expect(JSON.parse(submit?.body ?? "")).toMatchObject({ narrative: true, callback_url: address });
  }
  expect((await orrery(["status", JOB_ID], { url })).out).toMatch(/^webhook +pending, 2 attempts, last answer 503$/m);
  expect((await orrery(["result", JOB_ID], { url })).err).toContain("Webhook: pending, 2 attempts, last answer 503\n");
});

test.each([
  ["delivered, 1 attempt, last answer 200", { state: "delivered", attempts: 1, last_status: 200, detail: null }],
  [
    "given up, 1 attempt, last answer 404, The receiver answered 404.",
    { state: "given_up", attempts: 1, last_status: 404, detail: "The receiver answered 404." },
  ],
  ["pending", { state: "pending", attempts: 0, last_status: null, detail: null }],
] as const)("status tells of a webhook that it is %s", async (line, delivery) => {
  const { url } = await gateway(answersFor(jobOf({ webhook: { id: `webhook.${JOB_ID}.1`, ...delivery } })));
  expect((await orrery(["status", JOB_ID], { url })).out).toContain(`  ${line}\n`);
});

test("--json prints the server's document of the finished job, byte for byte", async () => {
  const document = `${JSON.stringify(jobOf({ result: RESULT }), null, 3)}\n`;
  const { url } = await gateway({
    [`GET /v1/jobs/${JOB_ID}`]: (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(document),
  });
  const { code, out } = await orrery(["discover", "columns.json", "--json"], { url, cwd: folder });
  expect({ code, out }).toEqual({ code: 0, out: document });
});

test("--save writes the files of the job to a folder, and none outside of it", async () => {
  const artifacts = ["plot.svg", "evidence.json", "../outside.svg"].map((name) => ({ name, content_type: "x/y", bytes: 6, sha256: "0" }));
  const { url } = await gateway({
    [`GET /v1/jobs/${JOB_ID}/artifacts`]: (_, response) => sendJson(response, 200, { artifacts, next_page_token: "" }),
  });
  const { code, err } = await orrery(["discover", "columns.json", "--save", "kept/here"], { url, cwd: folder });
  expect(code).toBe(0);
  expect(await readdir(join(folder, "kept/here"))).toEqual(["evidence.json", "plot.svg"]);
  expect(await readFile(join(folder, "kept/here/plot.svg"), "utf8")).toBe("<svg/>");
  expect(err).toContain(`Saved in ${join(folder, "kept/here")}: plot.svg, evidence.json`);
});

test("columns in JSON, also from standard input, are sent inline", async () => {
  const { url, received } = await gateway();
  const stdin = JSON.stringify({ columns: { a: [1, 2], T: [3, 4] } });
  const { code } = await orrery(["evaluate", "-", "--law", "T = 2*a", "--refit", "--detach"], { url, stdin });
  expect(code).toBe(0);
  const submit = received.find(({ path }) => path === "/v1/evaluate_async");
  expect(JSON.parse(submit?.body ?? "")).toEqual({
    dataset: { source: "inline", columns: { a: [1, 2], T: [3, 4] } },
    law: "T = 2*a",
    constants: "refit",
  });
});

test("--detach prints the id alone and says on standard error how to go on", async () => {
  const { url } = await gateway();
  const { code, out, err } = await orrery(["discover", "columns.json", "--detach", "--url", url], { cwd: folder });
  expect({ code, out }).toEqual({ code: 0, out: `${JOB_ID}\n` });
  expect(err).toContain(`npx orrery watch ${JOB_ID} --url ${url}`);
});

test.each([
  [
    3,
    "is rejected",
    jobOf({ verdict: "rejected", result: { ...RESULT, verdict: "rejected", reasons: ["no_signal"] } }),
    "no sign of a law",
  ],
  [3, "is inconclusive", jobOf({ verdict: "inconclusive", result: { ...RESULT, verdict: "inconclusive" } }), "inconclusive"],
  [2, "was cancelled", jobOf({ status: "cancelled", verdict: null }), "The job was cancelled."],
  [
    2,
    "timed out",
    jobOf({
      status: "timed_out",
      verdict: null,
      error: {
        code: "deadline_exceeded",
        message: "The job had 60 s; ask for more.",
        retryable: false,
        doc: "/docs/errors/deadline_exceeded",
      },
    }),
    "The job timed out. The job had 60 s; ask for more.",
  ],
])("watch ends with %i for a job that %s", async (expected, _, job, sentence) => {
  const { url } = await gateway(answersFor(job));
  const { code, out, err } = await orrery(["watch", JOB_ID], { url });
  expect(code).toBe(expected);
  expect(out + err).toContain(sentence);
});

test("watch resumes a stream that breaks, from the last event that it saw", async () => {
  let connections = 0;
  const { url, received } = await gateway({
    [`GET /v1/jobs/${JOB_ID}/events`]: (_, response) => {
      connections += 1;
      if (connections === 1) {
        sendEvents(response, [["status", { status: "running" }]], 7);
        setImmediate(() => response.destroy());
      } else if (connections === 2) sendProblem(response, "temporal_unavailable", "Temporal does not answer.");
      else sendEvents(response, [["end", { status: "succeeded" }]], 8);
    },
  });
  const { code } = await orrery(["watch", JOB_ID], { url });
  expect(code).toBe(0);
  const streams = received.filter(({ path }) => path.endsWith("/events"));
  expect(streams.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "7", "7"]);
});

test("an interrupt leaves the job running and says how to come back", async () => {
  const streaming = Promise.withResolvers<void>();
  const { url } = await gateway({
    [`GET /v1/jobs/${JOB_ID}/events`]: (_, response) => {
      sendEvents(response, [["status", { status: "running" }]]);
      streaming.resolve();
    },
  });
  const interrupt = new AbortController();
  const running = orrery(["watch", JOB_ID], { url, signal: interrupt.signal });
  await streaming.promise;
  interrupt.abort("SIGINT");
  const { code, err } = await running;
  expect(code).toBe(130);
  expect(err).toContain(`npx orrery cancel ${JOB_ID}`);
});

test("jobs lists one page and passes the filters on", async () => {
  const { url, received } = await gateway();
  const { code, out, err } = await orrery(["jobs", "--kind", "discover", "--verdict", "accepted", "--limit", "2"], { url });
  expect(code).toBe(0);
  expect(received[0]?.path).toBe("/v1/jobs?page_size=2&kind=discover&verdict=accepted");
  expect(out.split("\n")[1]).toMatch(new RegExp(`^${JOB_ID}  discover  succeeded  accepted  .* ago$`));
  expect(err).toContain("--page more");
});

test("status explains why a job waits", async () => {
  const waiting = { reason: "no_worker", since: null, detail: "No worker polls the queue orrery-heavy.", blocked_by: null };
  const { url } = await gateway(answersFor(jobOf({ status: "queued", verdict: null, finished_at: null, waiting })));
  const { code, out, err } = await orrery(["status", JOB_ID], { url });
  expect(code).toBe(0);
  expect(out).toContain("No worker polls the queue orrery-heavy. (no_worker)");
  expect(err).toContain(`npx orrery watch ${JOB_ID}`);
});

test("result of a running job is an error, of a failed one ends with 2", async () => {
  const { url } = await gateway({
    [`GET /v1/jobs/${JOB_ID}/result`]: (_, response) => sendProblem(response, "job_not_finished", "The job is running."),
    "GET /v1/jobs/failed/result": (_, response) => sendProblem(response, "job_has_no_result", "The job failed with worker_lost."),
    "GET /v1/jobs/failed/artifacts/partial.json": (_, response) => sendProblem(response, "artifact_not_found", "There is none."),
  });
  const running = await orrery(["result", JOB_ID], { url });
  expect(running).toEqual({ code: 1, out: "", err: `The job has no result yet. Wait for it:  npx orrery watch ${JOB_ID}\n` });
  const failed = await orrery(["result", "failed"], { url });
  expect(failed.code).toBe(2);
  expect(failed.err).toContain("The job failed with worker_lost.");
});

test("a job that has not failed has no dead letter to show", async () => {
  const { url } = await gateway();
  const { code, out, err } = await orrery(["dead-letters", "show", JOB_ID], { url });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(`The latest run of ${JOB_ID} is succeeded, and only one that failed has a dead letter.`);
});

test("tree lists the parts below one another", async () => {
  const member = (type: string, id: string, name: string, state: string, attempts = 1) => ({
    id,
    type,
    name,
    state,
    attempts,
    error: null,
  });
  const members = [
    member("job", JOB_ID, "discover", "failed"),
    member("activity", `${JOB_ID}/1`, "prepare", "succeeded"),
    member("shard", `${JOB_ID}.shard-000`, "shard-000", "waiting", 0),
    { ...member("activity", `${JOB_ID}.shard-000/1`, "searchShard", "failed", 5), error: "worker_lost" },
  ];
  const { url } = await gateway({
    [`GET /v1/jobs/${JOB_ID}/tree`]: (_, response) => sendJson(response, 200, { job_id: JOB_ID, status: "failed", members }),
  });
  expect((await orrery(["tree", JOB_ID], { url })).out.split("\n")).toEqual([
    "discover         failed     attempt 1",
    "  prepare        succeeded  attempt 1",
    "  shard-000      waiting",
    "    searchShard  failed     attempt 5  worker_lost",
    "",
  ]);
});

test("cancel sums up the parts and lists those that were neither cancelled nor had succeeded", async () => {
  const states = ["cancelled", "cancelling", "cancelled", "succeeded"] as const;
  const shards = states.map((state, index) => ({ id: `s${index}`, type: "shard", name: "discoverShard", state, attempts: 1, error: null }));
  const activity = { id: "s0/1", type: "activity", name: "searchShard", state: "cancelled", attempts: 1, error: null };
  const root = { id: JOB_ID, type: "job", name: "discover", state: "cancelling", attempts: 1, error: null };
  const members = [root, ...shards, activity];
  const receipt = { job_id: JOB_ID, status: "cancelling", requested_at: "2026-11-22T06:00:00.000Z", members };
  const { url } = await gateway({ [`POST /v1/jobs/${JOB_ID}/cancel`]: (_, response) => sendJson(response, 202, receipt) });
  const { code, out } = await orrery(["cancel", JOB_ID], { url });
  expect({ code, out }).toEqual({
    code: 0,
    out: `The job is cancelling.
2 shards cancelled, 1 cancelling, 1 succeeded; 1 activity cancelled.
shard  s1  discoverShard  cancelling
`,
  });
});

test("rerun tells which run began, and with --dry-run what it would reuse", async () => {
  const shard = (name: string, action: string) => ({ id: `${JOB_ID}.run-2.${name}`, type: "shard", name, action });
  const root = { id: JOB_ID, type: "job", name: "discover", action: "rerun" };
  const members = [root, shard("shard-000", "reuse"), shard("shard-001", "rerun")];
  const { url, received } = await gateway({
    [`POST /v1/jobs/${JOB_ID}/rerun`]: ({ body }, response) => {
      const { scope, dry_run } = JSON.parse(body) as { scope: string; dry_run: boolean };
      if (dry_run) sendJson(response, 200, { job_id: JOB_ID, run: 2, scope, dry_run, members });
      else sendJson(response, 202, jobOf({ status: "queued", run: 2 }));
    },
  });

  expect(await orrery(["rerun", JOB_ID, "--dry-run", "--all"], { url })).toEqual({
    code: 0,
    out: "ACTION  WHAT   NAME\nrerun   job    discover\nreuse   shard  shard-000\nrerun   shard  shard-001\n",
    err: `1 of 2 shards are reused, 1 computed.\nStart run 2:  npx orrery rerun ${JOB_ID} --all\n`,
  });
  expect(await orrery(["rerun", JOB_ID], { url })).toEqual({
    code: 0,
    out: "Run 2 of the job is queued.\n",
    err: `See it end:  npx orrery watch ${JOB_ID}\n`,
  });
  expect(received.flatMap(({ body }) => (body === "" ? [] : [JSON.parse(body)]))).toEqual([
    { scope: "all", dry_run: true },
    { scope: "failed", dry_run: false },
  ]);
});

test("an empty list tells the filter that nothing matches", async () => {
  const { url } = await gateway({ "GET /v1/jobs": (_, response) => sendJson(response, 200, { jobs: [], next_page_token: "" }) });
  expect((await orrery(["jobs", "--status", "failed"], { url })).err).toMatch(/^No job matches --status failed\./);
  expect((await orrery(["jobs"], { url })).err).toMatch(/^No jobs\. Submit one/);
});

test("explain prints the reason and what to do", async () => {
  const document = {
    job_id: JOB_ID,
    status: "queued",
    reason: "no_worker",
    since: null,
    detail: "No worker polls the queue orrery-heavy.",
    blocked_by: null,
    action: "Start a worker.",
    queue: null,
    position: null,
    estimate_seconds: null,
    spent: { queued: 72.31, computing: 0.4, backoff: 0, storage: 0.01 },
    history: [],
  };
  const { url } = await gateway({ [`GET /v1/jobs/${JOB_ID}/explain`]: (_, response) => sendJson(response, 200, document) });
  const { code, out } = await orrery(["explain", JOB_ID], { url });
  expect({ code, out }).toEqual({
    code: 0,
    out: "reason  no_worker\ndetail  No worker polls the queue orrery-heavy.\naction  Start a worker.\nspent   1 min 12 s queued, 0.4 s computing\n",
  });
});
