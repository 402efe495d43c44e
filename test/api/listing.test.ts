import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createListing } from "../../src/api/jobs/listing.ts";
import type { JobReader } from "../../src/api/jobs/reader.ts";
import type { Temporal } from "../../src/api/temporal/temporal.ts";
import { jobList } from "../../src/contract/job.ts";
import { ATTRIBUTES, LOCAL_TENANT } from "../../src/contract/names.ts";
import { until } from "../support/child.ts";
import { call } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { storedSummary } from "./summaries.ts";

let bench: Bench;
const ids: Record<string, string> = {};
const wholeMemo = { accepted_at: 0, path: "single", schema_version: 2, request_hash: "sha256:0", deadline_at: 1 };
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
  // Found by its attributes, but what the gateway writes into the memo of a job is missing, or no date.
  for (const [name, memo] of Object.entries({ bare: {}, undated: { ...wholeMemo, deadline_at: 9e15 } })) {
    await bench.client.workflow.start("discoverJob", {
      workflowId: `discover-${name}`,
      taskQueue: "elsewhere",
      memo: { kind: "discover", tenant: LOCAL_TENANT, ...memo },
      typedSearchAttributes: [
        { key: defineSearchAttributeKey(ATTRIBUTES.kind, SearchAttributeType.KEYWORD), value: "discover" },
        { key: defineSearchAttributeKey(ATTRIBUTES.tenant, SearchAttributeType.KEYWORD), value: LOCAL_TENANT },
      ],
    });
  }
  await until("the deadline", async () => ((await list("status=timed_out")).length === 1 ? true : undefined));
});
afterAll(() => bench.close());

const page = async (query: string) => jobList.parse((await call<object>("GET", `${bench.url}/v1/jobs?${query}`)).body);
const list = async (query: string) => (await page(query)).jobs.map(({ job_id }) => job_id);

test("all jobs are listed, newest first, and nothing that is not a job", async () => {
  const query = `${ATTRIBUTES.tenant} = "${LOCAL_TENANT}"`;
  await expect.poll(async () => (await bench.client.workflow.count(query)).count).toBe(Object.keys(ids).length + 2);

  const jobs = (await page("")).jobs;

  expect(jobs.map(({ job_id }) => job_id).sort()).toEqual(Object.values(ids).sort());
  const read = await Promise.all(
    jobs.map(async ({ job_id }) => {
      // How the time of a run was spent takes its whole history to tell, and is not in lists.
      const { spent: _, ...job } = (await call("GET", `${bench.url}/v1/jobs/${job_id}`)).body;
      return job;
    }),
  );
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
  ["since=9999-12-31T23:59:59Z", []],
  ["since=0000-01-01T00:00:00Z&status=succeeded", ["succeeded"]],
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

  const other = await call<{ code: string; detail: string }>("GET", `${bench.url}/v1/jobs?page_size=1&kind=discover&page_token=${token}`);

  expect([other.status, other.body.code]).toEqual([400, "invalid_parameter"]);
  expect(other.body.detail).toMatch(/another filter/);
  for (const garbage of [
    "xx",
    token.slice(0, -4),
    `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}`,
    `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`,
  ]) {
    const { body } = await call<{ detail: string }>("GET", `${bench.url}/v1/jobs?page_size=1&page_token=${garbage}`);
    expect(body.detail).toMatch(/is not one that a list gave/);
  }
});

test("a time that the server's index refuses is the client's to correct; another refused query is not", async () => {
  const refusal = Object.assign(new Error("invalid query"), { code: 3, details: "", metadata: new Map() });
  const temporal = { list: () => Promise.reject(refusal) } as unknown as Temporal;
  const list = createListing({ temporal, reader: {} as JobReader });
  const first = { size: 1, token: "" };

  await expect(list(LOCAL_TENANT, { since: "1000-01-01T00:00:00Z" }, first)).rejects.toMatchObject({
    code: "invalid_parameter",
    faults: [{ pointer: "/since" }],
  });
  await expect(list(LOCAL_TENANT, {}, first)).rejects.toBe(refusal);
});
