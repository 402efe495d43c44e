import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeadLetterBody } from "../../src/contract/dead-letter.ts";
import type { Artifact, Member } from "../../src/contract/job.ts";
import { result } from "../../src/contract/result.ts";
import type { Spent } from "../../src/contract/spent.ts";
import { orrery } from "../cli/run.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { hopeless, type LetterOffice, letterIdOf, openOffice } from "../support/letters.ts";
import { longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

/** What stays of a failed run: its files, and how its dead letter comes to an end. */

/** A run that is deleted, as at the end of its retention, is gone when two queues of the server have told how far they are: each half minute by default. */
const FORGETFUL = ["visibility", "transfer"].map((queue) => `history.${queue}ProcessorUpdateAckInterval="1s"`);

let stack: Stack;
let worker: Worker;
let office: LetterOffice;
beforeAll(async () => {
  stack = await startStack({ worker: false, settings: FORGETFUL });
  worker = await stack.startWorker();
  office = await openOffice(stack);
});
afterAll(() => stack.stop());

async function submit(body: object, kind = "discover"): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${kind}_async`, { body, headers: { "idempotency-key": randomUUID() } });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}

/** Submits a search in shards and waits until one of them is done. */
async function submitToPart(seed: number): Promise<string> {
  const jobId = await submit({ ...longSearch(4_000_000, seed), budget: { max_fits: 10_000_000_000 } });
  await until("a shard that is done", async () => {
    const { body } = await call<{ members: Member[] }>("GET", `${stack.url}/v1/jobs/${jobId}/tree`);
    return body.members.find(({ type, state }) => type === "shard" && state === "succeeded");
  });
  return jobId;
}

test("a job in shards that ends too early leaves what was found, which is inconclusive, and says where its time went", async () => {
  const jobId = await submitToPart(79);
  await stack.client.workflow.getHandle(jobId).terminate("planted");
  const job = await finished(stack.url, jobId);
  await office.sweep();

  const letter = await until("what was found", async () => {
    await office.sweep();
    const found = (await office.open()).find(({ job_id }) => job_id === jobId);
    return found?.partial ? found : undefined;
  });
  const file = async <T>(name: string) => (await call<T>("GET", `${stack.url}/v1/jobs/${jobId}/artifacts/${name}`)).body;
  const error = await file<{ partial: { name: string }[]; spent: Spent }>("error.json");
  const found = result.parse(await file("partial.json"));

  expect(letter).toMatchObject({ artifact: { name: "error.json" }, partial: { name: "partial.json" } });
  expect(found).toMatchObject({ verdict: "inconclusive", searched: { shards: error.partial.length } });
  expect(found.searched?.of).toBeGreaterThan(error.partial.length);
  expect([found.law, typeof found.candidate?.text]).toEqual([undefined, "string"]);
  expect(error.spent).toEqual(job.spent);
  const shown = await orrery(["result", jobId], { url: stack.url });
  expect([shown.code, shown.out]).toEqual([2, expect.stringContaining("inconclusive")]);
  expect(shown.err).toContain(`What ${error.partial.length} of `);
  expect(error.spent.computing).toBeGreaterThan(error.spent.queued);
});

test("a dead letter that is discarded before its file could be written is no longer open, and closes when it is", async () => {
  const mend = await office.breakStore("errors");
  const jobId = await submit(hopeless, "evaluate");
  await finished(stack.url, jobId);
  const { dead_letter_id: id } = await office.letterOf(jobId);
  const letter = stack.client.workflow.getHandle(id);

  expect((await call("DELETE", `${stack.url}/v1/dead-letters/${id}`, { body: { reason: "planted" } })).status).toBe(202);
  await until("a list without it", async () => ((await office.open()).some(({ job_id }) => job_id === jobId) ? undefined : true));

  expect((await letter.describe()).status.name).toBe("RUNNING");
  const read = await call<DeadLetterBody>("GET", `${stack.url}/v1/dead-letters/${id}`);
  expect(read.body).toMatchObject({ artifact: null, resolution: { resolution: "discarded", reason: "planted" } });
  const again = await call<{ code: string }>("DELETE", `${stack.url}/v1/dead-letters/${id}`, { body: { reason: "again" } });
  expect(again.body.code).toBe("dead_letter_resolved");
  await mend();
  expect(await letter.result()).toMatchObject({ resolution: "discarded", reason: "planted" });
  const { body } = await call<{ artifacts: Artifact[] }>("GET", `${stack.url}/v1/jobs/${jobId}/artifacts`);
  expect(body.artifacts.map(({ name }) => name)).toEqual(["error.json"]);
});

test("a dead letter that is discarded before what was found could be judged is no longer open", async () => {
  const jobId = await submitToPart(93);
  // From now on nobody computes, so what was found stays unjudged.
  await worker.end("SIGKILL");
  worker = await stack.startWorker({ pools: "control" });
  await stack.client.workflow.getHandle(jobId).terminate("planted");
  await finished(stack.url, jobId);
  await until("its file", async () => {
    await office.sweep();
    return (await office.open()).find(({ job_id, artifact }) => job_id === jobId && artifact);
  });
  const { dead_letter_id: id } = await office.letterOf(jobId);

  expect((await call("DELETE", `${stack.url}/v1/dead-letters/${id}`, { body: { reason: "planted" } })).status).toBe(202);

  expect(await stack.client.workflow.getHandle(id).result()).toMatchObject({ resolution: "discarded" });
  expect((await call<DeadLetterBody>("GET", `${stack.url}/v1/dead-letters/${id}`)).body).toMatchObject({ partial: null });
  await worker.end("SIGKILL");
  worker = await stack.startWorker();
});

test("a key that is used again once the server has forgotten its job has a dead letter of its own, beside the old one", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const use = async () => {
    const { body } = await call("POST", `${stack.url}/v1/evaluate_async`, { body: hopeless, headers });
    await finished(stack.url, body.job_id);
    return { jobId: body.job_id, id: await letterIdOf(stack.client, body.job_id, 1) };
  };
  const { jobId, id } = await use();
  const error = async () => (await fetch(`${stack.url}/v1/jobs/${jobId}/artifacts/error.json`)).text();
  const first = await until("error.json", async () => ((await office.letterOf(jobId)).artifact ? error() : undefined));
  // What the end of the retention does.
  const { workflowService } = stack.client;
  await workflowService.deleteWorkflowExecution({ namespace: "default", workflowExecution: { workflowId: jobId } });
  await until("a server that has forgotten the job", async () =>
    (await call("GET", `${stack.url}/v1/jobs/${jobId}`)).status === 404 ? true : undefined,
  );

  const later = await use();

  expect([later.jobId === jobId, later.id === id]).toEqual([true, false]);
  const open = await until("both in the list", async () => {
    const both = (await office.open()).filter(({ job_id, artifact }) => job_id === jobId && artifact);
    return both.length === 2 ? both : undefined;
  });
  expect(open.map(({ dead_letter_id }) => dead_letter_id)).toEqual([later.id, id]);
  expect(await error()).not.toBe(first);
  for (const each of [id, later.id]) await call("DELETE", `${stack.url}/v1/dead-letters/${each}`, { body: { reason: "planted" } });
  await until("a list without them", async () => ((await office.open()).some(({ job_id }) => job_id === jobId) ? undefined : true));
});
