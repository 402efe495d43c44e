import { afterAll, beforeAll, expect, test } from "vitest";
import { call, finished } from "../support/http.ts";
import { keplerRequest, planets } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

async function csvOf(jobId: string): Promise<string[]> {
  const response = await fetch(`${stack.url}/v1/jobs/${jobId}/artifacts/predictions.csv`);
  expect(response.headers.get("content-type")).toMatch(/^text\/csv/);
  return (await response.text()).trimEnd().split("\n");
}

test("the law that a discover job found predicts the period of one more body", async () => {
  const found = await call("POST", `${stack.url}/v1/discover`, { body: keplerRequest });
  const { target, transform, ast } = found.body.result?.law ?? {};

  const { body } = await call("POST", `${stack.url}/v1/evaluate`, {
    body: { ...keplerRequest, law: { target, transform, ast }, constants: "refit", predict: { source: "inline", columns: { a: [2.77] } } },
  });

  expect(body).toMatchObject({ status: "succeeded", verdict: "accepted" });
  expect(body.result?.law?.python).toBe(found.body.result?.law?.python);
  const [first] = body.result?.predictions?.first ?? [];
  expect((first?.low ?? 0) < 1_682 && 1_682 < (first?.high ?? 0)).toBe(true);
  expect(await csvOf(body.job_id)).toEqual([
    "a,prediction,low,high,outside",
    `2.77,${first?.prediction},${first?.low},${first?.high},false`,
  ]);
});

test("tables too large for a history go by way of the store, both of them, and the file has every row", async () => {
  const rows = 20_000;
  const a = Array.from({ length: rows }, (_, row) => 1 + row);
  const columns = { a, T: a.map((value) => 365 * value ** 1.5) };
  const predict = { source: "inline", columns: { a: a.map((value) => value + 10_000) } };
  const { body } = await call("POST", `${stack.url}/v1/evaluate_async`, {
    body: { dataset: { source: "inline", columns }, law: "T = 365*a^1.5", predict },
  });
  const job = await finished(stack.url, body.job_id);

  expect(job.result?.predictions).toMatchObject({ rows, outside: 10_000, not_finite: 0 });
  expect(job.result?.predictions?.first).toHaveLength(100);
  expect(await csvOf(body.job_id)).toHaveLength(rows + 1);
});

test("a stored table of one row can be predicted, but not searched", async () => {
  const upload = await call<{ dataset_id: string }>("POST", `${stack.url}/v1/datasets`, { body: { columns: { a: [4] } } });
  const one = { source: "stored", dataset_id: upload.body.dataset_id };
  const { body } = await call("POST", `${stack.url}/v1/evaluate`, {
    body: { dataset: { source: "inline", columns: planets }, law: "T = 365.25 a^1.5", predict: one },
  });
  expect(body.result?.predictions?.first[0]?.prediction).toBeCloseTo(2_922, 6);
  const refused = await call<{ code: string }>("POST", `${stack.url}/v1/discover`, { body: { dataset: one } });
  expect(refused.body.code).toBe("dataset_too_few_rows");
});
