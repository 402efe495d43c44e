import { bitsOf } from "../contract/grid.ts";
import { boundOf } from "./bound.ts";
import { type Pace, ROW_WORK } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import { factorOf } from "./factor.ts";
import { better, type Candidate, KEPT, keep, type Limits, NOTHING, type ShardFound } from "./found.ts";
import type { Gram } from "./gram.ts";
import { nullsOf } from "./nulls.ts";
import type { Problem } from "./problem.ts";
import { scalesOf, scored } from "./scale.ts";
import { trialsOf } from "./trials.ts";

/** Subsets times models up to which the lowest q of each is noted; in larger libraries the best fill up at once. */
const MOST_STANDING = 1_000_000;

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
 * The walk over the subsets of one cell: those that use exactly the exponents of its grid, each by one term more than the
 * one before. The targets themselves are fitted in every subset, noise trials and permuted targets where they can matter.
 */
export function walkOf(
  problem: Problem,
  gram: Gram,
  cursor: Cursor,
  { found, limits, structureOf, lowest, from }: Record,
  pace: Pace,
): Walk {
  const { models, subsets } = problem;
  const { sides, floors, segments, alike } = gram;
  const { places, masks } = cursor;
  const { rows } = problem.sample.table;
  const all = problem.layout.terms.length;
  const stride = problem.plan.maxTerms + 1;
  const factor = factorOf(gram, cursor, problem.plan.maxTerms, pace);
  const { residuals, choose } = factor;
  const bound = boundOf(gram, cursor, rows, pace);
  const trials = trialsOf(gram, factor, bound, { winners: found.trials, limits, perLevel: problem.request.noise.trials, stride });
  const nulls = nullsOf(gram, factor, bound, { lowest: found.nulls, limits, rows, stride });
  const recordTrials = trials.record;
  const recordNulls = nulls.record;
  /** Lowest q of the subsets that came among the best, by subset and model: most of their later cells need no comparison. */
  const standing = new Float64Array(Math.min(MOST_STANDING, subsets.before(1, all) * models.length)).fill(NOTHING);

  // Of the present grid: the exponents that the terms from each one on use, what makes a residual a q, and how many terms a
  // subset has.
  const reach = new Int32Array(all);
  let scales = new Float64Array(0) as Float64Array;
  let exponents = 0;
  let least = 1;
  let most = 0;

  // Of the present cell: its place in the landscape and, as far as this walk knows, what a q must not exceed to count.
  let place = 0;
  let bestLimit = NOTHING;
  const complexityLimits = new Float64Array(stride);

  // Of the present subset and segment.
  let subset = 0;
  let model = 0;

  /** `used`: exponents of the chosen terms. `parent`: the number of their subset. */
  function extend(depth: number, first: number, used: number, parent: number): void {
    const size = depth + 1;
    const base = parent + 1 - (depth === 0 ? 0 : subsets.before(size, (places[first - 1] as number) + 1));
    const left = cursor.exponents & ~used;
    for (let term = first; term < cursor.terms; term += 1) {
      if ((left & ~(reach[term] as number)) !== 0) return;
      pace.work(ROW_WORK.plain + depth * depth);
      const missing = left & ~(masks[term] as number);
      const deeper = size < most && canComplete(term + 1, missing, most - size);
      if (missing !== 0 && !deeper) continue;
      if (!choose(depth, term)) {
        found.refused += 1;
        continue;
      }
      const number = base + subsets.before(size, places[term] as number);
      if (missing === 0) record(size, number);
      if (deeper) extend(size, term + 1, used | (masks[term] as number), number);
    }
  }

  /** Whether up to `more` of the terms from `first` on can use all of the exponents in `missing`; true if unsure. The first has the most. */
  function canComplete(first: number, missing: number, more: number): boolean {
    if (first >= cursor.terms || (missing & ~(reach[first] as number)) !== 0) return false;
    return missing === 0 || bitsOf(missing) <= more * bitsOf(masks[first] as number);
  }

  function record(size: number, number: number): void {
    subset = number;
    found.fits += sides;
    for (let index = 0; index < segments.length; index += 1) {
      const segment = segments[index] as Gram["segments"][number];
      const rss = residuals[size * sides + index] as number;
      const q = scored(rss, floors[index] as number, scales[index * stride + size] as number);
      if (alike && q < found.signal) found.signal = q;
      if (!segment.nominates) continue;
      model = segment.model;
      recordTarget(size, q);
      recordTrials(index, size, candidateOf);
    }
    recordNulls(size);
  }

  function recordTarget(size: number, q: number): void {
    if (!(q < NOTHING)) return;
    if (place < lowest.length && q < (lowest[place] as number)) lowest[place] = q;
    if (q <= (complexityLimits[size] as number)) {
      const complexity = size + exponents;
      found.byComplexity[complexity] = better(found.byComplexity[complexity], candidateOf(q));
      complexityLimits[size] = q;
    }
    if (q > bestLimit) return;
    const name = subset * models.length + model;
    if (name < standing.length) {
      if (q > (standing[name] as number)) return;
      standing[name] = q;
    }
    keep(found.best, candidateOf(q));
    bestLimit = found.best[KEPT - 1]?.q ?? NOTHING;
  }

  function candidateOf(q: number): Candidate {
    return { q, cell: cursor.cell, subset, structure: structureOf(subset), model };
  }

  return {
    enter() {
      let union = 0;
      for (let term = cursor.terms - 1; term >= 0; term -= 1) {
        union |= masks[term] as number;
        reach[term] = union;
      }
      scales = scalesOf(problem, gram, cursor.exponents);
      exponents = bitsOf(cursor.exponents);
      least = Math.max(1, Math.ceil(exponents / Math.max(1, bitsOf(masks[0] ?? 0))));
      most = scales.subarray(0, stride).findLastIndex((scale) => scale < Number.POSITIVE_INFINITY);
      bound.enter();
    },

    cell() {
      if (most < least) return;
      pace.work(cursor.terms ** 2 * ROW_WORK.plain);
      bound.move();
      trials.move(scales, least, most);
      nulls.move(scales, least, most);
      place = cursor.cell - from;
      bestLimit = found.best[KEPT - 1]?.q ?? NOTHING;
      for (let size = 1; size <= most; size += 1) complexityLimits[size] = found.byComplexity[size + exponents]?.q ?? NOTHING;
      extend(0, 0, 0, -1);
    },
  };
}
