import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, Member } from "../../src/contract/job.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { keplerRequest, longSearch } from "../support/planets.ts";
import { contradictions, factsOf } from "../support/receipt.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

/** One seed, one sequence of instants; set RECEIPTS_SEED to see one again. */
const seed = Number(process.env.RECEIPTS_SEED ?? Date.now() % 1_000_000);
const random = mulberry32(seed);

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  console.log(`RECEIPTS_SEED=${seed}`);
  stack = await startStack({ worker: false });
  worker = await stack.startWorker();
});
afterAll(() => stack.stop());

function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Way = "rest" | "client" | "ui";
const WAYS: readonly Way[] = ["rest", "client", "ui"];

async function submit(body: object): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/discover_async`, { body: { ...body, reuse: false } });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}

async function computing(of: Worker, jobId: string) {
  return (await of.health()).computing.filter(({ job_id }) => job_id === jobId);
}

/** What a client of the gateway is told after it asked for the cancellation, in one way or another. */
async function cancel(jobId: string, way: Way): Promise<{ askedAt: number; members: Member[] }> {
  const askedAt = Date.now();
  if (way === "rest") {
    const reply = await call<{ members: Member[] }>("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
    expect(reply.status).toBe(202);
    return { askedAt, members: reply.body.members };
  }
  if (way === "client") await stack.client.workflow.getHandle(jobId).cancel();
  else await cancelInUi(jobId);
  return tree(jobId);
}

async function tree(jobId: string): Promise<{ askedAt: number; members: Member[] }> {
  const askedAt = Date.now();
  const { body } = await call<{ members: Member[] }>("GET", `${stack.url}/v1/jobs/${jobId}/tree`);
  return { askedAt, members: body.members };
}

async function cancelInUi(jobId: string): Promise<void> {
  const page = await fetch(`${stack.temporal.uiUrl}/`);
  const csrf = /_csrf=([^;]+)/.exec(page.headers.get("set-cookie") ?? "")?.[1] ?? "";
  const reply = await fetch(`${stack.temporal.uiUrl}/api/v1/namespaces/default/workflows/${jobId}/cancel`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf, cookie: `_csrf=${csrf}` },
    body: "{}",
  });
  expect(reply.status).toBe(200);
}

/** The receipt, and what is told once the job has ended, both agree with the histories and with the threads. */
async function expectTruth(jobId: string, receipt: { askedAt: number; members: Member[] }, workers = [worker]): Promise<Job> {
  const tasks = (await Promise.all(workers.map((each) => computing(each, jobId)))).flat().length;
  const job = await finished(stack.url, jobId);
  const facts = await factsOf(stack.client, jobId);
  expect(contradictions(receipt, facts, tasks), `receipt, seed ${seed}`).toEqual([]);
  expect(job.status).toBe("cancelled");
  for (const each of workers) expect(await computing(each, jobId)).toEqual([]);
  const last = await tree(jobId);
  expect(contradictions(last, await factsOf(stack.client, jobId), 0), `tree, seed ${seed}`).toEqual([]);
  expect(last.members.filter(({ state }) => !["succeeded", "failed", "cancelled", "timed_out"].includes(state))).toEqual([]);
  return job;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("what is told of a cancelled job is so", () => {
  test.each(WAYS.flatMap((way) => [way, way]))("at a random instant of a search in shards (%s)", async (way) => {
    const jobId = await submit(longSearch(4_000_000, 50));
    await pause(random() * 1_500);
    await expectTruth(jobId, await cancel(jobId, way));
  });

  test.each(WAYS)("at a random instant of a pause between attempts, while the store is away (%s)", async (way) => {
    const folder = join(stack.folder, "artifacts");
    await call("POST", `${stack.url}/v1/datasets`, {
      body: [
        { x: 1, y: 2 },
        { x: 2, y: 3 },
      ],
    });
    await rename(folder, `${folder}.away`);
    await writeFile(folder, "in the way");
    try {
      const jobId = await submit(keplerRequest);
      await until("a pause between attempts", async () => {
        const { body } = await call("GET", `${stack.url}/v1/jobs/${jobId}`);
        return body.waiting?.reason === "backoff" ? true : undefined;
      });
      await pause(random() * 2_000);
      await expectTruth(jobId, await cancel(jobId, way));
    } finally {
      await rename(folder, `${folder}.taken`);
      await rename(`${folder}.away`, folder);
    }
  });

  test.each(WAYS)("while its worker is stopped, and when it goes on (%s)", async (way) => {
    const jobId = await submit(longSearch(4_000_000, 51));
    await until("a thread that computes the job", async () => (await computing(worker, jobId)).find(({ fits }) => fits > 0));
    await pause(random() * 500);
    worker.process.kill("SIGSTOP");
    const receipt = await cancel(jobId, way);
    expect(receipt.members[0]?.state).toBe("cancelling");
    await pause(random() * 2_000);
    worker.process.kill("SIGCONT");
    await expectTruth(jobId, receipt);
  });

  test("while no worker is alive", async () => {
    const jobId = await submit(longSearch(4_000_000, 52));
    await pause(random() * 1_000);
    await worker.end("SIGKILL");
    const receipt = await cancel(jobId, "rest");
    expect(receipt.members[0]?.state).toBe("cancelling");
    worker = await stack.startWorker();
    await expectTruth(jobId, receipt);
  });

  test("while the worker that computes is stopped beyond its heartbeat timeout, beside one that decides", async () => {
    await worker.end("SIGTERM");
    worker = await stack.startWorker({ pools: "control" });
    const heavy = await stack.startWorker({ pools: "light,heavy" });
    const jobId = await submit(longSearch(4_000_000, 53));
    await until("a thread that computes the job", async () => (await computing(heavy, jobId)).find(({ fits }) => fits > 0));
    heavy.process.kill("SIGSTOP");

    const receipt = await cancel(jobId, "rest");

    expect(receipt.members[0]?.state).toBe("cancelling");
    expect((await finished(stack.url, jobId)).status).toBe("cancelled");
    heavy.process.kill("SIGCONT");
    await until("silence of the threads that went on", async () => ((await computing(heavy, jobId)).length === 0 ? true : undefined));
    await expectTruth(jobId, receipt, [heavy]);
    await heavy.end("SIGTERM");
    await worker.end("SIGTERM");
    worker = await stack.startWorker();
  });

  test("that was terminated: what it started is said to be stopping until it has stopped", async () => {
    const jobId = await submit(longSearch(4_000_000, 54));
    await until("a thread that computes the job", async () => (await computing(worker, jobId)).find(({ fits }) => fits > 0));
    await stack.client.workflow.getHandle(jobId).terminate();
    const told = await tree(jobId);
    const tasks = (await computing(worker, jobId)).length;
    expect(told.members[0]).toMatchObject({ state: "failed", error: "terminated" });
    expect(contradictions(told, await factsOf(stack.client, jobId), tasks)).toEqual([]);
    await until("silence of the threads", async () => ((await computing(worker, jobId)).length === 0 ? true : undefined));
  });
});

test("the comparison sees what is not so", async () => {
  const jobId = await submit(longSearch(4_000_000, 55));
  await until("a thread that computes the job", async () => (await computing(worker, jobId)).find(({ fits }) => fits > 0));
  const early = await tree(jobId);
  const receipt = await cancel(jobId, "rest");
  await finished(stack.url, jobId);
  const { askedAt, members } = await tree(jobId);
  const facts = await factsOf(stack.client, jobId);
  const told = (change: (member: Member) => Member[]) => contradictions({ askedAt, members: members.flatMap(change) }, facts, 0);
  const shard = members.find(({ type }) => type === "shard")?.id;
  const activity = members.find(({ name }) => name === "searchShard")?.id;
  expect(activity).toMatch(`${jobId}.shard-`);

  expect(contradictions(receipt, facts, 0)).toEqual([]);
  expect(told((member) => [member])).toEqual([]);
  expect(told((member) => (member.id === shard ? [] : [member]))).toEqual([`${shard} is not listed`]);
  expect(told((member) => (member.id === activity ? [] : [member]))).toEqual([`${activity} is not listed`]);
  expect(told((member) => [member.id === shard ? { ...member, state: "succeeded" } : member])).toHaveLength(1);
  expect(told((member) => [member.id === activity ? { ...member, state: "running" } : member])).toHaveLength(1);
  expect(told((member) => [member, { ...member, id: `${member.id}x`, attempts: 1 }])).toHaveLength(members.length);
  expect(contradictions({ askedAt, members }, facts, 1)).toEqual(["1 tasks are computed, but only 0 activities are said to be open"]);
  // A receipt that says at once that all is over, while nothing has been asked to stop.
  const lie = early.members.map((member): Member => ({ ...member, state: "cancelled" }));
  const open = new Map([...facts].map(([id, { since }]) => [id, { since }]));
  expect(contradictions({ askedAt: early.askedAt, members: lie }, open, 1).length).toBeGreaterThan(lie.length / 2);
});
