import { type Pace, ROW_WORK } from "./control.ts";
import type { Cursor } from "./cursor.ts";
import { COLUMN, type Gram, ownersOf } from "./gram.ts";

/** A column with less of a new direction than this leaves a cell without bounds: what it adds is lost in rounding. */
const SMALLEST_DIRECTION = 1e-8;
/**
 * What is taken off a bound, far more than rounding can amount to: a share of the square sum, and a share of what each
 * direction explains, over how much of its column is new.
 */
const MARGIN = { squares: 1e-7, explained: 1e-10 } as const;
/** Cells of more terms have no bounds: a factor of thousands of terms would cost more than it saves. */
const MOST_TERMS = 64;

/**
 * How much the laws of a cell can explain at best: what all terms of the cell and a constant explain together. A permuted target is
 * explained by chance alone, so in most cells by too little to pay for the terms of any law.
 *
 * Terms are factored in the order of their last exponent, so that from one cell to the next only those are factored anew
 * whose exponents moved.
 */
export interface Bound {
  /** Whether the present cell has bounds. */
  readonly applies: boolean;
  /** By side: no law of the cell leaves less. */
  readonly left: Float64Array;
  /** By segment: all terms together leave no more of the target itself. */
  readonly least: Float64Array;
  /** By side: at most this much of the length of a trial's noise lies in the span of all terms. */
  readonly spread: Float64Array;
  enter(): void;
  move(): void;
}

export function boundOf(gram: Gram, cursor: Cursor, rows: number, pace: Pace): Bound {
  const { sides, squares, permutations, segments } = gram;
  const all = cursor.columns.length;
  const stride = Math.min(all, MOST_TERMS);
  const firstNull = sides - permutations;
  const owners = ownersOf(gram);
  const lower = new Float64Array(stride * stride);
  const projections = new Float64Array(stride * sides);
  /** What the directions up to each one leave of a side, less the margin, and how long the noise of a trial is in them, squared. */
  const residuals = new Float64Array((stride + 1) * sides);
  const spreads = new Float64Array((stride + 1) * sides);
  residuals.set(squares);
  for (let side = segments.length; side < firstNull; side += 1) {
    spreads[side] = ((gram.heights[side] as number) - (gram.heights[owners[side] as number] as number)) ** 2;
  }
  /** The margin of the targets themselves. */
  const margins = new Float64Array((stride + 1) * segments.length);
  const twins = twinsOf(gram);

  let order = new Int32Array(0);
  /** Of each term in that order: directions up to it, itself included, and terms up to it that were left out. */
  const directions = new Int32Array(stride);
  const leftOut = new Int32Array(stride);
  /** The terms of the directions. */
  const kept = new Int32Array(stride);
  let small = false;

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
    lower[row + at] = Math.sqrt(rest);
    kept[at] = term;
    project(at, (cursor.columns[term] as number) * sides, 1 / Math.sqrt(rest));
    const own = at * sides;
    const share = MARGIN.explained / rest;
    for (let side = 0; side < sides; side += 1) {
      const square = (projections[own + side] as number) ** 2;
      residuals[own + sides + side] = (residuals[own + side] as number) - (1 + share) * square;
    }
    for (let index = 0; index < segments.length; index += 1) {
      const square = (projections[own + index] as number) ** 2;
      margins[(at + 1) * segments.length + index] = (margins[at * segments.length + index] as number) + 2 * share * square;
    }
    for (let side = segments.length; side < firstNull; side += 1) {
      const shift = (projections[own + side] as number) - (projections[own + (owners[side] as number)] as number);
      spreads[own + sides + side] = (spreads[own + side] as number) + shift * shift;
    }
    pace.work(at * at + (at + 4) * sides);
    return true;
  }

  function project(at: number, column: number, inverse: number): void {
    const own = at * sides;
    for (let side = 0; side < sides; side += 1) projections[own + side] = gram.targets[column + side] as number;
    for (let i = 0; i < at; i += 1) {
      const factor = lower[at * stride + i] as number;
      const other = i * sides;
      for (let side = 0; side < sides; side += 1) {
        projections[own + side] = (projections[own + side] as number) - factor * (projections[other + side] as number);
      }
    }
    for (let side = 0; side < sides; side += 1) projections[own + side] = (projections[own + side] as number) * inverse;
  }

  const bound = {
    applies: false,
    left: new Float64Array(sides),
    least: new Float64Array(segments.length),
    spread: new Float64Array(sides),

    enter(): void {
      const { terms, last } = cursor;
      small = terms <= stride && 2 * terms < rows;
      order = Int32Array.from({ length: terms }, (_, term) => term).sort((a, b) => (last[a] as number) - (last[b] as number) || a - b);
    },

    move(): void {
      bound.applies = false;
      if (!small) return;
      const { terms, last, moved, columns } = cursor;
      let at = 0;
      while (at < terms && (last[order[at] as number] as number) < moved) at += 1;
      let count = at > 0 ? (directions[at - 1] as number) : 0;
      let missing = at > 0 ? (leftOut[at - 1] as number) : 0;
      for (; at < terms; at += 1) {
        const term = order[at] as number;
        const column = columns[term] as number;
        if (gram.usable[column] === COLUMN.varies) {
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
      pace.work(terms * ROW_WORK.plain + 2 * sides);
      if (missing > 0) return;
      bound.applies = true;
      const end = count * sides;
      for (let side = 0; side < sides; side += 1) {
        const margin = MARGIN.squares * (squares[side] as number);
        bound.left[side] = Math.max(0, (residuals[end + side] as number) - margin);
        bound.spread[side] = Math.sqrt((spreads[end + side] as number) + margin * MARGIN.squares);
      }
      for (let index = 0; index < segments.length; index += 1) {
        const margin = (margins[count * segments.length + index] as number) + 2 * MARGIN.squares * (squares[index] as number);
        bound.least[index] = (bound.left[index] as number) + margin;
      }
    },
  };
  return bound;
}

/** For each column, the first that has the same products with all right-hand sides, to the last bit: x and x^1. */
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
