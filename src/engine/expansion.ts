import { bind, type Expression } from "../contract/expression.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import { type Pace, ROW_WORK } from "./control.ts";
import { digitsOf, type Layout } from "./layout.ts";

/** Rows that are expanded into term columns at a time: 128 rows of 800 columns stay in a second-level cache. */
export const ROW_BLOCK = 128;
/** Numbers of a run, see `runsOf`. */
export const RUN = 4;

/** Products and columns that one part of the sums has, half open. */
export interface Ranges {
  products: { from: number; to: number };
  columns: { from: number; to: number };
}

/**
 * The products of a range as runs of one column with others that follow each other, which the kernel takes at once: for
 * each run its first product, its one column, the first of the others, and their number.
 */
export function runsOf({ left, right }: Layout, { from, to }: Ranges["products"], pace: Pace): Int32Array {
  const runs: number[] = [];
  const lengthOf = (one: Int32Array, others: Int32Array, at: number) => {
    let end = at + 1;
    while (end < to && one[end] === one[at] && others[end] === (others[at] as number) + end - at) end += 1;
    return end - at;
  };
  for (let at = from; at < to; ) {
    const [byLeft, byRight] = [lengthOf(left, right, at), lengthOf(right, left, at)];
    const count = Math.max(byLeft, byRight);
    const [a, b] = [left[at] as number, right[at] as number];
    if (byLeft >= byRight) runs.push(at, a, b, count);
    else runs.push(at, b, a, count);
    pace.work(count * ROW_WORK.plain);
    at += count;
  }
  return Int32Array.from(runs);
}

/** The columns that some products and the products of some columns with the right-hand sides are made of, ascending. */
export function neededColumns({ columns, left, right }: Layout, ranges: Ranges, pace: Pace): Int32Array {
  const marks = new Uint8Array(columns).fill(1, ranges.columns.from, ranges.columns.to);
  for (let product = ranges.products.from; product < ranges.products.to; product += 1) {
    marks[left[product] as number] = 1;
    marks[right[product] as number] = 1;
  }
  pace.work((ranges.products.to - ranges.products.from) * ROW_WORK.plain);
  return Int32Array.from(marks.keys()).filter((column) => marks[column] === 1);
}

/**
 * What some columns are products of: each factor with the values of its exponents once, and for each column its factors
 * in order. x^p*y^q on a grid has hundreds of columns of a few dozen powers. An excluded column stays 0, and so is not usable.
 */
export function expandedBy(layout: Layout, plan: DiscoverPlan, needed: Int32Array) {
  const factors: Expression[] = [];
  const known = new Map<string, number>();
  const partOf = (factor: Expression): number => {
    const text = JSON.stringify(factor);
    const part = known.get(text) ?? factors.push(factor) - 1;
    known.set(text, part);
    return part;
  };
  let term = 0;
  const columns = Array.from(needed).flatMap((column) => {
    while (column >= (layout.terms[term + 1]?.offset ?? layout.columns)) term += 1;
    const { expression, mask, offset } = layout.terms[term] as Layout["terms"][number];
    const digits = digitsOf(layout.sizes, column - offset, mask);
    if (plan.excluded?.(term, digits)) return [];
    const values = plan.exponents.map(({ name, values }, exponent) => [name, values[digits[exponent] as number] as number]);
    const bound = bind(expression, Object.fromEntries(values));
    return [{ column, parts: (bound.type === "product" ? bound.factors : [bound]).map(partOf) }];
  });
  return { factors, columns };
}

/** Writes the product of some columns of values, multiplied in order, into a column of a block. */
export function setProduct(
  block: Float64Array,
  column: number,
  parts: readonly number[],
  values: readonly Float64Array[],
  rows: number,
  pace: Pace,
) {
  const start = column * ROW_BLOCK;
  const [first = 0, ...others] = parts;
  block.set(values[first] as Float64Array, start);
  for (const part of others) {
    const factor = values[part] as Float64Array;
    for (let row = 0; row < rows; row += 1) block[start + row] = (block[start + row] as number) * (factor[row] as number);
  }
  pace.work(rows * parts.length);
}
