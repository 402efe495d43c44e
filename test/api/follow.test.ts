import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createParser } from "eventsource-parser";
import express from "express";
import { afterEach, expect, test } from "vitest";
import type { JobReader } from "../../src/api/jobs/reader.ts";
import { acceptedView, type JobView } from "../../src/api/jobs/view.ts";
import { createWatchers } from "../../src/api/jobs/watchers.ts";
import { mount } from "../../src/api/operation.ts";
import { jobEvents } from "../../src/api/routes/jobs/events.ts";
import type { Services } from "../../src/api/services.ts";
import type { Temporal } from "../../src/api/temporal/temporal.ts";
import type { JobMemo } from "../../src/contract/flow.ts";

let server: Server | undefined;
afterEach(() => server?.close());

const memo: JobMemo = {
  accepted_at: 0,
  path: "single",
  kind: "discover",
  tenant: "local",
  schema_version: 2,
  request_hash: "sha256:0",
  deadline_at: 1,
};

/** A job of `total` steps: each read sees one more, and takes its own time to come back, every other one a long time. */
function countingReader(total: number): JobReader {
  let reads = 0;
  const read = async (): Promise<JobView> => {
    reads += 1;
    const done = Math.min(total, reads);
    await sleep(reads % 2 === 0 ? 200 : 1);
    const progress = { phase: "search", done, total, fraction: done / total, eta_seconds: null };
    return { ...acceptedView("discover-1", memo), status: done === total ? "succeeded" : "running", progress };
  };
  return { read } as unknown as JobReader;
}

const neverClosed = {
  untilClosed: (_: string, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
} as unknown as Temporal;

/** Serves the events of the job that the reader tells of. */
async function serve(reader: JobReader): Promise<string> {
  const watchers = createWatchers({ temporal: neverClosed, reader });
  const app = express();
  mount(app, [jobEvents({ reader, watchers } as unknown as Services)]);
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/jobs/discover-1/events`;
}

async function eventsAt(url: string): Promise<{ name: string | undefined; data: JobView }[]> {
  const events: { name: string | undefined; data: JobView }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ name: event, data: JSON.parse(data) }) });
  const response = await fetch(url);
  for await (const chunk of response.body ?? []) parser.feed(Buffer.from(chunk).toString());
  return events;
}

async function stepsOf(url: string): Promise<(number | undefined)[]> {
  return (await eventsAt(url)).filter(({ name }) => name === "progress").map(({ data }) => data.progress?.done);
}

test("no follower is ever told an older state after a newer one, whichever read comes back first", async () => {
  const url = await serve(countingReader(14));

  const followers = [];
  for (const delay of [0, 110, 170, 230, 290]) {
    await sleep(delay);
    followers.push(stepsOf(url));
  }

  for (const steps of await Promise.all(followers)) {
    expect(steps).toEqual(steps.toSorted((one = 0, other = 0) => one - other));
    expect(steps.at(-1)).toBe(14);
  }
});

test("a change is told once: progress and waits while they are there, and a wait that is over", async () => {
  const step = (done: number, eta: number) => ({ phase: "search", done, total: 4, fraction: done / 4, eta_seconds: eta });
  const wait = (reason: string) => ({ reason, since: null, detail: reason, blocked_by: null });
  const states: Partial<JobView>[] = [
    { status: "queued", waiting: wait("queued") },
    { status: "running" },
    { status: "running", progress: step(1, 9) },
    { status: "running", progress: step(1, 8), waiting: wait("backoff") },
    { status: "running", progress: step(1, 7) },
    { status: "running", progress: step(2, 6) },
    { status: "running" },
    { status: "succeeded" },
  ];
  const read = async (): Promise<JobView> => ({ ...acceptedView("discover-1", memo), ...(states.length > 1 ? states.shift() : states[0]) });

  const events = await eventsAt(await serve({ read } as unknown as JobReader));

  expect(events.map(({ name }) => name)).toEqual([
    "status",
    "waiting",
    "status",
    "progress",
    "waiting",
    "status",
    "progress",
    "status",
    "end",
  ]);
  expect(events.filter(({ name, data }) => name === "progress" && !data.progress)).toEqual([]);
});
