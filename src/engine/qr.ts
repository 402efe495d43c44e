/** A column whose remaining share outside the span of the earlier ones is below this (sine of the angle) is left out. */
const COLLINEAR = 1e-8;

/** A Householder factorisation of weighted columns (Golub & Van Loan, Matrix Computations, 5.2), columns scaled to unit length. */
export interface Factorisation {
  /** Indices of the columns that are not in the span of earlier ones. */
  kept: number[];
  /** Least-squares coefficients of the kept columns, 0 for the others. */
  solve(z: Float64Array): number[];
  /** Square sum of what the columns leave of z. */
  residualSquares(z: Float64Array): number;
  /** x' (X'X)^-1 x for a row x of all columns. */
  leverage(row: readonly number[]): number;
}

export function factorise(columns: readonly Float64Array[]): Factorisation {
  const rows = columns[0]?.length ?? 0;
  const reflectors: Float64Array[] = [];
  const upper: number[][] = [];
  const scales: number[] = [];
  const kept: number[] = [];
  columns.forEach((column, index) => {
    const length = Math.sqrt(squares(column, 0));
    if (!(length > 0) || kept.length >= rows) return;
    const vector = column.map((value) => value / length);
    reflect(reflectors, vector);
    const rank = kept.length;
    const rest = Math.sqrt(squares(vector, rank));
    if (rest < COLLINEAR) return;
    // The sign that adds to the leading entry avoids cancellation.
    const diagonal = (vector[rank] as number) > 0 ? -rest : rest;
    upper.push([...vector.subarray(0, rank), diagonal]);
    vector[rank] = (vector[rank] as number) - diagonal;
    const norm = Math.sqrt(squares(vector, rank));
    reflectors.push(vector.map((value, row) => (row < rank ? 0 : value / norm)));
    scales.push(length);
    kept.push(index);
  });

  return {
    kept,
    solve(z) {
      const rotated = z.slice();
      reflect(reflectors, rotated);
      const coefficients = columns.map(() => 0);
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
      reflect(reflectors, rotated);
      return squares(rotated, kept.length);
    },
    leverage(row) {
      // |R'^-1 x|^2 by forward substitution.
      const solved: number[] = [];
      let total = 0;
      kept.forEach((index, i) => {
        let value = (row[index] as number) / (scales[i] as number);
        for (let j = 0; j < i; j += 1) value -= (upper[i]?.[j] as number) * (solved[j] as number);
        value /= upper[i]?.[i] as number;
        solved.push(value);
        total += value * value;
      });
      return total;
    },
  };
}

function reflect(reflectors: readonly Float64Array[], vector: Float64Array): void {
  reflectors.forEach((reflector, from) => {
    let along = 0;
    for (let row = from; row < vector.length; row += 1) along += (reflector[row] as number) * (vector[row] as number);
    for (let row = from; row < vector.length; row += 1) vector[row] = (vector[row] as number) - 2 * along * (reflector[row] as number);
  });
}

function squares(vector: Float64Array, from: number): number {
  let total = 0;
  for (let row = from; row < vector.length; row += 1) total += (vector[row] as number) ** 2;
  return total;
}
