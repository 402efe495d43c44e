import { describe, expect, test } from "vitest";
import type { Letter } from "../../src/api/dead-letters/letters.ts";
import { finished, ofShards, reasonOf, waitingOf } from "../../src/api/jobs/reason.ts";
import type { JobView } from "../../src/api/jobs/view.ts";
import type { Snapshot } from "../../src/api/temporal/snapshot.ts";

/** What a job whose first task came `ago` milliseconds ago is said to wait for. */
async function waiting(ago: number, queue: { backlog: number; pollers: number }) {
  const scheduledAt = Date.now() - ago;
  const snapshot = {
    execution: "running",
    startedAt: scheduledAt,
    workflowTask: { started: false, scheduledAt, attempt: 1 },
    activities: [],
    openChildren: [],
  } as unknown as Snapshot;
  const queues = { state: async (name: string) => ({ name, ...queue }) };
  return waitingOf(await reasonOf(snapshot, "queued", queues));
}

test.each([
  ["a task that has just come", 100, { backlog: 7, pollers: 1 }, "queued", "It is in line for a worker."],
  ["a queue that counts nothing", 9_000, { backlog: 0, pollers: 1 }, "queued", "It is in line for a worker."],
  ["one task", 9_000, { backlog: 1, pollers: 1 }, "queued", "It waits on orrery-control, where about 1 task waits."],
  ["three tasks", 9_000, { backlog: 3, pollers: 2 }, "queued", "It waits on orrery-control, where about 3 tasks wait."],
  [
    "no known worker",
    100,
    { backlog: 1, pollers: 0 },
    "no_worker",
    "The server knows of no worker for orrery-control at present; it learns of one when that asks for work.",
  ],
])("of %s only what is known is told", async (_, ago, queue, reason, detail) => {
  expect(await waiting(ago, queue)).toMatchObject({ reason, detail });
});

test("a decision that is in line holds up no shard that is at work, unless nobody is there to make it", async () => {
  const snapshot = {
    execution: "running",
    startedAt: Date.now(),
    workflowTask: { started: false, scheduledAt: Date.now(), attempt: 2 },
    activities: [],
    openChildren: ["discover-1.shard-000"],
  } as unknown as Snapshot;
  let absent = [""];
  const queues = { state: async (name: string) => ({ name, backlog: 0, pollers: absent.includes(name) ? 0 : 1 }) };

  expect(await reasonOf(snapshot, "running", queues)).toMatchObject({ reason: "running", detail: "1 shard is open." });
  expect(await reasonOf({ ...snapshot, openChildren: [] }, "running", queues)).toMatchObject({
    detail: "Its next step is in line for a worker.",
  });
  // Without anybody to decide, no shard begins or ends.
  absent = ["orrery-control"];
  expect(await reasonOf(snapshot, "running", queues)).toMatchObject({ reason: "no_worker" });
  expect(await reasonOf(snapshot, "cancelling", queues)).toMatchObject({ reason: "cancelling", blockedBy: "queue:orrery-control" });
});

describe("of a job that has ended", () => {
  const view = { status: "failed", error: { code: "store_unavailable", message: "It was away." }, finishedAt: 1 } as JobView;
  const facts = { reason: "attempts_exhausted" };

  test("how it ended is told, and what its dead letter asks for", () => {
    const open = finished(view, { facts, resolution: null } as Letter);
    expect(open).toMatchObject({ reason: "finished", detail: "The job has ended: failed. It was away. (store_unavailable)" });
    expect(open.action).toBe("Remove the cause that the message names, then run the job once more.");
  });

  test("nothing is asked for that has been done", () => {
    const replayed = { resolution: "replayed", by: "local", reason: "replayed", job_id: "discover-2" } as const;
    expect(finished(view, { facts, resolution: replayed } as Letter).action).toContain("replayed as discover-2");
  });

  test("a dead letter that is still to come is announced", () => {
    expect(finished(view, undefined).action).toContain("its dead letter comes within about a minute");
    expect(finished({ ...view, status: "cancelled" }, undefined).action).toContain("no completed shard is computed again");
  });
});

describe("of open shards", () => {
  const told = { reason: "running", detail: "2 shards are open.", blockedBy: null, action: "Wait.", queue: null, since: 1 } as const;
  const shard = (activity: object) =>
    ({
      execution: "running",
      startedAt: 1,
      activities: [{ type: "searchShard", attempt: 2, maxAttempts: 5, ...activity }],
      openChildren: [],
    }) as unknown as Snapshot;
  const queues = { state: async (name: string) => ({ name, backlog: 0, pollers: 1 }) };

  test("as many as are at work are told", async () => {
    const shards = [shard({ state: "STARTED" }), shard({ state: "SCHEDULED" })];
    expect(await ofShards(told, shards, queues)).toMatchObject({ reason: "running", detail: "2 shards are open, 1 of them at work." });
  });

  test("what one waits for is told if none is at work", async () => {
    const pause = { state: "SCHEDULED", nextAttemptAt: Date.now() + 60_000, lastFailure: "store_unavailable" };
    const found = await ofShards(told, [shard(pause), shard(pause)], queues);
    expect(found).toMatchObject({ reason: "backoff", blockedBy: "activity:searchShard" });
    expect(found.detail).toMatch(
      /^2 shards are open, none of them at work\. Of the first: Attempt 1 of searchShard failed \(store_unavailable\)/,
    );
    expect((await ofShards(told, [shard({ state: "SCHEDULED", queue: "orrery-heavy" })], queues)).reason).toBe("queued");
    expect((await ofShards(told, [shard({ state: "PAUSED" })], queues)).reason).toBe("paused");
  });
});
