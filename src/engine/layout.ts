import { type Expression, namesIn } from "../contract/expression.ts";
import type { Grid } from "../contract/grid.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import { type Pace, ROW_WORK } from "./control.ts";

/**
 * How a library on a grid maps to distinct columns. A term has one column for each combination of the exponents that it
 * names, and two terms have one product for each combination of the exponents that either names: far fewer than all
 * pairs of columns when a product term such as x^p*y^q meets x^p.
 */
export interface Layout {
  /** Number of values of each exponent. */
  sizes: readonly number[];
  terms: readonly TermLayout[];
  /** Pair of terms (s < t) at t (t - 1) / 2 + s. */
  pairs: readonly Address[];
  /** Number of distinct columns. */
  columns: number;
  /** For each product: its two columns. */
  left: Int32Array;
  right: Int32Array;
}

/** Index = offset + sum of stride times the digit of each exponent. */
export interface Address {
  offset: number;
  strides: readonly number[];
}

export interface TermLayout extends Address {
  expression: Expression;
  /** Bit e is set if the term names exponent e. */
  mask: number;
  /** Number of columns. */
  count: number;
}

export function layoutOf(plan: DiscoverPlan, pace: Pace): Layout {
  const sizes = plan.exponents.map(({ values }) => values.length);
  let columns = 0;
  const terms = plan.terms.map(({ expression }): TermLayout => {
    const named = namesIn(expression, "parameter");
    const mask = plan.exponents.reduce((bits, { name }, index) => (named.includes(name) ? bits | (1 << index) : bits), 0);
    const { count, strides } = combinations(sizes, mask);
    const term = { expression, mask, count, strides, offset: columns };
    columns += count;
    return term;
  });
  let products = 0;
  const pairs: Address[] = [];
  // Pairs of the same exponents share their strides: a library of a thousand terms has half a million pairs.
  const joint = new Map<number, { count: number; strides: number[] }>();
  forPairs(terms, (left, right) => {
    const mask = left.mask | right.mask;
    const known = joint.get(mask) ?? combinations(sizes, mask);
    joint.set(mask, known);
    pairs.push({ offset: products, strides: known.strides });
    products += known.count;
    pace.work(ROW_WORK.draw);
  });
  const layout = { sizes, terms, pairs, columns, left: new Int32Array(products), right: new Int32Array(products) };
  let pair = 0;
  forPairs(terms, (left, right) => {
    const { offset, strides } = pairs[pair] as Address;
    pair += 1;
    const end = pairs[pair]?.offset ?? products;
    for (let at = offset; at < end; at += 1) {
      const digits = strides.map((stride, exponent) =>
        stride === 0 ? 0 : Math.floor((at - offset) / stride) % (sizes[exponent] as number),
      );
      layout.left[at] = addressed(left, digits);
      layout.right[at] = addressed(right, digits);
      pace.work(ROW_WORK.draw * (2 + sizes.length));
    }
  });
  return layout;
}

function forPairs(terms: readonly TermLayout[], each: (left: TermLayout, right: TermLayout) => void): void {
  for (const [index, right] of terms.entries()) {
    for (let before = 0; before < index; before += 1) each(terms[before] as TermLayout, right);
  }
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

export function addressed(address: Address, digits: ArrayLike<number>): number {
  let index = address.offset;
  for (let exponent = 0; exponent < address.strides.length; exponent += 1) {
    index += (address.strides[exponent] as number) * (digits[exponent] as number);
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
