import { type Pace, ROW_WORK } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import type { Gram } from "./gram.ts";

/**
 * Columns with less of a new direction than this are left out of the bound, which then says nothing: below, rounding could
 * matter (products are sums with errors of about 1e-15).
 */
const SMALLEST_DIRECTION = 1e-9;
/**
 * What is taken off the bound, far more than rounding can amount to: a share of the square sum, and of what is explained
 * by directions of which less than a hundredth is new, whose errors are larger.
 */
const MARGIN = { squares: 1e-7, explained: 0.01, direction: 0.01 } as const;
/** Cells of more terms are not bounded: factors of thousands of terms would cost more than they save. */
const MOST_TERMS = 64;

/**
 * How little the laws of a cell can leave of each permuted target: the square sum that all terms of the cell together
 * leave, less a margin. A permuted target is explained by chance alone, and by no more than the number of terms allows:
 * in most cells too little to pay for the terms of any law, and no law needs to be fitted to it there.
 *
 * Terms are factored in the order of their last exponent, so that from one cell to the next only those are factored
 * anew whose exponents moved.
 */
export interface Bound {
  /** Lower bounds for the present cell, by permuted side; 0 where there is none. */
  readonly left: Float64Array;
  enter(): void;
  move(): void;
}

export function boundOf(gram: Gram, cursor: Cursor, rows: number, pace: Pace): Bound {
  const { sides, squares, permutations } = gram;
  const stride = Math.min(cursor.columns.length, MOST_TERMS);
  const first = sides - permutations;
  const lower = new Float64Array(stride * stride);
  const projections = new Float64Array(stride * permutations);
  /** What the directions up to each one leave, less the margin. */
  const residuals = new Float64Array((stride + 1) * permutations);
  residuals.set(squares.subarray(first));
  const left = new Float64Array(permutations);
  const twins = twinsOf(gram);
  const all = cursor.columns.length;

  let order = new Int32Array(0);
  /** Of each term in that order: directions up to it, itself included, and terms up to it that were left out. */
  const directions = new Int32Array(stride);
  const leftOut = new Int32Array(stride);
  /** The terms of the directions. */
  const kept = new Int32Array(stride);
  let applies = false;

  /** Adds the direction of a term; false if it has too little of one. */
  function add(term: number, at: number): boolean {
    const row = at * stride;
    let rest = 1;
    for (let i = 0; i < at; i += 1) {
      let entry = gram.products[cursor.pairs[term * all + (kept[i] as number)] as number] as number;
      for (let k = 0; k < i; k += 1) entry -= (lower[row + k] as number) * (lower[i * stride + k] as number);
      entry /= lower[i * stride + i] as number;
      lower[row + i] = entry;
      rest -= entry * entry;
    }
    if (!(rest >= SMALLEST_DIRECTION)) return false;
    const inverse = 1 / Math.sqrt(rest);
    const weight = rest < MARGIN.direction ? 1 + MARGIN.explained : 1;
    lower[row + at] = Math.sqrt(rest);
    kept[at] = term;
    const targets = (cursor.columns[term] as number) * sides + first;
    const own = at * permutations;
    for (let side = 0; side < permutations; side += 1) projections[own + side] = gram.targets[targets + side] as number;
    for (let i = 0; i < at; i += 1) {
      const factor = lower[row + i] as number;
      const other = i * permutations;
      for (let side = 0; side < permutations; side += 1) {
        projections[own + side] = (projections[own + side] as number) - factor * (projections[other + side] as number);
      }
    }
    for (let side = 0; side < permutations; side += 1) {
      const value = (projections[own + side] as number) * inverse;
      projections[own + side] = value;
      residuals[own + permutations + side] = (residuals[own + side] as number) - weight * value * value;
    }
    pace.work(at * at + (at + 2) * permutations);
    return true;
  }

  return {
    left,
    enter() {
      const { terms, last } = cursor;
      applies = permutations > 0 && terms <= stride && 2 * terms < rows;
      order = Int32Array.from({ length: terms }, (_, term) => term).sort((a, b) => (last[a] as number) - (last[b] as number) || a - b);
    },
    move() {
      left.fill(0);
      if (!applies) return;
      const { terms, last, moved, columns } = cursor;
      let at = 0;
      while (at < terms && (last[order[at] as number] as number) < moved) at += 1;
      let count = at > 0 ? (directions[at - 1] as number) : 0;
      let missing = at > 0 ? (leftOut[at - 1] as number) : 0;
      for (; at < terms; at += 1) {
        const term = order[at] as number;
        const column = columns[term] as number;
        if (gram.usable[column] === 1) {
          const twin = twins[column] as number;
          let known = false;
          for (let i = 0; i < count; i += 1) known ||= twins[columns[kept[i] as number] as number] === twin;
          if (!known) {
            if (add(term, count)) count += 1;
            else missing += 1;
          }
        }
        directions[at] = count;
        leftOut[at] = missing;
      }
      pace.work(terms * ROW_WORK.plain + permutations);
      if (missing > 0) return;
      const end = count * permutations;
      for (let side = 0; side < permutations; side += 1) {
        left[side] = Math.max(0, (residuals[end + side] as number) - MARGIN.squares * (squares[first + side] as number));
      }
    },
  };
}

/** For each column, the first that has the same products with all right-hand sides, to the last bit: a power of 0 and a constant. */
function twinsOf(gram: Gram): Int32Array {
  const { sides, usable, targets } = gram;
  const known = new Map<number, number[]>();
  return Int32Array.from(usable, (_, column) => {
    const key = targets[column * sides] as number;
    const others = known.get(key) ?? [];
    known.set(key, others);
    const twin = others.find((other) => {
      for (let side = 0; side < sides; side += 1) if (targets[column * sides + side] !== targets[other * sides + side]) return false;
      return true;
    });
    if (twin === undefined) others.push(column);
    return twin ?? column;
  });
}
