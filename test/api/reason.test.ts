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
  ["one task", 9_000, { backlog: 1, pollers: 1 }, "queued", "The job waits on orrery-control, where about 1 task waits."],
  ["three tasks", 9_000, { backlog: 3, pollers: 2 }, "queued", "The job waits on orrery-control, where about 3 tasks wait."],
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
