import { bitsOf, type Grid } from "../contract/grid.ts";
import { type Control, type Pace, paced, ROW_WORK } from "./control.ts";
import { better, type Candidate, compareCandidates, KEPT, keep, landscapeCells, NOTHING, type ShardFound } from "./found.ts";
import type { Gram, Segment } from "./gram.ts";
import { type Address, addressed, digitsOf, usedGrid } from "./layout.ts";
import { type Model, weightPower } from "./model.ts";
import type { Problem } from "./problem.ts";
import { penalty } from "./score.ts";
import { structuresOf } from "./structure.ts";

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
    trials: problem.models.map(() => Array.from({ length: trials }, () => null)),
    landscape: [],
  };
  const pace = paced(control);
  const lowest = new Float64Array(Math.max(0, Math.min(cells.to, landscapeCells(plan.grids)) - cells.from)).fill(Number.POSITIVE_INFINITY);
  const structureOf = structuresOf(plan, problem.subsets);
  const walks = problem.grams.map((gram) => walkOf(problem, gram, { found, structureOf, lowest, from: cells.from }, pace));
  for (const grid of plan.grids) {
    const from = Math.max(cells.from, grid.from);
    const to = Math.min(cells.to, grid.from + grid.cells);
    if (from >= to) continue;
    for (const walk of walks) walk.enter(grid);
    for (let cell = from; cell < to; cell += 1) {
      const digits = digitsOf(layout.sizes, cell - grid.from, grid.mask);
      for (const walk of walks) walk.cell(cell, digits);
      // Progress counts what the plan counted, skipped subsets and missing models too, so that it ends at the plan's number.
      pace.advance(grid.subsets * plan.targets);
    }
  }
  if (lowest.length > 0) found.landscape.push({ from: cells.from, values: Float32Array.from(lowest, Math.log) });
  return found;
}

/** What the walks of a search write to. */
interface Record {
  found: ShardFound;
  structureOf: (subset: number) => number;
  /** Lowest q of the cells from `from` on. */
  lowest: Float64Array;
  from: number;
}

/**
 * The walk over the subsets of one cell: those that use exactly the exponents of its grid. Going from a subset to one with
 * a further term adds one row to its Cholesky factor L and one entry to v = L^-1 b for each right-hand side, and takes
 * v^2 off its square sum of residuals; a fit so costs as many multiply-adds as the subset has terms.
 */
function walkOf(problem: Problem, gram: Gram, { found, structureOf, lowest, from }: Record, pace: Pace) {
  const { plan, layout, models, subsets } = problem;
  const { sides } = gram;
  const rows = problem.sample.training.length;
  const terms = layout.terms.length;
  const stride = plan.maxTerms;
  const factors = gram.segments.map(({ model }) => Math.exp(models[model]?.jacobian ?? 0));

  const block = new Float64Array(terms * terms);
  const columns = new Int32Array(terms);
  const chosen = new Int32Array(stride);
  const lower = new Float64Array(stride * stride);
  const projections = new Float64Array(stride * sides);
  const residuals = new Float64Array((stride + 1) * sides);
  residuals.set(gram.squares);

  // Of the present grid: its exponents, and its terms by their places in the order of the walk.
  let exponents = 0;
  let most = 0;
  let places: number[] = [];
  let masks: number[] = [];
  /** Exponents that the terms from here on use. */
  let reach: number[] = [];
  /** exp(penalty / N) by the number of terms. */
  let prices: number[] = [];
  let cell = 0;

  /** Adds a row to the factor. Returns false if the term has no new direction. */
  function pivot(depth: number, term: number): boolean {
    if (gram.usable[columns[term] as number] === 0) return false;
    let rest = 1;
    for (let i = 0; i < depth; i += 1) {
      let entry = block[(chosen[i] as number) * terms + term] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[depth * stride + k] as number) * (lower[i * stride + k] as number);
      entry /= lower[i * stride + i] as number;
      lower[depth * stride + i] = entry;
      rest -= entry * entry;
    }
    lower[depth * stride + depth] = Math.sqrt(rest);
    return rest >= SMALLEST_PIVOT;
  }

  /** `used`: exponents of the chosen terms. `parent`: the number of their subset. */
  function extend(depth: number, first: number, used: number, parent: number): void {
    const size = depth + 1;
    const base = parent + 1 - (depth === 0 ? 0 : subsets.before(size, (places[first - 1] as number) + 1));
    for (let term = first; term < places.length; term += 1) {
      const left = exponents & ~used;
      if ((left & ~(reach[term] as number)) !== 0) return;
      pace.work(ROW_WORK.plain + depth * depth);
      const missing = left & ~(masks[term] as number);
      const deeper = size < most && canComplete(term + 1, missing, most - size);
      if (missing !== 0 && !deeper) continue;
      if (!pivot(depth, term)) {
        found.refused += 1;
        continue;
      }
      project(gram.targets, (columns[term] as number) * sides, lower, depth, stride, projections, residuals, sides);
      pace.work(sides * (FIT_WORK + depth));
      const subset = base + subsets.before(size, places[term] as number);
      if (missing === 0) record(size, subset);
      if (deeper) {
        chosen[depth] = term;
        extend(size, term + 1, used | (masks[term] as number), subset);
      }
    }
  }

  /** Whether up to `more` of the terms from `first` on can use all of the exponents in `missing`; true if unsure. The first has the most. */
  function canComplete(first: number, missing: number, more: number): boolean {
    if (first >= places.length || (missing & ~(reach[first] as number)) !== 0) return false;
    return missing === 0 || bitsOf(missing) <= more * bitsOf(masks[first] as number);
  }

  function record(size: number, subset: number): void {
    found.fits += sides;
    const complexity = size + bitsOf(exponents);
    const offset = size * sides;
    gram.segments.forEach((segment, index) => {
      const scale = (prices[size] as number) * (factors[index] as number);
      const own = Math.max(residuals[offset + segment.from] as number, EXACT * (gram.squares[segment.from] as number)) * scale;
      if (own < NOTHING) {
        const { model } = segment;
        if (found.best.length < KEPT || own <= (found.best[KEPT - 1] as Candidate).q) keep(found.best, candidateOf(own, subset, model));
        const rival = found.byComplexity[complexity];
        if (!rival || own <= rival.q) found.byComplexity[complexity] = better(rival, candidateOf(own, subset, model));
        if (weightPower(models[model] as Model) === 0) found.signal = Math.min(found.signal, own);
        if (cell - from < lowest.length) lowest[cell - from] = Math.min(lowest[cell - from] as number, own);
      }
      recordTrials(segment, offset, scale, subset);
      recordNulls(segment, offset, scale);
    });
  }

  function candidateOf(q: number, subset: number, model: number): Candidate {
    return { q, cell, subset, structure: structureOf(subset), model };
  }

  function recordTrials({ from, trials, model }: Segment, offset: number, scale: number, subset: number): void {
    const winners = found.trials[model] as (Candidate | null)[];
    for (let trial = 0; trial < trials; trial += 1) {
      const side = from + 1 + trial;
      const q = Math.max(residuals[offset + side] as number, EXACT * (gram.squares[side] as number)) * scale;
      const rival = winners[trial];
      if (!(rival ? q <= rival.q : q < NOTHING)) continue;
      const candidate = candidateOf(q, subset, model);
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

  return {
    enter(grid: Grid): void {
      exponents = grid.mask;
      places = [...subsets.order.keys()].filter((place) => (maskAt(place) & ~exponents) === 0);
      masks = places.map(maskAt);
      reach = [];
      let union = 0;
      for (let term = places.length - 1; term >= 0; term -= 1) {
        union |= masks[term] as number;
        reach[term] = union;
      }
      const used = usedGrid(layout.sizes, exponents);
      prices = Array.from({ length: stride + 1 }, (_, size) => Math.exp(penalty({ rows, terms: size, ...used, library: terms }) / rows));
      most = prices.findLastIndex((price) => price < Number.POSITIVE_INFINITY);
    },

    cell(at: number, digits: readonly number[]): void {
      cell = at;
      places.forEach((place, term) => {
        const own = subsets.order[place] as number;
        columns[term] = addressed(layout.terms[own] as Address, digits);
        for (let before = 0; before < term; before += 1) {
          const other = subsets.order[places[before] as number] as number;
          const [low, high] = own < other ? [own, other] : [other, own];
          block[before * terms + term] = gram.products[addressed(layout.pairs[(high * (high - 1)) / 2 + low] as Address, digits)] as number;
        }
        pace.work(term * (ROW_WORK.plain + digits.length));
      });
      if (most > 0) extend(0, 0, 0, -1);
    },
  };

  function maskAt(place: number): number {
    return layout.terms[subsets.order[place] as number]?.mask ?? 0;
  }
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
