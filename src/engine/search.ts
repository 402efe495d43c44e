import type { CellRange } from "../contract/grid.ts";
import { type Control, paced } from "./control.ts";
import { cursorOf } from "./cursor.ts";
import { type Limits, landscapeCells, lower, NOTHING, type ShardFound } from "./found.ts";
import type { Problem } from "./problem.ts";
import { limitsOf } from "./scale.ts";
import { structuresOf } from "./structure.ts";
import { walkOf } from "./walk.ts";

export { type Limits, limitsIn, lower, mergeFound, type ShardFound } from "./found.ts";

/**
 * Searches some cells: every subset of up to `maxTerms` terms, every model, every right-hand side. With `known`, scores
 * that other cells have reached, those of this search's noise trials and permuted targets that are no better may be left
 * out of what is found: joined with what was found in the other cells, it is the same.
 */
export function searchCells(problem: Problem, cells: CellRange, control: Control, known?: Limits): ShardFound {
  const { plan, permutations, trials } = problem;
  const deepest = plan.maxTerms + plan.exponents.length;
  const found: ShardFound = {
    cells: cells.to - cells.from,
    fits: 0,
    refused: 0,
    best: [],
    byComplexity: Array.from({ length: deepest + 1 }, () => null),
    signal: NOTHING,
    nulls: Array.from({ length: permutations }, () => NOTHING),
    trials: problem.models.map(() => Array.from({ length: trials }, () => null)),
    landscape: [],
  };
  const pace = paced(control);
  const lowest = new Float64Array(Math.max(0, Math.min(cells.to, landscapeCells(plan.grids)) - cells.from)).fill(Number.POSITIVE_INFINITY);
  const limits = limitsOf(problem, pace);
  if (known) lower(limits, known);
  const record = { found, limits, structureOf: structuresOf(plan, problem.subsets), lowest, from: cells.from };
  const cursor = cursorOf(problem);
  const walks = problem.grams.map((gram) => walkOf(problem, gram, cursor, record, pace));
  for (const grid of plan.grids) {
    const from = Math.max(cells.from, grid.from);
    const to = Math.min(cells.to, grid.from + grid.cells);
    if (from >= to) continue;
    cursor.enter(grid);
    for (const walk of walks) walk.enter();
    for (let cell = from; cell < to; cell += 1) {
      cursor.move(cell);
      for (const walk of walks) walk.cell();
      // Progress counts what the plan counted, skipped subsets and missing models too, so that it ends at the plan's number.
      pace.advance(grid.subsets * plan.targets);
    }
  }
  if (lowest.length > 0) found.landscape.push({ from: cells.from, values: Float32Array.from(lowest, Math.log) });
  return found;
}
