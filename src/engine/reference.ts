import { type Pace, ROW_WORK } from "./control.ts";
import { ROW_BLOCK } from "./expansion.ts";
import type { Gram, Material } from "./gram.ts";
import { type Model, noiseScale, transformed } from "./model.ts";
import { powerFor } from "./power.ts";

/** What is taken off the columns and the targets of a Gram before they are added up, and what the columns are multiplied by. */
export interface References {
  /** By column: about its mean as the rows are weighted, and a power of two that brings it to a size of about 1. */
  columns: Float64Array;
  powers: Float64Array;
  /** By segment: about the mean of its target. */
  targets: Float64Array;
}

/**
 * At most 128 rows that stand for all: evenly spaced ones, and those of the least and of the largest target, which the
 * weights can favour beyond all others.
 */
export function referenceRows(y: Float64Array, pace: Pace): Uint32Array {
  const count = Math.min(y.length, ROW_BLOCK - 2);
  let [least, largest] = [0, 0];
  for (let row = 0; row < y.length; row += 1) {
    const size = Math.abs(y[row] as number);
    if (size < Math.abs(y[least] as number)) least = row;
    if (size > Math.abs(y[largest] as number)) largest = row;
    if (row % ROW_BLOCK === 0) pace.work(ROW_BLOCK * ROW_WORK.plain);
  }
  const even = Array.from({ length: count }, (_, index) => Math.floor((index * y.length) / count));
  return Uint32Array.from([...new Set([...even, least, largest])].sort((a, b) => a - b));
}

/**
 * The references of a Gram from the values of its columns on some rows. A sum of squares about the mean is the difference
 * of two sums; with a mean that is known about, next to nothing cancels. Powers of two keep the squares of columns of
 * 1e-140 or 1e140 within doubles and change no other bit.
 */
export function referencesOf(
  { alike, segments, usable }: Gram,
  { models, sample }: Material,
  { block, needed, rows }: { block: Float64Array; needed: Int32Array; rows: Uint32Array },
  pace: Pace,
): References {
  const { y } = sample;
  const first = models[segments[0]?.model ?? 0] as Model;
  const weights = Array.from(rows, (row) => (alike ? 1 : 1 / noiseScale(y[row] as number, first) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  /** A mean about the first value, so that that of equal values is that value. */
  const meanOf = (valueAt: (index: number) => number) => {
    const start = valueAt(0);
    const mean = start + weights.reduce((sum, weight, index) => sum + (weight / total) * (valueAt(index) - start), 0);
    return Number.isFinite(mean) ? mean : 0;
  };
  const columns = new Float64Array(usable.length);
  const powers = new Float64Array(usable.length).fill(1);
  for (const column of needed) {
    const start = column * ROW_BLOCK;
    columns[column] = meanOf((index) => block[start + index] as number);
    const largest = block.subarray(start, start + rows.length).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    powers[column] = powerFor(largest);
    pace.work(rows.length * ROW_WORK.plain);
  }
  const targets = Float64Array.from(segments, ({ model }) => {
    const { transform } = models[model] as Model;
    return meanOf((index) => transformed(y[rows[index] as number] as number, transform));
  });
  return { columns, powers, targets };
}
