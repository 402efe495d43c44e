import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem } from "../../src/contract/job.ts";
import { call } from "../support/http.ts";
import { planets } from "../support/planets.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const dataset = { source: "inline", columns: planets, units: { a: "AU", T: "d" } };
const inline = (columns: object, units = {}) => ({ source: "inline", columns, units });
const nested = (levels: number) =>
  `${`{"type":"power","exponent":{"type":"constant","value":2},"base":`.repeat(levels)}{"type":"column","name":"a"}${"}".repeat(levels)}`;

async function refusal(body: string | object) {
  const response = await fetch(`${bench.url}/v1/evaluate_async`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify({ dataset, ...body }),
  });
  const document = problem.parse(await response.json());
  expect(document.detail.length).toBeLessThan(500);
  return { status: response.status, code: document.code, pointer: document.errors?.[0]?.pointer };
}

describe("a law that cannot be read is refused at once", () => {
  test.each<[string, unknown, string, string]>([
    ["parentheses", "(".repeat(10_000), "invalid_request", "/law"],
    ["parentheses within the length", `${"(".repeat(1_000)}a${")".repeat(999)}`, "formula_invalid", "/law"],
    ["a long text", "a+".repeat(50_000), "invalid_request", "/law"],
    ["an unknown name", "T = 365 b^1.5", "unknown_term", "/law"],
    ["a free exponent", "T = 365 a^p", "unknown_term", "/law"],
    ["its own target", { ast: { type: "column", name: "T" } }, "invalid_request", "/law"],
    ["a tree with another column", { ast: { type: "column", name: "b" } }, "column_unknown", "/law/ast"],
    ["a tree of no known part", { ast: { type: "matrix" } }, "invalid_request", "/law/ast/type"],
    ["a list", [], "invalid_request", "/law"],
  ])("%s", async (_, law, code, pointer) => {
    expect(await refusal({ law })).toEqual({ status: 422, code, pointer });
  });

  test.each([
    ["deeper than a law can be", 400, "/law/ast"],
    ["deeper than a document can be", 10_000, undefined],
  ])("a tree %s", async (_, levels, pointer) => {
    expect(await refusal(`{"dataset": ${JSON.stringify(dataset)}, "law": {"ast": ${nested(levels)}}}`)).toEqual({
      status: 422,
      code: "invalid_request",
      pointer,
    });
  });
});

test("a tree as deep as any text can be is accepted", async () => {
  const body = `{"dataset": ${JSON.stringify(dataset)}, "law": {"ast": ${nested(250)}}}`;
  const response = await fetch(`${bench.url}/v1/evaluate_async`, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(response.status).toBe(202);
});

describe("rows to predict are refused at once", () => {
  const law = "T = 365.2*a^1.5";
  test.each<[string, unknown, string, string | undefined]>([
    ["without a column of the law", inline({ b: [1, 2] }), "column_unknown", "/predict"],
    ["in another unit", inline({ a: [1e8, 2e8] }, { a: "km" }), "invalid_request", "/predict"],
    ["without rows", inline({ a: [] }), "dataset_empty", undefined],
    ["with columns of different lengths", inline({ a: [1], b: [1, 2] }), "dataset_ragged", "/predict/columns/b"],
    ["with a text", inline({ a: [1, "2"] }), "dataset_not_numeric", "/predict/columns/a/1"],
    ["that are in no store", { source: "stored", dataset_id: `ds_${"0".repeat(64)}` }, "dataset_not_found", "/predict/dataset_id"],
    ["of no source", { columns: { a: [1] } }, "invalid_request", "/predict/source"],
  ])("%s", async (_, predict, code, pointer) => {
    expect(await refusal({ law, predict })).toEqual({ status: 422, code, pointer });
  });

  test("but one row, without the target and without a unit, is accepted", async () => {
    const body = { dataset, law, predict: { source: "inline", columns: { a: [2.77] } } };
    expect((await call("POST", `${bench.url}/v1/evaluate_async`, { body })).status).toBe(202);
  });
});

test("a library that the units leave nothing of is refused with the dimensions", async () => {
  const hypothesis = { terms: ["1", "a^p"], dimensions: "strict" };
  const { status, body } = await call<{ code: string; detail: string }>("POST", `${bench.url}/v1/discover_async`, {
    body: { dataset, hypothesis },
  });
  expect([status, body.code]).toEqual([422, "dimensions_disagree"]);
  expect(body.detail).toMatch(/a\^-4 is length\^-4; what is modelled is time/);
});
