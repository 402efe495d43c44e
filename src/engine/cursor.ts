import type { Grid } from "../contract/grid.ts";
import { addressed, type Layout } from "./layout.ts";
import type { Subsets } from "./subsets.ts";

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
  /** Of two terms s < t: their product, at s * (number of all terms) + t. */
  products: Int32Array;
  enter(grid: Grid): void;
  /** To a cell of the grid. */
  move(cell: number): void;
}

export function cursorOf(layout: Layout, subsets: Subsets): Cursor {
  const { sizes } = layout;
  const all = layout.terms.length;
  const digits = new Int32Array(sizes.length);
  const maskAt = (place: number) => layout.terms[subsets.order[place] as number]?.mask ?? 0;
  let grid: Grid = { mask: 0, from: 0, cells: 1, subsets: 0 };

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

  const cursor: Cursor = {
    exponents: 0,
    terms: 0,
    places: new Int32Array(all),
    masks: new Int32Array(all),
    last: new Int32Array(all),
    cell: 0,
    moved: -1,
    columns: new Int32Array(all),
    products: new Int32Array(all * all),

    enter(entered) {
      grid = entered;
      cursor.exponents = grid.mask;
      cursor.terms = 0;
      digits.fill(0);
      for (let place = 0; place < all; place += 1) {
        const mask = maskAt(place);
        if ((mask & ~grid.mask) !== 0) continue;
        cursor.places[cursor.terms] = place;
        cursor.masks[cursor.terms] = mask;
        cursor.last[cursor.terms] = 31 - Math.clz32(mask);
        cursor.terms += 1;
      }
      cursor.cell = -1;
    },

    move(cell) {
      const first = setDigits(cell);
      cursor.moved = cursor.cell < 0 ? -1 : first;
      cursor.cell = cell;
      const { terms, places, last, columns, products, moved } = cursor;
      for (let term = 0; term < terms; term += 1) {
        const own = subsets.order[places[term] as number] as number;
        const still = (last[term] as number) < moved;
        if (!still) columns[term] = addressed(layout.terms[own] as Layout["terms"][number], digits);
        for (let before = 0; before < term; before += 1) {
          if (still && (last[before] as number) < moved) continue;
          const other = subsets.order[places[before] as number] as number;
          const pair = own < other ? (other * (other - 1)) / 2 + own : (own * (own - 1)) / 2 + other;
          products[before * all + term] = addressed(layout.pairs[pair] as Layout["pairs"][number], digits);
        }
      }
    },
  };
  return cursor;
}
