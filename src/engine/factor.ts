import type { Pace } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import type { Gram } from "./gram.ts";

/** Squared sine of the smallest angle between a unit column and the span of the others that still counts as a new direction. */
const SMALLEST_PIVOT = 1e-6;
/** Work of a fit beyond the multiply-adds of its subset. */
const FIT_WORK = 4;

/** Right-hand sides that are fitted together, and only where one of them can matter. */
export interface Lanes {
  sides: Int32Array;
  /** By depth: how many of the sides are projected on the term that was chosen there, and at which choice. */
  widths: Int32Array;
  choices: Float64Array;
}

/**
 * The Cholesky factor L of the chosen terms' products, and v = L^-1 b for right-hand sides b. A further term adds a row to
 * L and an entry to v, and takes its square off the square sum of residuals: a fit costs as many multiply-adds as the
 * subset has terms.
 */
export interface Factor {
  /** Square sum of residuals by number of terms and side, at number * sides + side. */
  readonly residuals: Float64Array;
  /**
   * How far rounding can matter, by the number of terms: the sum of r_i, and for each target, at number * segments +
   * segment, that of |v_i| r_i, with r_i the length of the i-th row of L^-1, or more. See `ROUNDING` of trials.ts.
   */
  readonly steepness: Float64Array;
  readonly slants: Float64Array;
  /** Lanes of some sides, half open. */
  lanes(from: number, to: number): Lanes;
  /** Chooses a term at a depth, for the targets themselves. Returns false if it has no new direction. */
  readonly choose: (depth: number, term: number) => boolean;
  /** Fits the first `count` of some lanes to the first `size` chosen terms, as far as they are not yet. */
  readonly complete: (lanes: Lanes, count: number, size: number) => void;
}

/** For up to `most` terms. */
export function factorOf(gram: Gram, cursor: Cursor, most: number, pace: Pace): Factor {
  const { sides, squares, targets, products, usable, segments } = gram;
  const { columns, pairs } = cursor;
  const all = columns.length;
  const chosen = new Int32Array(most);
  /** Number of the choice at each depth, counted over all. */
  const choices = new Float64Array(most);
  let choice = 0;
  const lower = new Float64Array(most * most);
  /** One over its diagonal. */
  const inverses = new Float64Array(most);
  /** Upper bounds of the lengths of the rows of its inverse. */
  const lengths = new Float64Array(most);
  const projections = new Float64Array(most * sides);
  const residuals = new Float64Array((most + 1) * sides);
  residuals.set(squares);
  const steepness = new Float64Array(most + 1);
  const slants = new Float64Array((most + 1) * segments.length);
  const own = lanes(0, segments.length);

  function lanes(from: number, to: number): Lanes {
    const list = Int32Array.from({ length: to - from }, (_, lane) => from + lane);
    return { sides: list, widths: new Int32Array(most), choices: new Float64Array(most) };
  }

  /** Adds a row to the factor. */
  function pivot(depth: number, term: number): boolean {
    if (usable[columns[term] as number] === 0) return false;
    let rest = 1;
    for (let i = 0; i < depth; i += 1) {
      let entry = products[pairs[(chosen[i] as number) * all + term] as number] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[depth * most + k] as number) * (lower[i * most + k] as number);
      entry *= inverses[i] as number;
      lower[depth * most + i] = entry;
      rest -= entry * entry;
    }
    inverses[depth] = 1 / Math.sqrt(rest);
    return rest >= SMALLEST_PIVOT;
  }

  /** The entry of v at a depth, and the square sums of residuals that it leaves. */
  function project(list: Int32Array, count: number, depth: number): void {
    const row = depth * most;
    const at = depth * sides;
    const start = (columns[chosen[depth] as number] as number) * sides;
    const inverse = inverses[depth] as number;
    for (let lane = 0; lane < count; lane += 1) {
      const side = list[lane] as number;
      let value = targets[start + side] as number;
      for (let i = 0; i < depth; i += 1) value -= (lower[row + i] as number) * (projections[i * sides + side] as number);
      value *= inverse;
      projections[at + side] = value;
      residuals[at + sides + side] = (residuals[at + side] as number) - value * value;
    }
    pace.work(count * (FIT_WORK + depth));
  }

  function weighRounding(depth: number): void {
    let length = 1;
    for (let k = 0; k < depth; k += 1) length += Math.abs(lower[depth * most + k] as number) * (lengths[k] as number);
    length *= inverses[depth] as number;
    lengths[depth] = length;
    steepness[depth + 1] = (steepness[depth] as number) + length;
    for (let index = 0; index < segments.length; index += 1) {
      const slant = slants[depth * segments.length + index] as number;
      slants[(depth + 1) * segments.length + index] = slant + length * Math.abs(projections[depth * sides + index] as number);
    }
  }

  return {
    residuals,
    steepness,
    slants,
    lanes,
    choose(depth, term) {
      if (!pivot(depth, term)) return false;
      chosen[depth] = term;
      choice += 1;
      choices[depth] = choice;
      project(own.sides, segments.length, depth);
      weighRounding(depth);
      return true;
    },
    complete(some, count, size) {
      for (let depth = 0; depth < size; depth += 1) {
        if (some.choices[depth] === choices[depth] && (some.widths[depth] as number) >= count) continue;
        project(some.sides, count, depth);
        some.choices[depth] = choices[depth] as number;
        some.widths[depth] = count;
      }
    },
  };
}
