import { type Expression, namesIn } from "../contract/expression.ts";
import type { Grid } from "../contract/grid.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import { type Pace, ROW_WORK } from "./control.ts";

/**
 * How a library on a grid maps to distinct columns. A term has one column for each combination of the exponents that it
 * names, and two terms have one product for each combination of the exponents that either names: far fewer than all
 * pairs of columns when a product term such as x^p*y^q meets x^p. Combinations are row-major, the last exponent fastest.
 */
export interface Layout {
  /** Number of values of each exponent. */
  sizes: readonly number[];
  terms: readonly TermLayout[];
  /** First product of a pair of terms, see `pairOf`; one for each combination of the exponents of both. */
  pairs: Int32Array;
  /** Number of distinct columns. */
  columns: number;
  /** For each product: its two columns. */
  left: Int32Array;
  right: Int32Array;
}

export interface TermLayout {
  expression: Expression;
  /** Bit e is set if the term names exponent e. */
  mask: number;
  /** Its first column, and how many there are. */
  offset: number;
  count: number;
}

export function layoutOf(plan: DiscoverPlan, pace: Pace): Layout {
  const sizes = plan.exponents.map(({ values }) => values.length);
  let columns = 0;
  const terms = plan.terms.map(({ expression }): TermLayout => {
    const named = namesIn(expression, "parameter");
    const mask = plan.exponents.reduce((bits, { name }, index) => (named.includes(name) ? bits | (1 << index) : bits), 0);
    const term = { expression, mask, offset: columns, count: combinations(sizes, mask).count };
    columns += term.count;
    return term;
  });
  const pairs = new Int32Array((terms.length * (terms.length - 1)) / 2);
  let products = 0;
  // Pairs of the same exponents have as many products: a library of a thousand terms has half a million pairs.
  const counts = new Map<number, number>();
  terms.forEach((term, second) => {
    for (let first = 0; first < second; first += 1) {
      const mask = (terms[first] as TermLayout).mask | term.mask;
      const count = counts.get(mask) ?? combinations(sizes, mask).count;
      counts.set(mask, count);
      pairs[pairOf(first, second)] = products;
      products += count;
    }
    pace.work(second * ROW_WORK.plain);
  });
  const [left, right] = [new Int32Array(products), new Int32Array(products)];
  const columnsOf = indices(sizes);
  terms.forEach((term, second) => {
    for (let first = 0; first < second; first += 1) {
      const other = terms[first] as TermLayout;
      const mask = other.mask | term.mask;
      const from = pairs[pairOf(first, second)] as number;
      const [own, others] = [columnsOf(mask, term.mask), columnsOf(mask, other.mask)];
      for (let at = 0; at < own.length; at += 1) {
        left[from + at] = other.offset + (others[at] as number);
        right[from + at] = term.offset + (own[at] as number);
      }
      pace.work(own.length * ROW_WORK.call);
    }
  });
  return { sizes, terms, pairs, columns, left, right };
}

/** Where the pair of two terms, the first before the second in the library, is listed. */
export function pairOf(first: number, second: number): number {
  return (second * (second - 1)) / 2 + first;
}

/** For each combination of the exponents in `mask`: the index of the combination of those in `part`, which `mask` has too. */
function indices(sizes: readonly number[]): (mask: number, part: number) => Int32Array {
  const known = new Map<string, Int32Array>();
  return (mask, part) => {
    const key = `${mask} ${part}`;
    const list = known.get(key) ?? indicesOf(sizes, mask, part);
    known.set(key, list);
    return list;
  };
}

export function indicesOf(sizes: readonly number[], mask: number, part: number): Int32Array {
  const list = new Int32Array(combinations(sizes, mask).count);
  const { strides } = combinations(sizes, part);
  const digits = sizes.map(() => 0);
  let index = 0;
  for (let at = 0; at < list.length; at += 1) {
    list[at] = index;
    for (let exponent = sizes.length - 1; exponent >= 0; exponent -= 1) {
      if (!(mask & (1 << exponent))) continue;
      const digit = (digits[exponent] as number) + 1;
      index += strides[exponent] as number;
      digits[exponent] = digit;
      if (digit < (sizes[exponent] as number)) break;
      digits[exponent] = 0;
      index -= digit * (strides[exponent] as number);
    }
  }
  return list;
}

/** The number of combinations of the exponents in `mask` and the stride of each exponent among them, 0 if it is not in it. */
export function combinations(sizes: readonly number[], mask: number): { count: number; strides: number[] } {
  const strides = sizes.map(() => 0);
  let count = 1;
  for (let exponent = sizes.length - 1; exponent >= 0; exponent -= 1) {
    if (!(mask & (1 << exponent))) continue;
    strides[exponent] = count;
    count *= sizes[exponent] as number;
  }
  return { count, strides };
}

/** The index of a combination of the exponents in `mask`, by the digits of all exponents. */
export function indexOf(sizes: readonly number[], mask: number, digits: ArrayLike<number>): number {
  let index = 0;
  for (let exponent = 0; exponent < sizes.length; exponent += 1) {
    if (mask & (1 << exponent)) index = index * (sizes[exponent] as number) + (digits[exponent] as number);
  }
  return index;
}

/** The digits of an index over the exponents in `mask`, 0 for the others. */
export function digitsOf(sizes: readonly number[], index: number, mask: number): number[] {
  const { strides } = combinations(sizes, mask);
  return strides.map((stride, exponent) => (stride === 0 ? 0 : Math.floor(index / stride) % (sizes[exponent] as number)));
}

/** The grid that a cell belongs to, and the digit of each exponent in that cell: 0 for those that the grid does not have. */
export function cellAt(plan: Pick<DiscoverPlan, "grids" | "exponents">, cell: number): { grid: Grid; digits: number[] } {
  const grid = plan.grids.findLast(({ from }) => from <= cell);
  if (!grid) throw new Error(`there is no cell ${cell}`);
  const sizes = plan.exponents.map(({ values }) => values.length);
  return { grid, digits: digitsOf(sizes, cell - grid.from, grid.mask) };
}

/** How many exponents a mask holds, and the sum of ln(number of values) over them. */
export function usedGrid(sizes: readonly number[], mask: number): { exponents: number; logGrid: number } {
  let exponents = 0;
  let logGrid = 0;
  for (let exponent = 0; exponent < sizes.length; exponent += 1) {
    if (!(mask & (1 << exponent))) continue;
    exponents += 1;
    logGrid += Math.log(sizes[exponent] as number);
  }
  return { exponents, logGrid };
}
