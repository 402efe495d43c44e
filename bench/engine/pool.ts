import { Worker } from "node:worker_threads";
import type { Answer, Task } from "./task.ts";

/** Runs tasks on `threads` threads; answers come back in the order of the tasks. */
export async function runAll(tasks: readonly Task[], threads: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(threads, tasks.length) }, () => {
      const worker = new Worker(new URL("./task.ts", import.meta.url));
      const feed = () => worker.postMessage(next < tasks.length ? { index: next, task: tasks[next++] } : null);
      return new Promise<void>((resolve, reject) => {
        worker.on("message", ({ index, answer }: { index: number; answer: Answer }) => {
          answers[index] = answer;
          feed();
        });
        worker.once("error", reject);
        worker.once("exit", () => resolve());
        feed();
      });
    }),
  );
  return answers;
}
