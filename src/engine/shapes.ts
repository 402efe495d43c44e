import { type Pace, ROW_WORK } from "./control.ts";

const HIGHEST_DEGREE = 8;

/** A column that a lack of fit may look like, by row. */
export type Shape = (row: number) => number;

/** Shapes in the groups that are tested one after another, each with those before it. */
export function shapesOf(columns: readonly Float64Array[], f: Float64Array, pace: Pace): Shape[][] {
  const power = (row: number) => (f[row] === 0 ? 0 : (f[row] as number) * Math.log(Math.abs(f[row] as number)));
  const ranks = columns.map((column) => rankOf(column, pace));
  const curves = [rankOf(f, pace), ...ranks].filter(isNew);
  const pairs = ranks.flatMap((left, index) =>
    ranks.slice(index + 1).map(
      (right): Shape =>
        (row) =>
          (left[row] as number) * (right[row] as number),
    ),
  );
  const degrees = Array.from({ length: HIGHEST_DEGREE }, (_, index) =>
    curves.map(
      (rank): Shape =>
        (row) =>
          legendre(index + 1, rank[row] as number),
    ),
  );
  const [first = [], second = [], ...higher] = degrees;
  return [[() => 1, power], first, [...second, ...pairs], ...higher];
}

/** Whether no earlier curve is this one or its mirror image: a law that rises or falls with its column has the ranks of that. */
function isNew(curve: Float64Array, index: number, curves: readonly Float64Array[]): boolean {
  return !curves
    .slice(0, index)
    .some((earlier) => [1, -1].some((sign) => curve.every((value, row) => Math.abs(value - sign * (earlier[row] as number)) < 1e-12)));
}

/** Ranks scaled to -1 to 1; equal values share the mean of theirs. */
function rankOf(values: Float64Array, pace: Pace): Float64Array {
  const order = orderOf(values, pace);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end += 1;
    for (let at = start; at < end; at += 1) ranks[order[at] as number] = (start + end) / order.length - 1;
    start = end;
  }
  return ranks;
}

/** Rows by their values, equal ones by their place. */
export function orderOf(values: Float64Array, pace: Pace): Uint32Array {
  pace.work(values.length * ROW_WORK.draw);
  return Uint32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

/** Legendre polynomial by Bonnet's recursion. */
function legendre(degree: number, u: number): number {
  let [before, value] = [1, u];
  for (let n = 1; n < degree; n += 1) [before, value] = [value, ((2 * n + 1) * u * value - n * before) / (n + 1)];
  return value;
}
