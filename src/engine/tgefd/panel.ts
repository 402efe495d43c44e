import type { Pace } from "../control.ts";

/**
 * Columns factorised once by Householder reflections (Golub & Van Loan, Matrix Computations, 5.2). The triangle stands
 * for the columns in every least-squares problem on some of them: orthogonal, so that nothing is lost of what the
 * rounding of the columns themselves left, and as small as their number whatever the number of rows.
 */
export interface Panel {
  rows: number;
  /** Rows of the triangle: the smaller of rows and columns. */
  height: number;
  /** One column of `height` numbers for each column. */
  triangle: readonly Float64Array[];
  project(y: Float64Array): Projection;
}

/** A right-hand side in the coordinates of a panel. */
export interface Projection {
  /** Its part within the span of the columns, `height` numbers. */
  inside: Float64Array;
  /** Square sum of the rest. */
  rest: number;
}

export function factorise(columns: readonly Float64Array[], pace: Pace): Panel {
  const rows = (columns[0] as Float64Array).length;
  const height = Math.min(rows, columns.length);
  const work = columns.map((column) => column.slice());
  const scales: number[] = [];
  const triangle = work.map((column, index) => {
    for (let at = 0; at < Math.min(index, height); at += 1) {
      reflect(work[at] as Float64Array, scales[at] as number, at, column);
      pace.work(2 * rows);
    }
    const entries = new Float64Array(height);
    if (index < height) {
      scales.push(reflector(column, index, entries));
      entries.set(column.subarray(0, index));
    } else entries.set(column.subarray(0, height));
    return entries;
  });
  const reflectors = work.slice(0, height);
  return {
    rows,
    height,
    triangle,
    project(y) {
      const rotated = y.slice();
      reflectors.forEach((vector, at) => {
        reflect(vector, scales[at] as number, at, rotated);
        pace.work(2 * rows);
      });
      let rest = 0;
      for (let row = height; row < rows; row += 1) rest += (rotated[row] as number) * (rotated[row] as number);
      return { inside: rotated.slice(0, height), rest };
    },
  };
}

/**
 * Turns a column from `at` on into the vector v of the reflection 1 - scale v v' that maps it to a multiple of the unit
 * vector, writes that multiple into `entries[at]` and returns the scale, 0 for a column of zeros.
 */
export function reflector(column: Float64Array, at: number, entries: Float64Array): number {
  let squares = 0;
  for (let row = at; row < column.length; row += 1) squares += (column[row] as number) * (column[row] as number);
  const length = Math.sqrt(squares);
  entries[at] = 0;
  if (length === 0) return 0;
  const lead = column[at] as number;
  // The sign that adds to the leading entry avoids cancellation.
  const diagonal = lead > 0 ? -length : length;
  entries[at] = diagonal;
  column[at] = lead - diagonal;
  return 1 / (squares + Math.abs(lead) * length);
}

export function reflect(vector: Float64Array, scale: number, from: number, column: Float64Array): void {
  const end = column.length;
  let along = 0;
  for (let row = from; row < end; row += 1) along += (vector[row] as number) * (column[row] as number);
  along *= scale;
  if (along === 0) return;
  for (let row = from; row < end; row += 1) column[row] = (column[row] as number) - along * (vector[row] as number);
}
