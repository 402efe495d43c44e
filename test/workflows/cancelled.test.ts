import { ApplicationFailure, Context } from "@temporalio/activity";
import { NativeConnection, Worker } from "@temporalio/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { QUEUES } from "../../src/contract/names.ts";
import { call, finished } from "../support/http.ts";
import { keplerRequest } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ worker: false });
  await stack.startWorker({ pools: "control" });
});
afterAll(() => stack.stop());

test("a job whose work is lost after it was cancelled is cancelled, and no dead letter", async () => {
  const connection = await NativeConnection.connect({ address: stack.temporal.address });
  const begun = Promise.withResolvers<void>();
  // What the server makes of a worker that dies before it could say that it has stopped.
  const discover = async () => {
    begun.resolve();
    await Context.current().cancelled.catch(() => undefined);
    throw ApplicationFailure.nonRetryable("The worker stopped answering.", "worker_lost");
  };
  const workers = await Promise.all(
    [QUEUES.light, QUEUES.heavy].map((taskQueue) => Worker.create({ connection, taskQueue, activities: { discover } })),
  );
  const runs = workers.map((worker) => worker.run());
  const { body } = await call("POST", `${stack.url}/v1/discover_async`, { body: keplerRequest });
  await begun.promise;

  await call("POST", `${stack.url}/v1/jobs/${body.job_id}/cancel`);

  expect(await finished(stack.url, body.job_id)).toMatchObject({ status: "cancelled", error: null });
  const letters = await call<{ dead_letters: object[] }>("GET", `${stack.url}/v1/dead-letters`);
  expect(letters.body.dead_letters).toEqual([]);
  for (const worker of workers) worker.shutdown();
  await Promise.all(runs);
  await connection.close();
});
