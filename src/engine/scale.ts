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
const EXACT = 1e-14;

/** q of a residual; see `Candidate`. */
export function scored(residual: number, square: number, scale: number): number {
  return Math.max(residual, EXACT * square) * scale;
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
    for (const { mask, offset, count } of layout.terms) {
      const scales = scalesOf(problem, gram, mask);
      for (let column = offset; column < offset + count; column += 1) {
        if (gram.usable[column] === 0) continue;
        pace.work(gram.sides * ROW_WORK.plain);
        gram.segments.forEach(({ model, trials: drawn, permutations: permuted }, index) => {
          const scale = scales[index * (plan.maxTerms + 1) + 1] as number;
          const take = (into: number[], { from, to }: { from: number; to: number }) => {
            for (let side = from; side < to; side += 1) {
              const square = gram.squares[side] as number;
              const q = scored(square - (gram.targets[column * gram.sides + side] as number) ** 2, square, scale);
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
