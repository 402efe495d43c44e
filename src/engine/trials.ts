import type { Bound } from "./bound.ts";
import type { Factor, Lanes } from "./factor.ts";
import { type Candidate, compareCandidates, type Limits, NOTHING } from "./found.ts";
import type { Gram } from "./gram.ts";
import { scored } from "./scale.ts";

/**
 * A fit's residual is off by less than this times the square of the sum of |v_i| r_i, with v_i its entries of v and r_i the
 * length of the i-th row of L^-1: a factor computed is the factor of a matrix that differs by some units in the last
 * place, and r_i is how much of that an entry of v passes on to the coefficients.
 */
const ROUNDING = 1e-14;
/** More than a sum of squares can be off. */
const ROUNDED = 1e-9;

/** The noise trials of one level under one model. */
interface Level extends Lanes {
  /** Index of its first trial among those of all levels. */
  first: number;
  /** Largest length of its noise. */
  reach: number;
  /** By size: none of the trials can matter where the target leaves more than this. */
  cutoffs: Float64Array;
}

/**
 * The noise trials of one Gram. Only their best candidates are asked, and most fits are settled by the target's own:
 * distances to a span obey the triangle inequality, so a trial leaves at least (|r| - |e|)^2, with r what the target
 * leaves and e the noise. By the same inequality within the span of all terms of the cell, it leaves what these leave of
 * the trial, and (d - |e'|)^2 more: d^2 is how much more the subset leaves of the target than all terms do, and e' the
 * part of the noise in their span, which is short.
 */
export interface Trials {
  /** Makes ready for a cell whose subsets have `least` to `most` terms. */
  move(scales: Float64Array, least: number, most: number): void;
  /** Fits the trials of a segment to the chosen terms, as far as they can matter there. `candidate` names the fit. */
  readonly record: (index: number, size: number, candidate: (q: number) => Candidate) => void;
}

export function trialsOf(
  gram: Gram,
  factor: Factor,
  bound: Bound,
  { winners, limits, perLevel, stride }: { winners: (Candidate | null)[][]; limits: Limits; perLevel: number; stride: number },
): Trials {
  const { segments, sides, floors, shifts } = gram;
  const { residuals, steepness, slants, complete } = factor;
  const levels = segments.map(({ trials }) =>
    Array.from({ length: (trials.to - trials.from) / perLevel }, (_, level): Level => {
      const side = trials.from + level * perLevel;
      const reach = Math.max(...shifts.subarray(side, side + perLevel)) * (1 + ROUNDED);
      return { ...factor.lanes(side, side + perLevel), first: level * perLevel, reach, cutoffs: new Float64Array(stride) };
    }),
  );
  /** The largest cutoff of the levels, by segment and size, and the longest of their noises. */
  const cutoffs = new Float64Array(segments.length * stride);
  const reaches = Float64Array.from(levels, (ofSegment) => Math.max(0, ...ofSegment.map(({ reach }) => reach)));
  let scales = new Float64Array(0) as Float64Array;
  let least = 1;
  let most = 0;

  function setCutoffs(index: number): void {
    const ofSegment = levels[index] as Level[];
    const start = index * stride;
    cutoffs.fill(Number.NEGATIVE_INFINITY, start, start + stride);
    for (let at = 0; at < ofSegment.length; at += 1) {
      const level = ofSegment[at] as Level;
      for (let size = least; size <= most; size += 1) {
        const cutoff = cutoffOf(level, index, scales[start + size] as number);
        level.cutoffs[size] = cutoff;
        if (cutoff > (cutoffs[start + size] as number)) cutoffs[start + size] = cutoff;
      }
    }
  }

  function cutoffOf(level: Level, index: number, scale: number): number {
    const known = limits.trials[segments[index]?.model ?? 0] as number[];
    const inverse = 1 / scale;
    const least = bound.least[index] as number;
    let cutoff = Number.NEGATIVE_INFINITY;
    for (let lane = 0; lane < level.sides.length; lane += 1) {
      const side = level.sides[lane] as number;
      const limit = (known[level.first + lane] as number) * inverse;
      const room = bound.applies ? limit - (bound.left[side] as number) : limit;
      if (room < 0) continue;
      const near = (Math.sqrt(limit) + level.reach) ** 2;
      cutoff = Math.max(cutoff, bound.applies ? Math.min(near, least + (Math.sqrt(room) + (bound.spread[side] as number)) ** 2) : near);
    }
    return cutoff * (1 + ROUNDED);
  }

  function fitLevel(level: Level, index: number, size: number, candidate: (q: number) => Candidate): void {
    const { model } = segments[index] as Gram["segments"][number];
    const own = winners[model] as (Candidate | null)[];
    const known = limits.trials[model] as number[];
    const scale = scales[index * stride + size] as number;
    complete(level, level.sides.length, size);
    for (let lane = 0; lane < level.sides.length; lane += 1) {
      const side = level.sides[lane] as number;
      const trial = level.first + lane;
      const q = scored(residuals[size * sides + side] as number, floors[side] as number, scale);
      const rival = own[trial];
      if (!(rival ? q <= rival.q : q < NOTHING)) continue;
      const challenger = candidate(q);
      if (rival && compareCandidates(challenger, rival) >= 0) continue;
      own[trial] = challenger;
      if (q >= (known[trial] as number)) continue;
      known[trial] = q;
      setCutoffs(index);
    }
  }

  return {
    move(scalesHere, leastHere, mostHere) {
      scales = scalesHere;
      least = leastHere;
      most = mostHere;
      for (let index = 0; index < segments.length; index += 1) setCutoffs(index);
    },
    record(index, size, candidate) {
      const off = (slants[size * segments.length + index] as number) + (reaches[index] as number) * (steepness[size] as number);
      const sure = (residuals[size * sides + index] as number) - ROUNDING * off * off;
      // Written so that what is no number settles nothing.
      if (sure > (cutoffs[index * stride + size] as number)) return;
      const ofSegment = levels[index] as Level[];
      for (let at = 0; at < ofSegment.length; at += 1) {
        const level = ofSegment[at] as Level;
        if (!(sure > (level.cutoffs[size] as number))) fitLevel(level, index, size, candidate);
      }
    },
  };
}
