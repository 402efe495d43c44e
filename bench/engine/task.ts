import { parentPort } from "node:worker_threads";
import { type Judged, judgeNegative, type NegativeTask } from "./negatives.ts";
import { type Recovered, type RecoveryTask, recover } from "./recovery.ts";

export type Task = { kind: "recovery"; recovery: RecoveryTask } | { kind: "negative"; negative: NegativeTask };
export type Answer = Recovered | Judged;

// The thread that pool.ts starts: one task at a time until there is none.
parentPort?.on("message", (message: { index: number; task: Task } | null) => {
  if (message === null) return parentPort?.close();
  const { index, task } = message;
  const answer = task.kind === "recovery" ? recover(task.recovery) : judgeNegative(task.negative);
  parentPort?.postMessage({ index, answer });
});
