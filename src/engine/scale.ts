import { type Pace, ROW_WORK } from "./control.ts";
import { type Limits, NOTHING } from "./found.ts";
import { COLUMN, type Gram, heightsOf } from "./gram.ts";
import { usedGrid } from "./layout.ts";
import type { Problem } from "./problem.ts";
import { penalty } from "./score.ts";

/** q of a residual; see `Candidate`. What is below the floor of a target is exact: the simplest law of those wins. */
export function scored(residual: number, floor: number, scale: number): number {
  return Math.max(residual, floor) * scale;
}

/**
 * What makes a residual a q: exp(penalty / N + jacobian) of the subsets that use exactly some exponents, at segment *
 * (most terms + 1) + number of terms. Infinity where the rows do not suffice.
 */
export function scalesOf({ sample, layout, plan, models }: Problem, { segments }: Gram, exponents: number): Float64Array {
  const { rows } = sample.table;
  const size = { rows, ...usedGrid(layout.sizes, exponents), library: layout.terms.length };
  const prices = Array.from({ length: plan.maxTerms + 1 }, (_, terms) => Math.exp(penalty({ ...size, terms }) / rows));
  return Float64Array.from(
    segments.flatMap(({ model }) => {
      const factor = Math.exp(models[model]?.jacobian ?? 0);
      return prices.map((price) => price * factor);
    }),
  );
}

/** What the laws of one term reach, wherever they are: the limits with which a search starts. */
export function limitsOf(problem: Problem, pace: Pace): Limits {
  const { permutations, trials, grams, layout, models, plan } = problem;
  const none = (length: number) => Array.from({ length }, () => NOTHING);
  const limits: Limits = { nulls: none(permutations), trials: models.map(() => none(trials)) };
  for (const gram of grams) {
    const heights = heightsOf(gram);
    for (const { mask, offset, count } of layout.terms) {
      const scales = scalesOf(problem, gram, mask);
      for (let column = offset; column < offset + count; column += 1) {
        if (gram.usable[column] === COLUMN.none) continue;
        pace.work(gram.sides * ROW_WORK.plain);
        gram.segments.forEach(({ model, trials: drawn, permutations: permuted }, index) => {
          const scale = scales[index * (plan.maxTerms + 1) + 1] as number;
          const take = (into: number[], { from, to }: { from: number; to: number }) => {
            for (let side = from; side < to; side += 1) {
              const q = scored(leftBy(gram, column, side, heights[side] as number), gram.floors[side] as number, scale);
              if (q < (into[side - from] as number)) into[side - from] = q;
            }
          };
          take(limits.nulls, permuted);
          take(limits.trials[model] as number[], drawn);
        });
      }
    }
  }
  return limits;
}

/** What one column alone leaves of a right-hand side, to the last bit as a walk has it. */
function leftBy({ usable, squares, targets, slopes, sides }: Gram, column: number, side: number, height: number): number {
  const square = squares[side] as number;
  if (usable[column] === COLUMN.constant) return square;
  const value = targets[column * sides + side] as number;
  const slope = slopes[column] as number;
  const above = height - slope * value;
  return square - value * value + above * above * (1 / (1 + slope * slope));
}
