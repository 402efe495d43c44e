import { bitsOf } from "../contract/grid.ts";
import { boundOf } from "./bound.ts";
import { type Pace, ROW_WORK } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import { better, type Candidate, compareCandidates, KEPT, keep, type Limits, NOTHING, type ShardFound } from "./found.ts";
import type { Gram } from "./gram.ts";
import { type Lanes, type Level, lanesOf } from "./lanes.ts";
import { EXACT, factorsOf, pricesOf } from "./limits.ts";
import { type Model, weightPower } from "./model.ts";
import type { Problem } from "./problem.ts";

/** Squared sine of the smallest angle between a unit column and the span of the others that still counts as a new direction. */
const SMALLEST_PIVOT = 1e-6;
/**
 * A fit's residual is off by less than this times the square of the sum of |v_i| r_i, with v_i its entries of v and r_i the
 * length of the i-th row of L^-1: a factor computed is the factor of a matrix that differs by some units in the last
 * place, and r_i is how much of that an entry of v passes on to the coefficients.
 */
const ROUNDING = 1e-14;
/** Sum of r_i beyond which nothing is concluded about permuted targets, whose |v_i| are not known: for 25 rows. */
const STEEPEST = 3e3;
/** More than a sum of squares can be off. */
const ROUNDED = 1e-9;
/** Subsets times models up to which the lowest q of each is noted; in larger libraries the best fill up at once. */
const MOST_STANDING = 1_000_000;
/** Work of a fit beyond the multiply-adds of its subset. */
const FIT_WORK = 4;

/** What the walks of a search write to. */
export interface Record {
  found: ShardFound;
  limits: Limits;
  structureOf: (subset: number) => number;
  /** Lowest q of the cells from `from` on. */
  lowest: Float64Array;
  from: number;
}

export interface Walk {
  /** Makes ready for the grid that the cursor has entered. */
  enter(): void;
  /** Walks over the subsets of the cursor's cell. */
  cell(): void;
}

/**
 * The walk over the subsets of one cell: those that use exactly the exponents of its grid. Going from a subset to one with
 * a further term adds one row to its Cholesky factor L and one entry to v = L^-1 b for each right-hand side, and takes
 * v^2 off its square sum of residuals; a fit so costs as many multiply-adds as the subset has terms.
 *
 * Only the targets themselves are fitted in every subset. Of the noise trials and the permuted targets nothing but their
 * lowest scores is asked. Most of their fits are settled by a bound, and what is found is the same to the last bit:
 * - a permuted target's residual is at least what all terms of the cell together leave of it, see bound.ts;
 * - distances to a span obey the triangle inequality, so a trial's residual is at least (|r| - |e|)^2, with r the target's
 *   and e the noise. By the same inequality within the span of all terms of the cell, it is at least what these leave of
 *   the trial, and (d - |e'|)^2 more: d^2 is what the target's residual is above what they leave of the target, and e'
 *   the part of the noise in their span, which is short.
 */
export function walkOf(
  problem: Problem,
  gram: Gram,
  cursor: Cursor,
  { found, limits, structureOf, lowest, from }: Record,
  pace: Pace,
): Walk {
  const { plan, layout, models, subsets } = problem;
  const { sides, squares, targets, products, usable, segments } = gram;
  const all = layout.terms.length;
  const stride = plan.maxTerms;
  const { places, masks, columns, pairs } = cursor;
  const firstNull = sides - gram.permutations;

  const chosen = new Int32Array(stride);
  /** Number of the choice at each depth, counted over the whole walk. */
  const choices = new Float64Array(stride);
  let choice = 0;
  const lower = new Float64Array(stride * stride);
  /** One over its diagonal. */
  const inverses = new Float64Array(stride);
  /** Upper bounds of the lengths of the rows of L^-1, and of their sums. */
  const lengths = new Float64Array(stride);
  const steepness = new Float64Array(stride + 1);
  const steepest = STEEPEST * Math.max(1, Math.sqrt(problem.sample.training.length) / 5);
  /** Sums of |v_i| r_i, by size and segment. */
  const slants = new Float64Array((stride + 1) * segments.length);
  const projections = new Float64Array(stride * sides);
  const residuals = new Float64Array((stride + 1) * sides);
  residuals.set(squares);

  /** Whether a model weighs the rows alike, so that it has a null. */
  const alike = segments.map(({ model }) => weightPower(models[model] as Model) === 0);
  const factors = factorsOf(problem, gram);
  const targetLanes = lanesOf(0, segments.length, stride);
  const nullLanes = lanesOf(firstNull, sides, stride);
  const levels = segments.map(({ trials }) => {
    const each = problem.request.noise.trials;
    return Array.from({ length: (trials.to - trials.from) / each }, (_, level): Level => {
      const side = trials.from + level * each;
      const reach = Math.max(...gram.shifts.subarray(side, side + each)) * (1 + ROUNDED);
      return { ...lanesOf(side, side + each, stride), first: level * each, reach, cutoffs: new Float64Array(stride + 1) };
    });
  });
  /** Lowest q of the subsets that came among the best, by subset and model: most of their later cells need no comparison. */
  const standing = new Float64Array(Math.min(MOST_STANDING, subsets.before(1, all) * models.length)).fill(NOTHING);
  const bound = boundOf(gram, cursor, problem.sample.training.length, pace);
  /** By size: the null lanes that can matter to a subset of that many terms in this cell. */
  const nullCounts = new Int32Array(stride + 1);
  const nullSizes = new Int32Array(sides);

  /** The largest cutoff of the levels of a segment, by segment and size, and the longest of their noises. */
  const cutoffs = new Float64Array(segments.length * (stride + 1));
  const reaches = Float64Array.from(levels, (ofSegment) => Math.max(0, ...ofSegment.map((level) => level.reach)));

  // Of the present cell: its place in the landscape and, as far as this walk knows, what a q must not exceed to count.
  let place = 0;
  let bestLimit = NOTHING;
  const complexityLimits = new Float64Array(stride + 1);

  // Of the present grid: the exponents that the terms from each one on use, exp(penalty / N) by the number of terms, and
  // how many terms a subset has.
  const reach = new Int32Array(all);
  let prices: Float64Array = new Float64Array(0);
  let leastSize = 1;
  let most = 0;
  let exponentCount = 0;

  /** Adds a row to the factor. Returns false if the term has no new direction. */
  function pivot(depth: number, term: number): boolean {
    if (usable[columns[term] as number] === 0) return false;
    let rest = 1;
    for (let i = 0; i < depth; i += 1) {
      let entry = products[pairs[(chosen[i] as number) * all + term] as number] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[depth * stride + k] as number) * (lower[i * stride + k] as number);
      entry *= inverses[i] as number;
      lower[depth * stride + i] = entry;
      rest -= entry * entry;
    }
    inverses[depth] = 1 / Math.sqrt(rest);
    return rest >= SMALLEST_PIVOT;
  }

  /** Notes how far rounding can matter after a row of the factor and an entry of v of the targets. */
  function weighRounding(depth: number): void {
    let length = 1;
    for (let k = 0; k < depth; k += 1) length += Math.abs(lower[depth * stride + k] as number) * (lengths[k] as number);
    length *= inverses[depth] as number;
    lengths[depth] = length;
    steepness[depth + 1] = (steepness[depth] as number) + length;
    for (let index = 0; index < segments.length; index += 1) {
      const slant = slants[depth * segments.length + index] as number;
      slants[(depth + 1) * segments.length + index] = slant + length * Math.abs(projections[depth * sides + index] as number);
    }
  }

  /** The entry of v at a depth for the first `count` lanes, and the square sums of residuals that it leaves. */
  function project(lanes: Int32Array, count: number, depth: number): void {
    const row = depth * stride;
    const own = depth * sides;
    const start = (columns[chosen[depth] as number] as number) * sides;
    const inverse = inverses[depth] as number;
    for (let lane = 0; lane < count; lane += 1) {
      const side = lanes[lane] as number;
      let value = targets[start + side] as number;
      for (let i = 0; i < depth; i += 1) value -= (lower[row + i] as number) * (projections[i * sides + side] as number);
      value *= inverse;
      projections[own + side] = value;
      residuals[own + sides + side] = (residuals[own + side] as number) - value * value;
    }
  }

  /** Projects the first `count` lanes on the first `size` chosen terms, as far as they are not yet. */
  function complete(lanes: Lanes, count: number, size: number): void {
    for (let depth = 0; depth < size; depth += 1) {
      if (lanes.choices[depth] === choices[depth] && (lanes.widths[depth] as number) >= count) continue;
      project(lanes.sides, count, depth);
      lanes.choices[depth] = choices[depth] as number;
      lanes.widths[depth] = count;
      pace.work(count * (FIT_WORK + depth));
    }
  }

  /** `used`: exponents of the chosen terms. `parent`: the number of their subset. */
  function extend(depth: number, first: number, used: number, parent: number): void {
    const size = depth + 1;
    const { exponents, terms } = cursor;
    const base = parent + 1 - (depth === 0 ? 0 : subsets.before(size, (places[first - 1] as number) + 1));
    const left = exponents & ~used;
    for (let term = first; term < terms; term += 1) {
      if ((left & ~(reach[term] as number)) !== 0) return;
      pace.work(ROW_WORK.plain + depth * depth);
      const missing = left & ~(masks[term] as number);
      const deeper = size < most && canComplete(term + 1, missing, most - size);
      if (missing !== 0 && !deeper) continue;
      if (!pivot(depth, term)) {
        found.refused += 1;
        continue;
      }
      chosen[depth] = term;
      choice += 1;
      choices[depth] = choice;
      project(targetLanes.sides, segments.length, depth);
      weighRounding(depth);
      pace.work(segments.length * (FIT_WORK + depth));
      const subset = base + subsets.before(size, places[term] as number);
      if (missing === 0) record(size, subset);
      if (deeper) extend(size, term + 1, used | (masks[term] as number), subset);
    }
  }

  /** Whether up to `more` of the terms from `first` on can use all of the exponents in `missing`; true if unsure. The first has the most. */
  function canComplete(first: number, missing: number, more: number): boolean {
    if (first >= cursor.terms || (missing & ~(reach[first] as number)) !== 0) return false;
    return missing === 0 || bitsOf(missing) <= more * bitsOf(masks[first] as number);
  }

  function record(size: number, subset: number): void {
    found.fits += sides;
    const offset = size * sides;
    for (let index = 0; index < segments.length; index += 1) {
      const scale = (prices[size] as number) * (factors[index] as number);
      const rss = residuals[offset + index] as number;
      const whole = squares[index] as number;
      recordTarget(index, size, subset, Math.max(rss, EXACT * whole) * scale);
      const off = (slants[size * segments.length + index] as number) + (reaches[index] as number) * (steepness[size] as number);
      const sure = rss - ROUNDING * off * off;
      // Written so that what is no number settles nothing.
      if (sure > (cutoffs[index * (stride + 1) + size] as number)) continue;
      const ofSegment = levels[index] as Level[];
      for (let at = 0; at < ofSegment.length; at += 1) {
        const level = ofSegment[at] as Level;
        if (sure > (level.cutoffs[size] as number)) continue;
        complete(level, level.sides.length, size);
        recordTrials(level, index, size, subset, scale);
      }
    }
    const count = (steepness[size] as number) <= steepest ? (nullCounts[size] as number) : nullLanes.sides.length;
    if (count === 0) return;
    complete(nullLanes, count, size);
    recordNulls(count, size);
  }

  function recordTarget(index: number, size: number, subset: number, q: number): void {
    if (!(q < NOTHING)) return;
    if (place < lowest.length && q < (lowest[place] as number)) lowest[place] = q;
    if (alike[index] && q < found.signal) found.signal = q;
    if (q <= (complexityLimits[size] as number)) {
      const complexity = size + exponentCount;
      const candidate = candidateOf(q, subset, index);
      found.byComplexity[complexity] = better(found.byComplexity[complexity], candidate);
      complexityLimits[size] = q;
    }
    if (q > bestLimit) return;
    const name = subset * models.length + index;
    if (name < standing.length) {
      if (q > (standing[name] as number)) return;
      standing[name] = q;
    }
    keep(found.best, candidateOf(q, subset, index));
    bestLimit = found.best[KEPT - 1]?.q ?? NOTHING;
  }

  function candidateOf(q: number, subset: number, index: number): Candidate {
    const { model } = segments[index] as Gram["segments"][number];
    return { q, cell: cursor.cell, subset, structure: structureOf(subset), model };
  }

  function recordTrials(level: Level, index: number, size: number, subset: number, scale: number): void {
    const { model } = segments[index] as Gram["segments"][number];
    const winners = found.trials[model] as (Candidate | null)[];
    const known = limits.trials[model] as number[];
    for (let lane = 0; lane < level.sides.length; lane += 1) {
      const side = level.sides[lane] as number;
      const trial = level.first + lane;
      const q = Math.max(residuals[size * sides + side] as number, EXACT * (squares[side] as number)) * scale;
      const rival = winners[trial];
      if (!(rival ? q <= rival.q : q < NOTHING)) continue;
      const candidate = candidateOf(q, subset, index);
      if (rival && compareCandidates(candidate, rival) >= 0) continue;
      winners[trial] = candidate;
      if (q < (known[trial] as number)) known[trial] = q;
      setCutoffs(index);
    }
  }

  function setCutoffs(index: number): void {
    const ofSegment = levels[index] as Level[];
    const start = index * (stride + 1);
    cutoffs.fill(Number.NEGATIVE_INFINITY, start, start + stride + 1);
    for (let at = 0; at < ofSegment.length; at += 1) {
      const level = ofSegment[at] as Level;
      setCutoffsOf(level, index);
      for (let size = leastSize; size <= most; size += 1) {
        if ((level.cutoffs[size] as number) > (cutoffs[start + size] as number)) cutoffs[start + size] = level.cutoffs[size] as number;
      }
    }
  }

  function setCutoffsOf(level: Level, index: number): void {
    const known = limits.trials[segments[index]?.model ?? 0] as number[];
    const least = bound.least[index] as number;
    for (let size = leastSize; size <= most; size += 1) {
      const inverse = 1 / ((prices[size] as number) * (factors[index] as number));
      let cutoff = Number.NEGATIVE_INFINITY;
      for (let lane = 0; lane < level.sides.length; lane += 1) {
        const side = level.sides[lane] as number;
        const limit = (known[level.first + lane] as number) * inverse;
        const room = bound.applies ? limit - (bound.left[side] as number) : limit;
        if (room < 0) continue;
        const near = (Math.sqrt(limit) + level.reach) ** 2;
        cutoff = Math.max(cutoff, bound.applies ? Math.min(near, least + (Math.sqrt(room) + (bound.spread[side] as number)) ** 2) : near);
      }
      level.cutoffs[size] = cutoff * (1 + ROUNDED);
    }
  }

  function recordNulls(count: number, size: number): void {
    for (let lane = 0; lane < count; lane += 1) {
      const side = nullLanes.sides[lane] as number;
      const index = segmentAt(side);
      const { permutations } = segments[index] as Gram["segments"][number];
      const scale = (prices[size] as number) * (factors[index] as number);
      const q = Math.max(residuals[size * sides + side] as number, EXACT * (squares[side] as number)) * scale;
      const trial = side - permutations.from;
      if (q < (found.nulls[trial] as number)) found.nulls[trial] = q;
      if (q < (limits.nulls[trial] as number)) limits.nulls[trial] = q;
    }
  }

  /** The segment of a permuted side. */
  function segmentAt(side: number): number {
    let index = 0;
    while (side >= (segments[index] as Gram["segments"][number]).permutations.to) index += 1;
    return index;
  }

  /** Which permuted targets can matter in this cell, and in subsets of how many terms at most. */
  function boundNulls(): void {
    nullCounts.fill(0);
    if (firstNull === sides) return;
    if (!bound.applies) {
      nullCounts.fill(nullLanes.sides.length);
      return;
    }
    let active = 0;
    for (let index = 0; index < segments.length; index += 1) {
      const { permutations } = segments[index] as Gram["segments"][number];
      const price = (prices[leastSize] as number) * (factors[index] as number);
      for (let side = permutations.from; side < permutations.to; side += 1) {
        nullSizes[side] = 0;
        const limit = limits.nulls[side - permutations.from] as number;
        if ((bound.left[side] as number) * price > limit) continue;
        let size = most;
        while ((bound.left[side] as number) * (prices[size] as number) * (factors[index] as number) > limit && size > leastSize) size -= 1;
        nullSizes[side] = size;
        nullCounts[size] = (nullCounts[size] as number) + 1;
        active += 1;
      }
    }
    if (active === 0) return;
    for (let size = most - 1; size > 0; size -= 1) nullCounts[size] = (nullCounts[size] as number) + (nullCounts[size + 1] as number);
    nullLanes.sides.sort((a, b) => (nullSizes[b] as number) - (nullSizes[a] as number) || a - b);
    nullLanes.choices.fill(0);
  }

  return {
    enter() {
      let union = 0;
      for (let term = cursor.terms - 1; term >= 0; term -= 1) {
        union |= masks[term] as number;
        reach[term] = union;
      }
      prices = pricesOf(problem, cursor.exponents);
      leastSize = Math.max(1, Math.ceil(bitsOf(cursor.exponents) / Math.max(1, bitsOf(masks[0] ?? 0))));
      most = prices.findLastIndex((price) => price < Number.POSITIVE_INFINITY);
      exponentCount = bitsOf(cursor.exponents);
      bound.enter();
    },

    cell() {
      if (most < leastSize) return;
      pace.work(cursor.terms ** 2 * ROW_WORK.plain);
      bound.move();
      boundNulls();
      for (let index = 0; index < segments.length; index += 1) setCutoffs(index);
      place = cursor.cell - from;
      bestLimit = found.best[KEPT - 1]?.q ?? NOTHING;
      for (let size = 1; size <= most; size += 1) complexityLimits[size] = found.byComplexity[size + exponentCount]?.q ?? NOTHING;
      extend(0, 0, 0, -1);
    },
  };
}
