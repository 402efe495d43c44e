import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { planDiscover } from "../../src/contract/plan.ts";
import { discoverRequest } from "../../src/contract/request.ts";
import type { Law, Result } from "../../src/contract/result.ts";
import { shardCells } from "../../src/contract/route.ts";
import { judge } from "../../src/engine/judge.ts";
import { buildProblem } from "../../src/engine/problem.ts";
import { mergeFound, searchCells } from "../../src/engine/search.ts";
import type { ColumnValues } from "./problem.ts";

const HASH = `sha256:${"0".repeat(64)}`;
const control = { advance() {} };

/**
 * A whole discover job in this process; `more` is the request without its dataset. The search is cut into `pieces`, whose
 * findings are copied as between threads and are merged last to first.
 */
export function discover(columns: ColumnValues, more: object, pieces = 1, units: Record<string, string> = {}): Result {
  const table = tableOf(columns, units);
  const request = discoverRequest.parse({ dataset: { source: "inline", columns, units }, ...more });
  const plan = planDiscover(request, headerOf(table));
  const problem = buildProblem(request, plan, table, control);
  const found = shardCells(plan, pieces).map((cells) => structuredClone(searchCells(problem, cells, control)));
  return judge(problem, mergeFound(found.reverse()), HASH, control).result;
}

export function lawOf(result: Result): Law | undefined {
  return result.law ?? result.candidate;
}
