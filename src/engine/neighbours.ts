import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import { fLimit } from "./distributions.ts";

/** A column of which less than this share of its square is outside the span of the others says nothing new. */
const NOTHING_NEW = 1e-16;

/**
 * Whether residuals that are neighbours in some order are alike: the test of Durbin & Watson (1950), d the square sum of
 * their differences over that of the residuals. Told as (4 - d) / d, what neighbours share over what sets them apart, about
 * 1 for a right law; under one, d / 4 is close to a beta variable with the mean and variance that d has exactly (Henshaw
 * 1966). A walk that wanders off and back is seen by this, however many waves it makes. Null without a degree of freedom.
 *
 * @param basis orthonormal columns that the residuals are orthogonal to, by row like these
 */
export function neighbourFigure(
  residual: Float64Array,
  order: Uint32Array,
  basis: readonly Float64Array[],
  tail: number,
  pace: Pace,
): { value: number; limit: number } | null {
  const rows = residual.length;
  const freedom = rows - basis.length;
  if (rows < 3 || freedom < 2) return null;
  const sorted = (values: Float64Array) => mapRows(rows, pace, ROW_WORK.plain, (at) => values[order[at] as number] as number);
  const columns = basis.map(sorted);
  const differences = columns.map((column) => differenced(column, pace));
  const traces = traceOf(columns, differences, rows, pace);
  const mean = traces.first / freedom;
  const variance = (2 * (traces.second - traces.first ** 2 / freedom)) / (freedom * (freedom + 2));
  const share = mean / 4;
  const weight = (share * (1 - share)) / (variance / 16) - 1;
  const [a, b] = [share * weight, (1 - share) * weight];
  if (!(a > 0 && b > 0)) return null;
  const own = sorted(residual);
  const d = dot(own, differenced(own, pace), pace) / dot(own, own, pace);
  return { value: (4 - d) / d, limit: (b / a) * fLimit(tail, 2 * b, 2 * a) };
}

/** The columns made orthonormal by Gram and Schmidt, twice over so that rounding leaves no part of one in another. */
export function orthonormal(columns: readonly Float64Array[], pace: Pace): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const size = dot(column, column, pace);
    const rest = less(less(column, basis, pace), basis, pace);
    const left = dot(rest, rest, pace);
    if (left > NOTHING_NEW * size) basis.push(rest.map((value) => value / Math.sqrt(left)));
  }
  return basis;
}

function less(column: Float64Array, basis: readonly Float64Array[], pace: Pace): Float64Array {
  const rest = column.slice();
  for (const direction of basis) {
    const part = dot(rest, direction, pace);
    for (let at = 0; at < rest.length; at += 1) rest[at] = (rest[at] as number) - part * (direction[at] as number);
    pace.work(rest.length * 2);
  }
  return rest;
}

/** A v, with v'A v the square sum of the differences of neighbours. */
function differenced(values: Float64Array, pace: Pace): Float64Array {
  const last = values.length - 1;
  return mapRows(values.length, pace, ROW_WORK.plain, (at) => {
    const value = values[at] as number;
    return (at > 0 ? value - (values[at - 1] as number) : 0) + (at < last ? value - (values[at + 1] as number) : 0);
  });
}

/** The traces of M A and of its square, M projecting on what the basis leaves. */
function traceOf(columns: readonly Float64Array[], differences: readonly Float64Array[], rows: number, pace: Pace) {
  let first = 2 * (rows - 1);
  let second = 2 + 4 * (rows - 2) + 2 * (rows - 1);
  columns.forEach((column, index) => {
    const own = differences[index] as Float64Array;
    first -= dot(column, own, pace);
    second -= 2 * dot(own, own, pace);
    for (const other of columns) second += dot(other, own, pace) ** 2;
  });
  return { first, second };
}

function dot(a: Float64Array, b: Float64Array, pace: Pace): number {
  let total = 0;
  for (let at = 0; at < a.length; at += 1) total += (a[at] as number) * (b[at] as number);
  pace.work(a.length * 2);
  return total;
}
