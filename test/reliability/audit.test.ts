import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultPayloadConverter } from "@temporalio/common";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AuditEvent, auditEventsIn, auditFolder, auditLines } from "../../src/contract/audit.ts";
import type { AuditWindow, Swept } from "../../src/contract/flow.ts";
import { QUEUES, SWEEP_SCHEDULE, WORKFLOWS } from "../../src/contract/names.ts";
import { scheduleSweep } from "../../src/dev/schedule.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { letterIdOf } from "../support/letters.ts";
import { keplerEvaluation, longSearch } from "../support/planets.ts";
import { type Stack, startStack, type Worker } from "../support/stack.ts";

let stack: Stack;
let worker: Worker;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  worker = await stack.startWorker();
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

/** A sweep that is told of the one before what a schedule would tell it. */
async function sweepAfter(last: Swept | undefined): Promise<{ swept: Swept; looks: AuditWindow[] }> {
  const workflowId = `sweep-${randomUUID()}`;
  await stack.client.connection.workflowService.startWorkflowExecution({
    namespace: "default",
    requestId: randomUUID(),
    workflowId,
    workflowType: { name: WORKFLOWS.sweep },
    taskQueue: { name: QUEUES.control },
    ...(last && { lastCompletionResult: { payloads: [defaultPayloadConverter.toPayload(last)] } }),
  });
  const handle = stack.client.workflow.getHandle(workflowId);
  const swept: Swept = await handle.result();
  const { events } = await handle.fetchHistory();
  const looks = (events ?? [])
    .flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => (scheduled?.activityType?.name === "auditJobs" ? [scheduled] : []))
    .map(({ input }) => defaultPayloadConverter.fromPayload<AuditWindow>(input?.payloads?.[0] ?? {}));
  return { swept, looks };
}

async function auditFiles(): Promise<Map<string, AuditEvent[]>> {
  const files = new Map<string, AuditEvent[]>();
  const store = createFsStore(join(stack.folder, "artifacts"));
  for (const { key } of await store.list(auditFolder("local"))) files.set(key, auditEventsIn((await store.get(key)) ?? new Uint8Array()));
  return files;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ago = (millis: number) => new Date(Date.now() - millis).toISOString();

test("the life of every job is recorded once, with its end, the code and the attempts, also of one that was terminated; a restart loses none", async () => {
  const done = await submit("evaluate_async", keplerEvaluation);
  const failed = await submit("evaluate_async", { ...keplerEvaluation, law: "T = log(a - 1)" });
  const terminated = await submit("discover_async", longSearch(4_000_000));
  await stack.client.workflow.getHandle(terminated).terminate("no need of it");
  await Promise.all([done, failed, terminated].map((id) => finished(stack.url, id)));
  const retried = await submit("discover_async", longSearch(400_000));
  await until("a thread that computes the job", async () => (await worker.health()).computing.find(({ job_id }) => job_id === retried));
  await worker.end("SIGKILL");
  worker = await stack.startWorker();
  await finished(stack.url, retried);
  await stack.gateway().end("SIGKILL");
  await stack.startGateway();
  const sweeps = stack.client.schedule.getHandle(SWEEP_SCHEDULE);

  // A sweep leaves out what the server's index may not have yet.
  await until(
    "the ends of all",
    async () => {
      await sweeps.trigger();
      const ends = await Promise.all([done, failed, terminated, retried].map(eventsOf));
      return ends.every((events) => events.some(({ action }) => action === "job.finished")) ? true : undefined;
    },
    60_000,
  );

  const told = async (id: string) =>
    (await eventsOf(id)).map(({ action, status, code, attempts, run, actor }) => ({ action, status, code, attempts, run, actor }));
  const life = { run: 1, actor: "local" };
  const submitted = { action: "job.submitted", ...life };
  const finishedAs = (status: string, attempts?: number, code?: string) => ({ action: "job.finished", status, code, attempts, ...life });
  expect(await told(done)).toEqual([submitted, finishedAs("succeeded", 1)]);
  expect(await told(failed)).toEqual([submitted, finishedAs("failed", 1, "law_not_finite")]);
  expect(await told(terminated)).toEqual([submitted, finishedAs("failed", undefined, "terminated")]);
  expect(await told(retried)).toEqual([submitted, finishedAs("succeeded", 2)]);
});

test("what the server's index showed only after the first look at a window is added by a later one, once, and nothing else", async () => {
  const early = await submit("evaluate_async", keplerEvaluation);
  await finished(stack.url, early);
  const since = ago(MINUTE_MS);
  await until("the end of the job", async () => {
    await sweepAfter({ began_at: since, audited_to: since });
    return (await eventsOf(early)).length === 2 || undefined;
  });
  const whole = [...(await auditFiles()).values()].flat();
  // Files as a look leaves them that came before the index knew of the end, and of a window before it knew of anything.
  for (const [key, events] of await auditFiles()) {
    const known = events.filter(({ job_id, action }) => job_id !== early || action !== "job.finished");
    await writeFile(join(stack.folder, "artifacts", key), auditLines(known));
  }
  const before = await auditFiles();

  // They look at the same windows at the same time, one of them as late as this.
  await Promise.all([since, since, since].map((audited_to) => sweepAfter({ began_at: since, audited_to })));

  const after = await auditFiles();
  const added = [...after].filter(([key]) => !before.has(key));
  expect(added).toEqual([
    [expect.stringMatching(/-jobs_2\.ndjson$/), [expect.objectContaining({ action: "job.finished", job_id: early })]],
  ]);
  for (const [key, events] of before) expect(after.get(key)).toEqual(events);
  const told = (events: AuditEvent[]) => events.map((event) => JSON.stringify(event)).toSorted();
  expect(told([...after.values()].flat())).toEqual(told(whole));

  await sweepAfter({ began_at: since, audited_to: since });
  expect(await auditFiles()).toEqual(after);
});

test("every window is looked at twice: when it is ten seconds old, and when it is an hour old", async () => {
  const caughtUp: Swept = { began_at: ago(MINUTE_MS), audited_to: ago(80_000), audited_again_to: ago(HOUR_MS + 70_000) };
  const older: Swept = { began_at: ago(MINUTE_MS), audited_to: ago(80_000) };
  const away: Swept = { began_at: ago(50 * HOUR_MS), audited_to: ago(50 * HOUR_MS), audited_again_to: ago(51 * HOUR_MS) };
  const floor = (time: string | number) => new Date(Math.floor(new Date(time).getTime() / 10_000) * 10_000).toISOString();

  for (const last of [caughtUp, older, away, undefined]) {
    const { swept, looks } = await sweepAfter(last);
    const began = Date.parse(swept.began_at);
    const from = last?.audited_to ?? began - HOUR_MS;
    const to = last === away ? Date.parse(away.audited_to as string) + 2 * HOUR_MS : began - 10_000;
    const againFrom = last?.audited_again_to ?? Date.parse(floor(from)) - HOUR_MS;
    const againTo = last === away ? Date.parse(away.audited_again_to as string) + 2 * HOUR_MS : began - HOUR_MS;
    expect(looks).toEqual([
      { from: floor(from), to: floor(to) },
      { from: floor(againFrom), to: floor(againTo) },
    ]);
    expect([swept.audited_to, swept.audited_again_to]).toEqual(looks.map((look) => look.to));
  }
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
