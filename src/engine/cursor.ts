import type { Grid } from "../contract/grid.ts";
import { indexOf, pairOf } from "./layout.ts";
import type { Problem } from "./problem.ts";

/**
 * Where a search stands: the terms of the present grid, in the order of the walk, and where the columns and products of
 * the present cell are. Shared by the walks of all Grams.
 */
export interface Cursor {
  /** Bits of the exponents of the grid. */
  exponents: number;
  /** Number of terms of the grid. */
  terms: number;
  /** Of each term: its place in the order of all terms, and its exponents. */
  places: Int32Array;
  masks: Int32Array;
  /** Of each term: the last of its exponents, -1 for none. Cells are walked so that the last one changes fastest. */
  last: Int32Array;
  cell: number;
  /** The first exponent whose value is new; terms whose last exponent is an earlier one are as they were. */
  moved: number;
  /** Of each term: its column. */
  columns: Int32Array;
  /** Of two terms: their product, at one * (number of all terms) + other, either way round. */
  pairs: Int32Array;
  enter(grid: Grid): void;
  /** To a cell of the grid. */
  move(cell: number): void;
}

export function cursorOf({ layout, subsets, plan }: Pick<Problem, "layout" | "subsets" | "plan">): Cursor {
  const { sizes } = layout;
  const all = layout.terms.length;
  const digits = new Int32Array(sizes.length);
  const maskAt = (place: number) => layout.terms[subsets.order[place] as number]?.mask ?? 0;
  let grid = plan.grids[0] as Grid;
  /** The sets of exponents that terms and pairs of the grid name, the last exponent of each, and the index of its present combination. */
  let sets: number[] = [];
  let lasts: number[] = [];
  let indices: number[] = [];
  const starts = new Int32Array(all);
  const setOfTerm = new Int32Array(all);
  const pairStarts = new Int32Array(all * all);
  const setOfPair = new Int32Array(all * all);

  /** Sets the digits of a cell and returns the first exponent whose digit is new. */
  function setDigits(cell: number): number {
    let first = sizes.length;
    let rest = cell - grid.from;
    for (let exponent = sizes.length - 1; exponent >= 0; exponent -= 1) {
      if (!(grid.mask & (1 << exponent))) continue;
      const size = sizes[exponent] as number;
      const digit = rest % size;
      rest = (rest - digit) / size;
      if (digits[exponent] === digit) continue;
      digits[exponent] = digit;
      first = exponent;
    }
    return first;
  }

  function setOf(mask: number): number {
    const known = sets.indexOf(mask);
    if (known >= 0) return known;
    sets.push(mask);
    lasts.push(lastOf(mask));
    return sets.length - 1;
  }

  const cursor: Cursor = {
    exponents: 0,
    terms: 0,
    places: new Int32Array(all),
    masks: new Int32Array(all),
    last: new Int32Array(all),
    cell: -1,
    moved: -1,
    columns: new Int32Array(all),
    pairs: new Int32Array(all * all),

    enter(entered) {
      grid = entered;
      digits.fill(0);
      cursor.cell = -1;
      cursor.exponents = grid.mask;
      cursor.terms = 0;
      sets = [];
      lasts = [];
      for (let place = 0; place < all; place += 1) {
        const mask = maskAt(place);
        if ((mask & ~grid.mask) !== 0) continue;
        const term = cursor.terms;
        cursor.places[term] = place;
        cursor.masks[term] = mask;
        cursor.last[term] = lastOf(mask);
        const own = subsets.order[place] as number;
        starts[term] = layout.terms[own]?.offset ?? 0;
        setOfTerm[term] = setOf(mask);
        for (let before = 0; before < term; before += 1) {
          const other = subsets.order[cursor.places[before] as number] as number;
          pairStarts[before * all + term] = layout.pairs[pairOf(Math.min(own, other), Math.max(own, other))] as number;
          setOfPair[before * all + term] = setOf(mask | (cursor.masks[before] as number));
        }
        cursor.terms += 1;
      }
      indices = sets.map(() => 0);
    },

    move(cell) {
      const first = setDigits(cell);
      cursor.moved = cursor.cell < 0 ? -1 : first;
      cursor.cell = cell;
      const { terms, last, columns, pairs, moved } = cursor;
      for (let set = 0; set < sets.length; set += 1) {
        if ((lasts[set] as number) >= moved) indices[set] = indexOf(sizes, sets[set] as number, digits);
      }
      for (let term = 0; term < terms; term += 1) {
        const still = (last[term] as number) < moved;
        if (!still) columns[term] = (starts[term] as number) + (indices[setOfTerm[term] as number] as number);
        for (let before = 0; before < term; before += 1) {
          if (still && (last[before] as number) < moved) continue;
          const at = before * all + term;
          const product = (pairStarts[at] as number) + (indices[setOfPair[at] as number] as number);
          pairs[at] = product;
          pairs[term * all + before] = product;
        }
      }
    },
  };
  return cursor;
}

/** The last exponent of a mask, -1 if it has none. */
function lastOf(mask: number): number {
  return 31 - Math.clz32(mask);
}
