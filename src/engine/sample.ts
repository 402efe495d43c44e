import { pointerPart, type Table } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { findRow, inSlices, mapRows, type Pace, ROW_WORK, sumRows } from "./control.ts";
import { PURPOSE, shuffled, stream } from "./philox.ts";

/** Fewer rows than this can neither hold out a row nor reach a usual permutation p-value: such tables are rejected. */
export const MIN_ROWS = 5;
/** Rows that the hold-out leaves, whatever share was asked for. */
const MIN_TRAINING_ROWS = 4;
/** Up to this many rows a drawn permutation can well repeat another one or change nothing, so repeats are drawn anew. */
const FEW_ROWS = 12;

/** A table, its target and which rows the constants are tested on. Row lists are ascending and disjoint, together `all`. */
export interface Sample {
  table: Table;
  target: string;
  y: Float64Array;
  all: Uint32Array;
  training: Uint32Array;
  heldOut: Uint32Array;
  /** Standard deviation of the target. */
  deviation: number;
}

/** Targets and laws keep to magnitudes of 1e-50 to 1e50 (or 0), so that ratios of their squares are finite. */
export const LARGEST = 1e50;

/**
 * Holds out the share `fraction` of the rows, at least one, chosen by the seed alone; none of fewer than 5 rows. Throws
 * `dataset_not_numeric` if the target has a magnitude beyond what can be squared.
 */
export function drawSample(table: Table, target: string, fraction: number, seed: number, pace: Pace): Sample {
  const { rows } = table;
  const y = table.columns[target] as Float64Array;
  const extreme = findRow(rows, pace, ROW_WORK.plain, (row) => {
    const size = Math.abs(y[row] as number);
    return size !== 0 && (size > LARGEST || size < 1 / LARGEST);
  });
  if (extreme >= 0) {
    const detail = `row ${extreme + 1} of "${target}" is ${y[extreme]}, beyond magnitudes of 1e-50 to 1e50`;
    throw new OrreryError("dataset_not_numeric", `The target cannot be computed with: ${detail}; express it in another unit.`, {
      faults: [{ pointer: `/dataset/columns/${pointerPart(target)}/${extreme}`, detail }],
    });
  }
  const wanted = Math.max(1, Math.round(fraction * rows));
  const held = rows < MIN_ROWS ? 0 : Math.min(wanted, rows - MIN_TRAINING_ROWS);
  const order = shuffled(rows, stream(seed, PURPOSE.holdout), pace);
  // Marks and one pass put both lists in order; a sort of a million rows would go unreported for too long.
  const marks = new Uint8Array(rows);
  for (const row of order.subarray(0, held)) marks[row] = 1;
  const [all, training, heldOut] = [new Uint32Array(rows), new Uint32Array(rows - held), new Uint32Array(held)];
  let out = 0;
  inSlices(rows, pace, ROW_WORK.plain, (from, to) => {
    for (let row = from; row < to; row += 1) {
      all[row] = row;
      if (marks[row] === 1) heldOut[out++] = row;
      else training[row - out] = row;
    }
  });
  return { table, target, y, all, training, heldOut, deviation: deviationOf(y, pace) };
}

/** At most `most` rows of a sample, evenly spaced; the sample itself if it has no more. */
export function thinned(sample: Sample, most: number, pace: Pace): Sample {
  const { table, target, heldOut } = sample;
  if (table.rows <= most) return sample;
  const rowOf = (index: number) => Math.floor((index * table.rows) / most);
  const gather = (values: Float64Array) => mapRows(most, pace, ROW_WORK.plain, (index) => values[rowOf(index)] as number);
  const columns = Object.fromEntries(Object.entries(table.columns).map(([name, values]) => [name, gather(values)]));
  const [training, held]: [number[], number[]] = [[], []];
  let next = 0;
  for (let index = 0; index < most; index += 1) {
    const row = rowOf(index);
    while ((heldOut[next] ?? row) < row) next += 1;
    (heldOut[next] === row ? held : training).push(index);
  }
  return {
    table: { rows: most, columns, units: table.units },
    target,
    y: columns[target] as Float64Array,
    all: Uint32Array.from({ length: most }, (_, index) => index),
    training: Uint32Array.from(training),
    heldOut: Uint32Array.from(held),
    deviation: sample.deviation,
  };
}

function deviationOf(y: Float64Array, pace: Pace): number {
  const mean = sumRows(y.length, pace, ROW_WORK.plain, (row) => y[row] as number) / y.length;
  const squares = sumRows(y.length, pace, ROW_WORK.plain, (row) => ((y[row] as number) - mean) ** 2);
  return Math.sqrt(squares / Math.max(1, y.length - 1));
}

/**
 * `wanted` different orders of `rows` rows, none of them the identity; fewer when there are only rows! - 1. Drawn without
 * replacement, so that (1 + null at least as good) / (1 + permutations) is an exact p-value (Phipson & Smyth 2010). One at a
 * time: 999 of a million rows would take 4 GB.
 */
export function* permutationsOf(rows: number, wanted: number, seed: number, pace: Pace): Generator<Uint32Array, void> {
  const seen = new Set([Uint32Array.from({ length: Math.min(rows, FEW_ROWS) }, (_, index) => index).join()]);
  let available = 1;
  for (let factor = 2; factor <= rows && available <= wanted; factor += 1) available *= factor;
  const count = Math.min(wanted, available - 1);
  for (let trial = 0, given = 0; given < count; trial += 1) {
    const order = shuffled(rows, stream(seed, PURPOSE.permutation, 0, trial), pace);
    if (rows <= FEW_ROWS) {
      const text = order.join();
      if (seen.has(text)) continue;
      seen.add(text);
    }
    given += 1;
    yield order;
  }
}

/**
 * The same orders to be filled by `drawOrder`, each by itself; those of few rows, which depend on each other, are drawn here.
 */
export function ordersOf(rows: number, wanted: number, seed: number, pace: Pace): Uint32Array[] {
  if (rows <= FEW_ROWS) return [...permutationsOf(rows, wanted, seed, pace)];
  return Array.from({ length: wanted }, () => new Uint32Array(rows));
}

/** Fills the order of a numbered trial. */
export function drawOrder(order: Uint32Array, trial: number, seed: number, pace: Pace): void {
  if (order.length > FEW_ROWS) order.set(shuffled(order.length, stream(seed, PURPOSE.permutation, 0, trial), pace));
}
