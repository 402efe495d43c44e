import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { planDiscover } from "../../src/contract/plan.ts";
import { discoverRequest } from "../../src/contract/request.ts";
import type { Law, Result } from "../../src/contract/result.ts";
import { judge } from "../../src/engine/judge.ts";
import { buildProblem } from "../../src/engine/problem.ts";
import { searchCells } from "../../src/engine/search.ts";
import type { ColumnValues } from "./problem.ts";

const HASH = `sha256:${"0".repeat(64)}`;
const control = { advance() {} };

/** A whole discover job in this process; `more` is the request without its dataset. */
export function discover(columns: ColumnValues, more: object): Result {
  const table = tableOf(columns);
  const request = discoverRequest.parse({ dataset: { source: "inline", columns }, ...more });
  const plan = planDiscover(request, headerOf(table));
  const problem = buildProblem(request, plan, table, control);
  return judge(problem, searchCells(problem, { from: 0, to: plan.cells }, control), HASH, control).result;
}

export function lawOf(result: Result): Law | undefined {
  return result.law ?? result.candidate;
}
