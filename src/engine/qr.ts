import type { Pace } from "./control.ts";
import { powerFor } from "./power.ts";

/** A column whose remaining share outside the span of the earlier ones is below this (sine of the angle) is left out. */
const COLLINEAR = 1e-8;

/** A Householder factorisation of weighted columns (Golub & Van Loan, Matrix Computations, 5.2), columns scaled to unit length. */
export interface Factorisation {
  /** Indices of the columns that are not in the span of earlier ones, and the lengths that these had. */
  kept: number[];
  scales: number[];
  /** Least-squares coefficients of the kept columns, 0 for the others. */
  solve(z: Float64Array): number[];
  /** Square sum of what the columns leave of z. */
  residualSquares(z: Float64Array): number;
  /** What each kept column explains of z beyond those before it: its part of z's length, squared. */
  explained(z: Float64Array): number[];
  /** The root of x' (X'X)^-1 x for a row x of all columns: the standard error of the fit there, in units of the noise. Holds on to no column. */
  spread: (row: readonly number[]) => number;
}

/** The upper triangle of a factorisation: for each kept column, its entries and the length that it had. */
interface Triangle {
  kept: number[];
  upper: number[][];
  scales: number[];
}

/** Factorises `count` columns, which are asked for one by one and overwritten. */
export function factorise(count: number, column: (index: number) => Float64Array, pace: Pace): Factorisation {
  const reflectors: Float64Array[] = [];
  const triangle: Triangle = { kept: [], upper: [], scales: [] };
  const { kept, upper, scales } = triangle;
  for (let index = 0; index < count; index += 1) {
    const vector = column(index);
    const { length, power } = measured(vector, pace);
    const rank = kept.length;
    if (!(length > 0) || rank >= vector.length) continue;
    divide(vector, 0, length, pace);
    reflect(reflectors, vector, pace);
    const rest = Math.sqrt(squares(vector, rank, pace));
    if (rest < COLLINEAR) continue;
    // The sign that adds to the leading entry avoids cancellation.
    const diagonal = (vector[rank] as number) > 0 ? -rest : rest;
    upper.push([...vector.subarray(0, rank), diagonal]);
    vector[rank] = (vector[rank] as number) - diagonal;
    vector.fill(0, 0, rank);
    divide(vector, rank, Math.sqrt(squares(vector, rank, pace)), pace);
    reflectors.push(vector);
    scales.push(length * power);
    kept.push(index);
  }

  return {
    kept,
    scales,
    solve(z) {
      const rotated = z.slice();
      reflect(reflectors, rotated, pace);
      const coefficients = Array.from({ length: count }, () => 0);
      const solved: number[] = [];
      for (let i = kept.length - 1; i >= 0; i -= 1) {
        let value = rotated[i] as number;
        for (let j = i + 1; j < kept.length; j += 1) value -= (upper[j]?.[i] as number) * (solved[j] as number);
        solved[i] = value / (upper[i]?.[i] as number);
        coefficients[kept[i] as number] = (solved[i] as number) / (scales[i] as number);
      }
      return coefficients;
    },
    residualSquares(z) {
      const rotated = z.slice();
      reflect(reflectors, rotated, pace);
      return squares(rotated, kept.length, pace);
    },
    explained(z) {
      const rotated = z.slice();
      reflect(reflectors, rotated, pace);
      return [...rotated.subarray(0, kept.length)].map((part) => part * part);
    },
    spread: spreadBy(triangle, pace),
  };
}

/** A function of its own, so that it does not share the variables of `factorise`, the reflectors among them. */
function spreadBy({ kept, upper, scales }: Triangle, pace: Pace): Factorisation["spread"] {
  return (row) => {
    pace.work(2 * kept.length ** 2);
    // |R'^-1 x| by forward substitution.
    const solved: number[] = [];
    kept.forEach((index, i) => {
      let value = (row[index] as number) / (scales[i] as number);
      for (let j = 0; j < i; j += 1) value -= (upper[i]?.[j] as number) * (solved[j] as number);
      value /= upper[i]?.[i] as number;
      solved.push(value);
    });
    const largest = Math.max(...solved.map(Math.abs));
    if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return solved.length === 0 ? 0 : largest;
    return largest * Math.sqrt(solved.reduce((total, value) => total + (value / largest) ** 2, 0));
  };
}

function reflect(reflectors: readonly Float64Array[], vector: Float64Array, pace: Pace): void {
  reflectors.forEach((reflector, from) => {
    let along = 0;
    for (let row = from; row < vector.length; row += 1) along += (reflector[row] as number) * (vector[row] as number);
    for (let row = from; row < vector.length; row += 1) vector[row] = (vector[row] as number) - 2 * along * (reflector[row] as number);
    pace.work(6 * vector.length);
  });
}

/** Square sums between these are finite and keep their digits. */
const SQUARES = { least: 1e-250, most: 1e250 } as const;

/** The length of a column that is tiny or huge throughout after it was divided, in place, by a power of two; 1 for others. */
function measured(vector: Float64Array, pace: Pace): { length: number; power: number } {
  const square = squares(vector, 0, pace);
  if (square > SQUARES.least && square < SQUARES.most) return { length: Math.sqrt(square), power: 1 };
  const power = 1 / powerFor(vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  divide(vector, 0, power, pace);
  return { length: Math.sqrt(squares(vector, 0, pace)), power };
}

function divide(vector: Float64Array, from: number, divisor: number, pace: Pace): void {
  for (let row = from; row < vector.length; row += 1) vector[row] = (vector[row] as number) / divisor;
  pace.work(4 * vector.length);
}

function squares(vector: Float64Array, from: number, pace: Pace): number {
  let total = 0;
  for (let row = from; row < vector.length; row += 1) total += (vector[row] as number) ** 2;
  pace.work(2 * vector.length);
  return total;
}
