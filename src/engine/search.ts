import { type Control, type Pace, paced, ROW_WORK } from "./control.ts";
import { better, type Candidate, compareCandidates, KEPT, keep, NOTHING, type ShardFound } from "./found.ts";
import type { Gram, Segment } from "./gram.ts";
import { addressed, digitsOf, usedGrid } from "./layout.ts";
import { type Model, weightPower } from "./model.ts";
import type { Problem } from "./problem.ts";
import { penalty } from "./score.ts";
import { subsetsOf } from "./subsets.ts";

export { mergeFound, type ShardFound } from "./found.ts";

/** Squared sine of the smallest angle between a unit column and the span of the others that still counts as a new direction. */
const SMALLEST_PIVOT = 1e-6;
/**
 * The square sum of residuals comes out of a difference, so it cannot be told from 0 below this share of the target's
 * square sum: |r| / |y| < 1e-7. All such fits are exact here, and the simplest of them wins.
 */
const EXACT = 1e-14;
/** Work of a fit beyond the multiply-adds of its subset. */
const FIT_WORK = 4;

/** Searches the cells `from` to `to` (half open): every subset of up to `maxTerms` terms, every model, every right-hand side. */
export function searchCells(problem: Problem, cells: { from: number; to: number }, control: Control): ShardFound {
  const { plan, layout, permutations, trials } = problem;
  const deepest = plan.maxTerms + plan.exponents.length;
  const found: ShardFound = {
    cells: cells.to - cells.from,
    fits: 0,
    refused: 0,
    best: [],
    byComplexity: Array.from({ length: deepest + 1 }, () => null),
    signal: NOTHING,
    nulls: Array.from({ length: permutations }, () => NOTHING),
    trials: { additive: Array.from({ length: trials }, () => null), relative: Array.from({ length: trials }, () => null) },
  };
  const pace = paced(control);
  const walks = problem.grams.map((gram) => walkOf(problem, gram, found, pace));
  const all = 2 ** layout.sizes.length - 1;
  for (let cell = cells.from; cell < cells.to; cell += 1) {
    const digits = digitsOf(layout.sizes, cell, all);
    for (const walk of walks) walk(cell, digits);
  }
  return found;
}

/**
 * The walk over all subsets of one cell. Going from a subset to one with a further term adds one row to its Cholesky
 * factor L and one entry to v = L^-1 b for each right-hand side, and takes v^2 off its square sum of residuals; a fit
 * so costs as many multiply-adds as the subset has terms.
 */
function walkOf(problem: Problem, gram: Gram, found: ShardFound, pace: Pace): (cell: number, digits: readonly number[]) => void {
  const { plan, layout, models } = problem;
  const { sides } = gram;
  const { maxTerms } = plan;
  const rows = problem.sample.training.length;
  const terms = layout.terms.length;
  const subsets = subsetsOf(terms, maxTerms);
  const factors = gram.segments.map(({ model }) => Math.exp(models[model]?.jacobian ?? 0));

  const block = new Float64Array(terms * terms);
  const columns = new Int32Array(terms);
  const chosen = new Int32Array(maxTerms);
  const lower = new Float64Array(maxTerms * maxTerms);
  const projections = new Float64Array(maxTerms * sides);
  const residuals = new Float64Array((maxTerms + 1) * sides);
  residuals.set(gram.squares);

  let subset = 0;
  let cell = 0;

  const prices = new Map<number, number>();
  /** exp(penalty / N) of a subset of `size` terms that uses the exponents `used`. */
  function priceOf(size: number, used: number): number {
    const key = used * 8 + size;
    let price = prices.get(key);
    if (price === undefined) {
      price = Math.exp(penalty({ rows, terms: size, ...usedGrid(layout.sizes, used), library: terms }) / rows);
      prices.set(key, price);
    }
    return price;
  }

  /** Adds a row to the factor. Returns false if the term has no new direction. */
  function pivot(depth: number, term: number): boolean {
    if (gram.usable[columns[term] as number] === 0) return false;
    let rest = 1;
    for (let i = 0; i < depth; i += 1) {
      let entry = block[(chosen[i] as number) * terms + term] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[depth * maxTerms + k] as number) * (lower[i * maxTerms + k] as number);
      entry /= lower[i * maxTerms + i] as number;
      lower[depth * maxTerms + i] = entry;
      rest -= entry * entry;
    }
    lower[depth * maxTerms + depth] = Math.sqrt(rest);
    return rest >= SMALLEST_PIVOT;
  }

  /** `exponents`: those that the chosen terms use. `fresh`: those that are not at their first value in this cell. */
  function extend(depth: number, first: number, exponents: number, fresh: number): void {
    for (let term = first; term < terms; term += 1) {
      pace.work(ROW_WORK.plain + depth * depth);
      const used = exponents | (layout.terms[term]?.mask ?? 0);
      const walk = subsets.below(depth + 1, term);
      const factor = priceOf(depth + 1, used);
      if (factor === Number.POSITIVE_INFINITY || !pivot(depth, term)) {
        found.refused += 1;
        subset += walk;
        continue;
      }
      // A subset that does not use an exponent is the same in all its cells: it counts in the first of them only.
      const counts = (fresh & ~used) === 0;
      if (counts || walk > 1) {
        project(gram.targets, (columns[term] as number) * sides, lower, depth, maxTerms, projections, residuals, sides);
        found.fits += sides;
        pace.work(sides * (FIT_WORK + depth));
      }
      if (counts) record(depth + 1, used, factor);
      subset += 1;
      if (walk > 1) {
        chosen[depth] = term;
        extend(depth + 1, term + 1, used, fresh);
      }
    }
  }

  function record(size: number, used: number, factor: number): void {
    const complexity = size + bitsOf(used);
    const offset = size * sides;
    gram.segments.forEach((segment, index) => {
      const scale = factor * (factors[index] as number);
      const own = Math.max(residuals[offset + segment.from] as number, EXACT * (gram.squares[segment.from] as number)) * scale;
      const candidate = { q: own, cell, subset, model: segment.model };
      if (own < NOTHING) {
        if (found.best.length < KEPT || own <= (found.best[KEPT - 1] as Candidate).q) keep(found.best, candidate);
        const rival = found.byComplexity[complexity];
        if (!rival || own <= rival.q) found.byComplexity[complexity] = better(rival, candidate);
        if (weightPower(models[segment.model] as Model) === 0) found.signal = Math.min(found.signal, own);
      }
      recordTrials(segment, offset, scale);
      recordNulls(segment, offset, scale);
    });
  }

  function recordTrials({ from, trials, model }: Segment, offset: number, scale: number): void {
    const winners = found.trials[models[model]?.noise ?? "additive"];
    for (let trial = 0; trial < trials; trial += 1) {
      const side = from + 1 + trial;
      const q = Math.max(residuals[offset + side] as number, EXACT * (gram.squares[side] as number)) * scale;
      const rival = winners[trial];
      if (!(rival ? q <= rival.q : q < NOTHING)) continue;
      const candidate = { q, cell, subset, model };
      if (!rival || compareCandidates(candidate, rival) < 0) winners[trial] = candidate;
    }
  }

  function recordNulls({ from, trials, permutations }: Segment, offset: number, scale: number): void {
    const { nulls } = found;
    const { squares } = gram;
    for (let index = 0; index < permutations; index += 1) {
      const side = from + 1 + trials + index;
      const q = Math.max(residuals[offset + side] as number, EXACT * (squares[side] as number)) * scale;
      if (q < (nulls[index] as number)) nulls[index] = q;
    }
  }

  return (at, digits) => {
    cell = at;
    subset = 0;
    let fresh = 0;
    digits.forEach((digit, exponent) => {
      if (digit > 0) fresh |= 1 << exponent;
    });
    layout.terms.forEach((term, t) => {
      columns[t] = addressed(term, digits);
      for (let s = 0; s < t; s += 1) {
        block[s * terms + t] = gram.products[
          addressed(layout.pairs[(t * (t - 1)) / 2 + s] as { offset: number; strides: number[] }, digits)
        ] as number;
      }
      pace.work(t * (ROW_WORK.plain + digits.length));
    });
    extend(0, 0, 0, fresh);
    // Progress counts what the plan counted, skipped subsets too, so that it ends at the plan's number of fits.
    pace.advance(subset * sides);
  };
}

/** The next entry of v for every right-hand side, and the square sums of residuals that it leaves. */
function project(
  targets: Float64Array,
  start: number,
  lower: Float64Array,
  depth: number,
  stride: number,
  projections: Float64Array,
  residuals: Float64Array,
  sides: number,
): void {
  const row = depth * stride;
  const own = depth * sides;
  const inverse = 1 / (lower[row + depth] as number);
  for (let side = 0; side < sides; side += 1) {
    let value = targets[start + side] as number;
    for (let i = 0; i < depth; i += 1) value -= (lower[row + i] as number) * (projections[i * sides + side] as number);
    value *= inverse;
    projections[own + side] = value;
    residuals[own + sides + side] = (residuals[own + side] as number) - value * value;
  }
}

function bitsOf(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
