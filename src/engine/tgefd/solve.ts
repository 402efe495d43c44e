import type { Panel, Projection } from "./panel.ts";
import { reflect, reflector } from "./panel.ts";

/** Least squares on some columns of a panel, for any right-hand side. */
export interface Solver {
  /** The coefficients of least norm among the best, and the length of what they leave. */
  solve(projection: Projection): Solution;
}

export interface Solution {
  coefficients: Float64Array;
  error: number;
}

/**
 * Factorises the columns that `chosen` names, which may repeat one. Singular values at or below eps · max(rows, columns)
 * times the largest count as zero, as in LAPACK's gelsd with NumPy's default.
 */
export function solverOf(panel: Panel, chosen: readonly number[]): Solver {
  const cut = Number.EPSILON * Math.max(panel.rows, chosen.length);
  const distinct = [...new Set(chosen)];
  const columns = distinct.map((index) => panel.triangle[index] as Float64Array);
  if (distinct.length === chosen.length) return regular(columns, cut) ?? singular(columns, cut);

  // Of least norm, m equal columns share their coefficient evenly. They stand for one column √m times as long.
  const weights = distinct.map((index) => Math.sqrt(chosen.filter((other) => other === index).length));
  const weighted = columns.map((column, place) => column.map((value) => value * (weights[place] as number)));
  const solver = regular(weighted, cut) ?? singular(weighted, cut);
  const places = chosen.map((index) => distinct.indexOf(index));
  return {
    solve(projection) {
      const { coefficients, error } = solver.solve(projection);
      return { coefficients: Float64Array.from(places, (place) => (coefficients[place] as number) / (weights[place] as number)), error };
    },
  };
}

/** By a triangle, or null if the columns may be dependent. */
function regular(given: readonly Float64Array[], cut: number): Solver | null {
  const count = given.length;
  if (count > (given[0]?.length ?? 0)) return null;
  const columns = given.map((column) => column.slice());
  const scales = new Float64Array(count);
  const upper = columns.map((column, index) => {
    for (let at = 0; at < index; at += 1) reflect(columns[at] as Float64Array, scales[at] as number, at, column);
    const entries = column.slice(0, count);
    entries.fill(0, index + 1);
    scales[index] = reflector(column, index, entries);
    return entries;
  });
  if (!surelyRegular(upper, cut)) return null;
  return {
    solve({ inside, rest }) {
      const rotated = inside.slice();
      for (let at = 0; at < count; at += 1) reflect(columns[at] as Float64Array, scales[at] as number, at, rotated);
      let squares = rest;
      for (let row = count; row < rotated.length; row += 1) squares += (rotated[row] as number) * (rotated[row] as number);
      const coefficients = rotated.slice(0, count);
      for (let i = count - 1; i >= 0; i -= 1) {
        const column = upper[i] as Float64Array;
        const value = (coefficients[i] as number) / (column[i] as number);
        coefficients[i] = value;
        for (let row = 0; row < i; row += 1) coefficients[row] = (coefficients[row] as number) - value * (column[row] as number);
      }
      return { coefficients, error: Math.sqrt(squares) };
    },
  };
}

/**
 * Whether no singular value is near the cut. The largest is at most the Frobenius norm of the triangle, the reciprocal of
 * the smallest at most that of its inverse.
 */
function surelyRegular(upper: readonly Float64Array[], cut: number): boolean {
  const count = upper.length;
  let squares = 0;
  let inverseSquares = 0;
  const inverse = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    // Column `index` of the inverse, by back substitution.
    inverse.fill(0);
    inverse[index] = 1;
    for (let i = index; i >= 0; i -= 1) {
      const column = upper[i] as Float64Array;
      const value = (inverse[i] as number) / (column[i] as number);
      inverse[i] = value;
      inverseSquares += value * value;
      for (let row = 0; row < i; row += 1) inverse[row] = (inverse[row] as number) - value * (column[row] as number);
    }
    for (const entry of (upper[index] as Float64Array).subarray(0, index + 1)) squares += entry * entry;
  }
  // False for NaN too, which a zero on the diagonal makes. The factor covers the rounding of this very estimate.
  return Math.sqrt(squares * inverseSquares) * cut < 0.5;
}

/** Passes of rotations after which columns are taken for orthogonal; ten suffice in practice. */
const MOST_SWEEPS = 60;

/**
 * The pseudo-inverse by one-sided Jacobi rotations (Demmel & Veselić, SIAM J. Matrix Anal. 13, 1992): A V = G with
 * orthogonal columns, whose lengths are the singular values.
 */
function singular(columns: readonly Float64Array[], cut: number): Solver {
  const count = columns.length;
  const turned = columns.map((column) => column.slice());
  const basis = columns.map((_, index) => {
    const unit = new Float64Array(count);
    unit[index] = 1;
    return unit;
  });
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    let turns = 0;
    for (let a = 0; a < count; a += 1)
      for (let b = a + 1; b < count; b += 1) {
        const left = turned[a] as Float64Array;
        const right = turned[b] as Float64Array;
        const aa = dot(left, left);
        const bb = dot(right, right);
        const ab = dot(left, right);
        if (ab === 0 || Math.abs(ab) <= 1e-15 * Math.sqrt(aa) * Math.sqrt(bb)) continue;
        turns += 1;
        const ratio = (bb - aa) / (2 * ab);
        const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        rotate(left, right, cosine, cosine * tangent);
        rotate(basis[a] as Float64Array, basis[b] as Float64Array, cosine, cosine * tangent);
      }
    if (turns === 0) break;
  }
  const lengths = turned.map((column) => Math.sqrt(dot(column, column)));
  const least = cut * Math.max(...lengths);
  const kept = lengths.flatMap((length, index) => (length > least ? [index] : []));

  return {
    solve({ inside, rest }) {
      const coefficients = new Float64Array(count);
      for (const index of kept) {
        const length = lengths[index] as number;
        const share = dot(turned[index] as Float64Array, inside) / length / length;
        const direction = basis[index] as Float64Array;
        for (let at = 0; at < count; at += 1) coefficients[at] = (coefficients[at] as number) + share * (direction[at] as number);
      }
      const left = inside.slice();
      columns.forEach((column, index) => {
        const coefficient = coefficients[index] as number;
        for (let row = 0; row < left.length; row += 1) left[row] = (left[row] as number) - coefficient * (column[row] as number);
      });
      return { coefficients, error: Math.sqrt(dot(left, left) + rest) };
    },
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let row = 0; row < a.length; row += 1) total += (a[row] as number) * (b[row] as number);
  return total;
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let row = 0; row < a.length; row += 1) {
    const left = a[row] as number;
    const right = b[row] as number;
    a[row] = cosine * left - sine * right;
    b[row] = sine * left + cosine * right;
  }
}
