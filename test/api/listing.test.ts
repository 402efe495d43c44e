import { afterAll, beforeAll, expect, test } from "vitest";
import { jobList } from "../../src/contract/job.ts";
import { until } from "../support/child.ts";
import { call } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { storedSummary } from "./summaries.ts";

let bench: Bench;
const ids: Record<string, string> = {};
const started = new Date().toISOString();

/** One job in each state, in this order. */
beforeAll(async () => {
  bench = await startBench();
  const submit = async (name: string, kind: "discover" | "evaluate", body: object) => {
    ids[name] = (await call("POST", `${bench.url}/v1/${kind}_async`, { body })).body.job_id;
  };
  await submit("succeeded", "evaluate", keplerEvaluation);
  await bench.hand.succeed(await storedSummary(bench.dataDir));
  await submit("failed", "discover", keplerRequest);
  await bench.hand.fail("internal_error", "It broke.");
  await submit("late", "discover", { ...keplerRequest, budget: { deadline_seconds: 1 } });
  await submit("terminated", "discover", keplerRequest);
  await bench.client.workflow.getHandle(ids.terminated ?? "").terminate();
  await submit("queued", "discover", keplerRequest);
  await submit("cancelling", "evaluate", keplerEvaluation);
  await bench.client.workflow.getHandle(ids.cancelling ?? "").cancel();
  await bench.client.workflow.start("shard", { workflowId: `${ids.queued}.shard-000`, taskQueue: "elsewhere" });
  await until("the deadline", async () => ((await list("status=timed_out")).length === 1 ? true : undefined));
});
afterAll(() => bench.close());

const page = async (query: string) => jobList.parse((await call<object>("GET", `${bench.url}/v1/jobs?${query}`)).body);
const list = async (query: string) => (await page(query)).jobs.map(({ job_id }) => job_id);

test("all jobs are listed, newest first, and nothing that is not a job", async () => {
  const jobs = (await page("")).jobs;

  expect(jobs.map(({ job_id }) => job_id).sort()).toEqual(Object.values(ids).sort());
  const read = await Promise.all(jobs.map(async ({ job_id }) => (await call("GET", `${bench.url}/v1/jobs/${job_id}`)).body));
  expect(jobs).toEqual(read);
});

test.each([
  ["status=queued", ["queued"]],
  ["status=running", []],
  ["status=cancelling", ["cancelling"]],
  ["status=succeeded", ["succeeded"]],
  ["status=failed", ["failed", "terminated"]],
  ["status=timed_out", ["late"]],
  ["status=cancelled", []],
  ["kind=evaluate", ["cancelling", "succeeded"]],
  ["kind=discover&status=queued", ["queued"]],
  [`since=${started}&status=succeeded`, ["succeeded"]],
  ["since=2999-01-01T00:00:00Z", []],
])("%s finds exactly its jobs", async (query, names) => {
  expect(new Set(await list(query))).toEqual(new Set(names.map((name) => ids[name])));
});

test("pages follow each other without a gap or a repetition", async () => {
  const seen: string[] = [];
  let token = "";
  do {
    const { jobs, next_page_token } = await page(`page_size=2&page_token=${token}`);
    expect(jobs.length).toBeLessThanOrEqual(2);
    seen.push(...jobs.map(({ job_id }) => job_id));
    token = next_page_token;
  } while (token !== "");
  expect(seen.sort()).toEqual(Object.values(ids).sort());
});

test("a token continues only the list that it came from", async () => {
  const { next_page_token: token } = await page("page_size=1");

  const other = await call<{ code: string }>("GET", `${bench.url}/v1/jobs?page_size=1&kind=discover&page_token=${token}`);

  expect([other.status, other.body.code]).toEqual([400, "invalid_parameter"]);
});
