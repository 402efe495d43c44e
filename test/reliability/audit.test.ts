import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditEvent } from "../../src/contract/audit.ts";
import { SWEEP_SCHEDULE } from "../../src/contract/names.ts";
import { scheduleSweep } from "../../src/dev/schedule.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { letterIdOf } from "../support/letters.ts";
import { keplerEvaluation, longSearch } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  await scheduleSweep(stack.client.connection as never, "default");
});
afterAll(() => stack.stop());

async function submit(path: string, body: object): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/${path}`, { body, headers: { "idempotency-key": randomUUID() } });
  return reply.body.job_id;
}

async function eventsOf(jobId: string): Promise<AuditEvent[]> {
  return (await call<{ events: AuditEvent[] }>("GET", `${stack.url}/v1/audit?job_id=${jobId}`)).body.events;
}

test("the life of every job is recorded once, with its end and the code, also of one that was terminated; a restart loses none", async () => {
  const done = await submit("evaluate_async", keplerEvaluation);
  const failed = await submit("evaluate_async", { ...keplerEvaluation, law: "T = log(a - 1)" });
  const terminated = await submit("discover_async", longSearch(4_000_000));
  await stack.client.workflow.getHandle(terminated).terminate("no need of it");
  await Promise.all([done, failed, terminated].map((id) => finished(stack.url, id)));
  await stack.gateway().end("SIGKILL");
  await stack.startGateway();
  const sweeps = stack.client.schedule.getHandle(SWEEP_SCHEDULE);

  // A sweep leaves out what the server's index may not have yet.
  await until(
    "the ends of all three",
    async () => {
      await sweeps.trigger();
      const ends = await Promise.all([done, failed, terminated].map(eventsOf));
      return ends.every((events) => events.some(({ action }) => action === "job.finished")) ? true : undefined;
    },
    60_000,
  );

  const told = async (id: string) =>
    (await eventsOf(id)).map(({ action, status, code, run, actor }) => ({ action, status, code, run, actor }));
  const submitted = { action: "job.submitted", status: undefined, code: undefined, run: 1, actor: "local" };
  const finishedAs = (status: string, code?: string) => ({ action: "job.finished", status, code, run: 1, actor: "local" });
  expect(await told(done)).toEqual([submitted, finishedAs("succeeded")]);
  expect(await told(failed)).toEqual([submitted, finishedAs("failed", "law_not_finite")]);
  expect(await told(terminated)).toEqual([submitted, finishedAs("failed", "terminated")]);
});

test("a discarded dead letter is recorded with the reason", async () => {
  const jobId = await submit("evaluate_async", { ...keplerEvaluation, law: "T = log(a - 1)" });
  await finished(stack.url, jobId);
  const id = await letterIdOf(stack.client, jobId, 1);

  const reply = await call("DELETE", `${stack.url}/v1/dead-letters/${id}`, { body: { reason: "The law was wrong." } });

  expect(reply.status).toBe(202);
  const event = (await eventsOf(jobId)).find(({ action }) => action === "dead_letter.discard");
  expect(event).toMatchObject({ subject: id, reason: "The law was wrong.", actor: "local", request_id: reply.headers.get("x-request-id") });
});
