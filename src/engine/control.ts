/** How the engine reports work and learns that it must stop. */
export interface Control {
  /**
   * Called every few milliseconds of work with the fits done since the last call (0 between fits). It throws to abort;
   * the engine never catches what it throws.
   */
  advance(fits: number): void;
}

/** A control that also counts work without fits. Every loop whose length a request decides counts its work. */
export interface Pace extends Control {
  /** Adds work, in units of about a nanosecond, and reports when there is enough of it. Count a long pass in slices. */
  work(units: number): void;
}

/** Work between two reports: about a millisecond, many times that before the code is compiled. */
const REPORT_WORK = 500_000;
/** Most rows of a pass between two counts of its work. */
export const SLICE = 4_096;
/** Work of one row of a pass: simple arithmetic, a function such as a logarithm, a random draw. */
export const ROW_WORK = { plain: 8, call: 32, draw: 64 } as const;

export function paced(control: Control): Pace {
  let since = 0;
  return {
    advance(fits) {
      since = 0;
      control.advance(fits);
    },
    work(units) {
      since += units;
      if (since < REPORT_WORK) return;
      since = 0;
      control.advance(0);
    },
  };
}

/** Calls `pass` on slices of `count` rows, in order, half open; `units` is the work of one row. */
export function inSlices(count: number, pace: Pace, units: number, pass: (from: number, to: number) => void): void {
  for (let from = 0; from < count; from += SLICE) {
    const to = Math.min(from + SLICE, count);
    pass(from, to);
    pace.work((to - from) * units);
  }
}

/** A number for each of `count` rows. */
export function mapRows(count: number, pace: Pace, units: number, value: (row: number) => number): Float64Array {
  const values = new Float64Array(count);
  inSlices(count, pace, units, (from, to) => {
    for (let row = from; row < to; row += 1) values[row] = value(row);
  });
  return values;
}

/** The sum of a number over `count` rows, in ascending order. */
export function sumRows(count: number, pace: Pace, units: number, value: (row: number) => number): number {
  let total = 0;
  inSlices(count, pace, units, (from, to) => {
    for (let row = from; row < to; row += 1) total += value(row);
  });
  return total;
}

/** The first row that a test holds for, -1 if there is none. */
export function findRow(count: number, pace: Pace, units: number, test: (row: number) => boolean): number {
  for (let row = 0; row < count; row += 1) {
    if (row % SLICE === 0) pace.work(Math.min(SLICE, count - row) * units);
    if (test(row)) return row;
  }
  return -1;
}
