import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectTemporal } from "../../src/api/temporal/connection.ts";
import { createTemporal } from "../../src/api/temporal/temporal.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

test("of two requests for the same run the later one starts nothing, even if that run has ended", async () => {
  const connection = connectTemporal({ address: inject("temporalAddress") });
  const temporal = createTemporal({ connection, namespace: bench.client.options.namespace, timeoutMs: 5_000 });
  const workflowId = `discover-${randomUUID()}`;
  const options = { workflowId, taskQueue: "nobody", workflowIdReusePolicy: "ALLOW_DUPLICATE", workflowIdConflictPolicy: "FAIL" } as const;
  const end = () => bench.client.workflow.getHandle(workflowId).terminate();
  const runId = async () => (await temporal.describe(workflowId))?.runId;

  expect(await temporal.start("discoverJob", options)).toBe(true);
  await end();
  expect(await temporal.start("discoverJob", options, `${workflowId}.run-2`)).toBe(true);
  const second = await runId();
  expect(await temporal.start("discoverJob", options, `${workflowId}.run-3`)).toBe(false);
  await end();
  expect(await temporal.start("discoverJob", options, `${workflowId}.run-2`)).toBe(true);
  expect(await runId()).toBe(second);
  expect(await temporal.start("discoverJob", options, `${workflowId}.run-3`)).toBe(true);
  expect(await runId()).not.toBe(second);
  await end();
  await connection.close();
});
