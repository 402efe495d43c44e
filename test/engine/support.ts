import { decodeFound, encodeFound } from "../../src/activities/shard-file.ts";
import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { planDiscover, planEvaluate } from "../../src/contract/plan.ts";
import { type DiscoverRequest, discoverRequest, type EvaluateRequest, evaluateRequest } from "../../src/contract/request.ts";
import { shardCells } from "../../src/contract/route.ts";
import { type Control, type Pace, paced } from "../../src/engine/control.ts";
import { evaluateLaw } from "../../src/engine/evaluate.ts";
import { judge } from "../../src/engine/judge.ts";
import { buildProblem } from "../../src/engine/problem.ts";
import { mergeFound, searchCells } from "../../src/engine/search.ts";

export type ColumnValues = Record<string, number[]>;

export const control: Control = { advance() {} };
/** A pace that nobody listens to. */
export const idle: Pace = paced(control);
export const HASH = `sha256:${"0".repeat(64)}`;

/** A whole discover job, its grid searched in `pieces` pieces that go through JSON as they would between processes. */
export function discover(columns: ColumnValues, more: object = {}, pieces = 1, listener = control) {
  const { request, table, plan } = prepared(columns, more);
  const problem = buildProblem(request, plan, table, listener);
  const found = shardCells(plan, pieces).map((cells) => decodeFound(encodeFound(searchCells(problem, cells, listener))));
  const merged = mergeFound(found.reverse());
  return { plan, found: merged, pieces: found, ...judge(problem, merged, HASH, listener) };
}

export function prepared(columns: ColumnValues, more: object = {}) {
  const request = discoverRequest.parse({ dataset: { source: "inline", columns }, ...more });
  const table = tableOf(columns, unitsOf(request));
  return { request, table, plan: planDiscover(request, headerOf(table)) };
}

function unitsOf({ dataset }: DiscoverRequest | EvaluateRequest) {
  return dataset.source === "inline" ? dataset.units : undefined;
}

export function evaluate(columns: ColumnValues, law: unknown, more: object = {}, listener = control) {
  const request = evaluateRequest.parse({ dataset: { source: "inline", columns }, law, ...more });
  const table = tableOf(columns, unitsOf(request));
  const predict = request.predict?.source === "inline" ? tableOf(request.predict.columns) : undefined;
  const plan = planEvaluate(request, headerOf(table), predict && headerOf(predict));
  return evaluateLaw(request, plan, table, HASH, listener, predict);
}

/** Uniform numbers on (0, 1) by the minimal standard generator; quite enough to make tables for tests. */
export function uniforms(seed: number): () => number {
  let state = (seed * 7_919 + 12_345) % 2_147_483_647;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
