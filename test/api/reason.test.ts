import { expect, test } from "vitest";
import { reasonOf, waitingOf } from "../../src/api/jobs/reason.ts";
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

test("a decision that is in line holds up no shard that is at work, but a cancellation", async () => {
  const snapshot = {
    execution: "running",
    startedAt: Date.now(),
    workflowTask: { started: false, scheduledAt: Date.now(), attempt: 2 },
    activities: [],
    openChildren: ["discover-1.shard-000"],
  } as unknown as Snapshot;
  const queues = { state: async (name: string) => ({ name, backlog: 0, pollers: name === "orrery-control" ? 0 : 1 }) };

  expect(await reasonOf(snapshot, "running", queues)).toMatchObject({ reason: "running", detail: "1 shard is open." });
  expect(await reasonOf(snapshot, "cancelling", queues)).toMatchObject({ reason: "cancelling", blockedBy: "queue:orrery-control" });
  expect(await reasonOf({ ...snapshot, openChildren: [] }, "running", queues)).toMatchObject({ reason: "no_worker" });
});
