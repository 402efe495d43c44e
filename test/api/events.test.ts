import { createParser, type EventSourceMessage } from "eventsource-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobStatus } from "../../src/api/jobs/body.ts";
import { call } from "../support/http.ts";
import { keplerRequest } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";
import { storedSummary } from "./summaries.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

async function submit(): Promise<string> {
  return (await call("POST", `${bench.url}/v1/discover_async`, { body: { ...keplerRequest, reuse: false } })).body.job_id;
}

/** The events of a stream as they come, until the server ends it or the reader leaves. */
async function* follow(jobId: string, lastEventId?: string, url = bench.url): AsyncGenerator<EventSourceMessage> {
  const response = await fetch(`${url}/v1/jobs/${jobId}/events`, {
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const received: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => received.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* received.splice(0);
  }
}

async function rest(stream: AsyncGenerator<EventSourceMessage>): Promise<EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Reads until an event of that name whose data matches. */
async function next(stream: AsyncGenerator<EventSourceMessage>, name: string, match: object): Promise<EventSourceMessage> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error(`the stream ended before ${name}`);
    const data = jobStatus.parse(JSON.parse(value.data));
    if (value.event !== name) continue;
    expect(data).toMatchObject(match);
    return value;
  }
}

test("a stream tells status, waiting, progress and the end, and then closes", async () => {
  const jobId = await submit();
  const stream = follow(jobId);
  await next(stream, "status", { status: "queued" });
  await next(stream, "waiting", { waiting: { reason: "no_worker" } });

  await bench.hand.schedule("discover", "light");
  await next(stream, "waiting", { waiting: { blocked_by: "queue:orrery-light" } });
  const activity = await bench.hand.activity("light");
  await next(stream, "status", { status: "running" });
  await activity.heartbeat({ phase: "search", done: 1, total: 4 });
  await next(stream, "progress", { progress: { done: 1, fraction: 0.25 } });
  await activity.complete();
  await bench.hand.succeed(await storedSummary(bench.dataDir));

  const end = await next(stream, "end", { status: "succeeded", verdict: "rejected" });
  expect((await stream.next()).done).toBe(true);
  const again = await fetch(`${bench.url}/v1/jobs/${jobId}/events`, { headers: { "last-event-id": end.id ?? "" } });
  expect(again.status).toBe(204);
});

test("a stream goes on after the event that the client names, at another gateway too", async () => {
  const jobId = await submit();
  const first = follow(jobId);
  const status = await next(first, "status", { status: "queued" });
  const waiting = await next(first, "waiting", { waiting: { blocked_by: "queue:orrery-control" } });
  await first.return(undefined);
  const other = await bench.another();

  const afterWaiting = follow(jobId, waiting.id, other.url);
  const pending = afterWaiting.next();
  await bench.client.workflow.getHandle(jobId).terminate();
  const told = [(await pending).value, ...(await rest(afterWaiting))];
  expect(told.map(({ event }) => event)).toEqual(expect.arrayContaining(["status", "end"]));
  expect(new Set(told.map(({ data }) => JSON.parse(data).status))).toEqual(new Set(["failed"]));

  // This client missed what came after, so it is told the whole of the present state.
  const afterStatus = await rest(follow(jobId, status.id, other.url));
  expect(afterStatus.map(({ event }) => event)).toEqual(["status", "end"]);
});

test("twenty followers of one job all see its end", async () => {
  const jobId = await submit();
  const streams = Array.from({ length: 20 }, () => follow(jobId));
  await Promise.all(streams.map((stream) => next(stream, "status", { status: "queued" })));

  await bench.client.workflow.getHandle(jobId).terminate();

  await Promise.all(streams.map((stream) => next(stream, "end", { status: "failed", error: { code: "terminated" } })));
});

test("a gateway that drains ends its streams", async () => {
  const jobId = await submit();
  const gateway = await bench.another();
  const stream = follow(jobId, undefined, gateway.url);
  await next(stream, "waiting", { status: "queued" });

  gateway.drain();

  expect((await stream.next()).done).toBe(true);
});
