import { randomUUID } from "node:crypto";

import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeadLetterBody } from "../../src/contract/dead-letter.ts";
import type { Job } from "../../src/contract/job.ts";
import { SWEEP_SCHEDULE } from "../../src/contract/names.ts";
import { scheduleSweep } from "../../src/dev/schedule.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  worker = await stack.startWorker();
  await scheduleSweep(stack.client.connection as never, "default");
  await stack.client.schedule.getHandle(SWEEP_SCHEDULE).pause();
});
afterAll(() => stack.stop());

/** What every job of this file was, by its id: the ledger outside of the service. */
const ledger = new Set<string>();

async function submit(body: object, path = "discover_async"): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${path}`, { body, headers: { "idempotency-key": randomUUID() } });
  expect(reply.status).toBe(202);
  ledger.add(reply.body.job_id);
  return reply.body.job_id;
}

async function deadLetters(query = ""): Promise<DeadLetterBody[]> {
  const { body } = await call<{ dead_letters: DeadLetterBody[] }>("GET", `${stack.url}/v1/dead-letters?page_size=100${query}`);
  return body.dead_letters;
}

async function letterOf(jobId: string): Promise<DeadLetterBody> {
  return until(`the dead letter of ${jobId}`, async () => (await deadLetters()).find(({ job_id }) => job_id === jobId));
}

/** A law that has no finite value: the activity refuses it, and no attempt can cure that. */
const refused = { dataset: { source: "inline", columns: { x: [-1, 1, 2, 3], y: [1, 2, 3, 4] } }, law: "y = log(x)" };

test("a job that fails for good is in the dead letters once, with its payload", async () => {
  const jobId = await submit(refused, "evaluate_async");
  const job = await finished(stack.url, jobId);
  expect(job).toMatchObject({ status: "failed", error: { code: "law_not_finite" } });

  const letter = await letterOf(jobId);

  expect(letter).toMatchObject({
    dead_letter_id: `dead-letter.${jobId}.1`,
    run: 1,
    kind: "evaluate",
    reason: "refused",
    code: "law_not_finite",
  });
  expect(letter.first_error).toMatchObject({ code: "law_not_finite", attempt: 1 });
  const { body } = await call<{ payload: unknown }>("GET", `${stack.url}/v1/dead-letters/${letter.dead_letter_id}`);
  expect(body.payload).toMatchObject(refused);
});

test("a dead letter is discarded with a reason, once, and the reason stays", async () => {
  const letter = await letterOf([...ledger][0] ?? "");
  const url = `${stack.url}/v1/dead-letters/${letter.dead_letter_id}`;
  const reply = await call("DELETE", url, { body: { reason: "planted" } });
  expect(reply.status).toBe(202);

  const read = await until("the resolution", async () => {
    const { body } = await call<DeadLetterBody>("GET", url);
    return body.resolution ?? undefined;
  });

  expect(read).toMatchObject({ resolution: "discarded", reason: "planted" });
  expect((await call<{ code: string }>("DELETE", url, { body: { reason: "again" } })).body.code).toBe("dead_letter_resolved");
  await until("a list without it", async () => ((await deadLetters()).length === 0 ? true : undefined));
  const { body: jobs } = await call<{ jobs: Job[] }>("GET", `${stack.url}/v1/jobs`);
  expect(jobs.jobs.map(({ job_id }) => job_id)).toEqual([letter.job_id]);
});
