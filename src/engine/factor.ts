import type { Pace } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import { COLUMN, type Gram, heightsOf } from "./gram.ts";

/** Squared sine of the smallest angle between a column and the span of the others, all across the constant, that still counts as a new direction. */
const SMALLEST_PIVOT = 1e-6;
/** Below this, the column is in that span but for rounding, so that what it adds can only be the constant. */
const LARGEST_ROUNDING = 1e-12;
/** Work of a fit beyond the multiply-adds of its subset. */
const FIT_WORK = 5;
/** Share of a height that counts as rounding where it cancels. */
const HEIGHT_SHARE = 1e-3;

/** Right-hand sides that are fitted together, and only where one of them can matter. */
export interface Lanes {
  sides: Int32Array;
  /** By depth: how many of the sides are projected on the term that was chosen there, and at which choice. */
  widths: Int32Array;
  choices: Float64Array;
}

/**
 * The Cholesky factor L of the chosen terms' products across the constant, and v = L^-1 b for right-hand sides b. A
 * further term adds a row to L and an entry to v, and takes its square off the square sum of residuals, which is that of
 * a law with a constant.
 *
 * Without one, the law also leaves what is along the constant: with b and a the heights of the side and the terms, and
 * u = L^-1 a, the constant would be c = (b - u v), and to leave it out costs c^2 / (1 + u u). So a fit costs as many
 * multiply-adds as the subset has terms, and one more for each.
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
  const { sides, squares, targets, products, slopes, usable, segments } = gram;
  const { columns, pairs } = cursor;
  const all = columns.length;
  /** Number of the choice at each depth, counted over all. */
  const choices = new Float64Array(most);
  let choice = 0;
  /** By number of terms: how many of them are directions across the constant, and whether one is the constant. */
  const ranks = new Int32Array(most + 1);
  const constants = new Uint8Array(most + 1);

  // Of each direction: its term, its row of L, one over its diagonal entry, at least the length of the row of the inverse,
  // the entry of u, and with those before it 1 / (1 + u u).
  const chosen = new Int32Array(most);
  const lower = new Float64Array(most * most);
  const inverses = new Float64Array(most);
  const lengths = new Float64Array(most);
  const climbs = new Float64Array(most);
  const shares = new Float64Array(most + 1).fill(1);

  // By number of directions and side: the entry of v, the square sum that is left across the constant, and b - u v.
  const projections = new Float64Array(most * sides);
  const across = new Float64Array((most + 1) * sides);
  across.set(squares);
  const heights = new Float64Array((most + 1) * sides);
  heights.set(heightsOf(gram));

  const residuals = new Float64Array((most + 1) * sides);
  const steepness = new Float64Array(most + 1);
  const slants = new Float64Array((most + 1) * segments.length);
  for (let index = 0; index < segments.length; index += 1) slants[index] = HEIGHT_SHARE * Math.abs(heights[index] as number);
  const own = lanes(0, segments.length);

  function lanes(from: number, to: number): Lanes {
    const list = Int32Array.from({ length: to - from }, (_, lane) => from + lane);
    return { sides: list, widths: new Int32Array(most), choices: new Float64Array(most) };
  }

  /** Adds a row to the factor, or notes that the term is the constant. */
  function pivot(depth: number, term: number): boolean {
    const column = columns[term] as number;
    const kind = usable[column] as number;
    if (kind === COLUMN.none) return false;
    const rank = ranks[depth] as number;
    const height = slopes[column] as number;
    let rest = kind === COLUMN.constant ? 0 : 1;
    let climb = height;
    for (let i = 0; i < rank; i += 1) {
      let entry = products[pairs[(chosen[i] as number) * all + term] as number] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[rank * most + k] as number) * (lower[i * most + k] as number);
      entry *= inverses[i] as number;
      lower[rank * most + i] = entry;
      rest -= entry * entry;
      climb -= entry * (climbs[i] as number);
    }
    if (rest >= SMALLEST_PIVOT) {
      const inverse = 1 / Math.sqrt(rest);
      chosen[rank] = term;
      inverses[rank] = inverse;
      climbs[rank] = climb * inverse;
      shares[rank + 1] = 1 / (1 / (shares[rank] as number) + (climbs[rank] as number) ** 2);
      ranks[depth + 1] = rank + 1;
      constants[depth + 1] = constants[depth] as number;
      return true;
    }
    // Written so that what is no number is no direction.
    if (constants[depth] === 1 || !(rest < LARGEST_ROUNDING) || !(climb * climb >= SMALLEST_PIVOT * height * height)) return false;
    ranks[depth + 1] = rank;
    constants[depth + 1] = 1;
    return true;
  }

  /** The entry of v at a depth, and the square sums of residuals that it leaves. */
  function project(list: Int32Array, count: number, depth: number): void {
    const rank = ranks[depth] as number;
    const at = rank * sides;
    const out = (depth + 1) * sides;
    pace.work(count * (FIT_WORK + rank));
    if (ranks[depth + 1] === rank) {
      for (let lane = 0; lane < count; lane += 1) {
        const side = list[lane] as number;
        residuals[out + side] = across[at + side] as number;
      }
      return;
    }
    const row = rank * most;
    const start = (columns[chosen[rank] as number] as number) * sides;
    const inverse = inverses[rank] as number;
    const climb = climbs[rank] as number;
    const share = shares[rank + 1] as number;
    const hasConstant = constants[depth] === 1;
    for (let lane = 0; lane < count; lane += 1) {
      const side = list[lane] as number;
      let value = targets[start + side] as number;
      for (let i = 0; i < rank; i += 1) value -= (lower[row + i] as number) * (projections[i * sides + side] as number);
      value *= inverse;
      projections[at + side] = value;
      const rest = (across[at + side] as number) - value * value;
      across[at + sides + side] = rest;
      if (hasConstant) {
        residuals[out + side] = rest;
        continue;
      }
      const height = (heights[at + side] as number) - climb * value;
      heights[at + sides + side] = height;
      residuals[out + side] = rest + height * height * share;
    }
  }

  function weighRounding(depth: number): void {
    const rank = ranks[depth] as number;
    let length = 0;
    if (ranks[depth + 1] !== rank) {
      length = 1;
      for (let k = 0; k < rank; k += 1) length += Math.abs(lower[rank * most + k] as number) * (lengths[k] as number);
      length *= inverses[rank] as number;
      lengths[rank] = length;
    }
    steepness[depth + 1] = (steepness[depth] as number) + length;
    for (let index = 0; index < segments.length; index += 1) {
      const slant = slants[depth * segments.length + index] as number;
      const entry = length > 0 ? length * Math.abs(projections[rank * sides + index] as number) : 0;
      slants[(depth + 1) * segments.length + index] = slant + entry;
    }
  }

  return {
    residuals,
    steepness,
    slants,
    lanes,
    choose(depth, term) {
      if (!pivot(depth, term)) return false;
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
