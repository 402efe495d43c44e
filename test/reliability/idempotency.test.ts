import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, finished } from "../support/http.ts";
import { keplerEvaluation, keplerRequest } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** The oracle is the server's own list of workflows, not the gateway's replies. */
async function workflowsOf(ids: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const execution of stack.client.workflow.list()) if (ids.includes(execution.workflowId)) found.push(execution.workflowId);
  return found;
}

async function countWorkflows(): Promise<number> {
  let count = 0;
  for await (const _ of stack.client.workflow.list()) count += 1;
  return count;
}

test("50 concurrent submits with one key make one job", async () => {
  const before = await countWorkflows();
  const headers = { "idempotency-key": randomUUID() };

  const replies = await Promise.all(
    Array.from({ length: 50 }, () => call("POST", `${stack.url}/v1/evaluate_async`, { body: keplerEvaluation, headers })),
  );

  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
  const ids = new Set(replies.map(({ body }) => body.job_id));
  expect(ids.size).toBe(1);
  const [id = ""] = ids;
  await finished(stack.url, id);
  // Visibility is behind by moments; a second workflow, had one been started, would have been listed by the time the first has closed.
  await expect.poll(() => workflowsOf([id])).toEqual([id]);
  expect(await countWorkflows()).toBe(before + 1);
  expect(replies.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
});

test("the same key with another body is refused and changes nothing", async () => {
  const headers = { "x-idempotency-key": randomUUID() };
  const first = await call("POST", `${stack.url}/v1/discover_async`, { body: keplerRequest, headers });
  const job = await finished(stack.url, first.body.job_id);

  const second = await call<{ code: string }>("POST", `${stack.url}/v1/discover_async`, { body: { ...keplerRequest, seed: 5 }, headers });

  expect(second.status).toBe(422);
  expect(second.body.code).toBe("idempotency_key_reused");
  expect(await finished(stack.url, first.body.job_id)).toEqual(job);
});

test("the order of columns is part of the body, because it decides the target", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const { a, T } = keplerRequest.dataset.columns;
  await call("POST", `${stack.url}/v1/discover_async`, { body: keplerRequest, headers });

  const swapped = { dataset: { ...keplerRequest.dataset, columns: { T, a } } };
  const second = await call<{ code: string }>("POST", `${stack.url}/v1/discover_async`, { body: swapped, headers });

  expect(second.body.code).toBe("idempotency_key_reused");
});

test("a key is answered with the same job after the gateway was killed and started again", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const first = await call("POST", `${stack.url}/v1/evaluate_async`, { body: keplerEvaluation, headers });
  await stack.gateway().end("SIGKILL");
  await stack.startGateway();

  const second = await call("POST", `${stack.url}/v1/evaluate_async`, { body: keplerEvaluation, headers });

  expect(second.status).toBe(202);
  expect(second.headers.get("idempotent-replayed")).toBe("true");
  expect(second.body.job_id).toBe(first.body.job_id);
});
