import { type Pace, ROW_WORK } from "./control.ts";
import { type Limits, NOTHING } from "./found.ts";
import type { Gram } from "./gram.ts";
import { usedGrid } from "./layout.ts";
import type { Problem } from "./problem.ts";
import { penalty } from "./score.ts";

/**
 * The square sum of residuals comes out of a difference, so it cannot be told from 0 below this share of the target's
 * square sum: |r| / |y| < 1e-7. All such fits are exact here, and the simplest of them wins.
 */
export const EXACT = 1e-14;
/** exp(penalty / N) of the subsets that use exactly some exponents, by the number of terms; Infinity where the rows do not suffice. */
export function pricesOf({ sample, layout, plan }: Problem, exponents: number): Float64Array {
  const rows = sample.training.length;
  const size = { rows, ...usedGrid(layout.sizes, exponents), library: layout.terms.length };
  return Float64Array.from({ length: plan.maxTerms + 1 }, (_, terms) => Math.exp(penalty({ ...size, terms }) / rows));
}

/** What the Jacobian of the model of each segment multiplies its q with. */
export function factorsOf({ models }: Problem, { segments }: Gram): number[] {
  return segments.map(({ model }) => Math.exp(models[model]?.jacobian ?? 0));
}

/** What the laws of one term reach, wherever they are: the limits with which a search starts. */
export function limitsOf(problem: Problem, pace: Pace): Limits {
  const { permutations, trials, grams, layout, models } = problem;
  const none = (length: number) => Array.from({ length }, () => NOTHING);
  const limits: Limits = { nulls: none(permutations), trials: models.map(() => none(trials)) };
  for (const gram of grams) {
    const factors = factorsOf(problem, gram);
    for (const { mask, offset, count } of layout.terms) {
      const [, price = Number.POSITIVE_INFINITY] = pricesOf(problem, mask);
      for (let column = offset; column < offset + count; column += 1) {
        if (gram.usable[column] === 0) continue;
        pace.work(gram.sides * ROW_WORK.plain);
        gram.segments.forEach(({ model, trials: drawn, permutations: permuted }, index) => {
          const lower = (into: number[], { from, to }: { from: number; to: number }) => {
            for (let side = from; side < to; side += 1) {
              const square = gram.squares[side] as number;
              const rest = square - (gram.targets[column * gram.sides + side] as number) ** 2;
              const q = Math.max(rest, EXACT * square) * price * (factors[index] as number);
              if (q < (into[side - from] as number)) into[side - from] = q;
            }
          };
          lower(limits.nulls, permuted);
          lower(limits.trials[model] as number[], drawn);
        });
      }
    }
  }
  return limits;
}
