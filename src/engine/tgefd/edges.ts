import type { Pace } from "../control.ts";
import type { Distances } from "./distances.ts";

/** Pairs of points in the order of their distance, equal distances in the order of the matrix. */
export interface Edges {
  first: Uint32Array;
  second: Uint32Array;
  lengths: Float32Array;
}

/** The pairs with above < distance <= limit. */
export function edgesBetween({ count, lower }: Distances, above: number, limit: number, pace: Pace): Edges {
  let size = 0;
  for (let at = 0; at < lower.length; at += 1) {
    const length = lower[at] as number;
    if (length <= limit && length > above) size += 1;
  }
  pace.work(lower.length);
  /** The pair as 32 bits. */
  let pairs = new Uint32Array(size);
  let lengths = new Float32Array(size);
  let filled = 0;
  let at = 0;
  for (let i = 1; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const length = lower[at] as number;
      at += 1;
      if (!(length <= limit && length > above)) continue;
      pairs[filled] = i * 65_536 + j;
      lengths[filled] = length;
      filled += 1;
    }
    pace.work(2 * i);
  }

  // Least significant digit first; the bits of floats that are not negative are ordered as they are.
  let otherPairs = new Uint32Array(size);
  let otherLengths = new Float32Array(size);
  for (let shift = 0; shift < 32; shift += DIGIT) {
    const keys = new Uint32Array(lengths.buffer);
    const starts = new Uint32Array(2 ** DIGIT + 1);
    for (let index = 0; index < size; index += 1) {
      const digit = ((keys[index] as number) >>> shift) & MASK;
      starts[digit + 1] = (starts[digit + 1] as number) + 1;
    }
    pace.work(2 * size);
    if (starts.includes(size, 1)) continue;
    for (let digit = 0; digit < MASK; digit += 1) starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
    const target = new Uint32Array(otherLengths.buffer);
    for (let index = 0; index < size; index += 1) {
      const key = keys[index] as number;
      const digit = (key >>> shift) & MASK;
      const place = starts[digit] as number;
      starts[digit] = place + 1;
      target[place] = key;
      otherPairs[place] = pairs[index] as number;
    }
    pace.work(4 * size);
    [pairs, otherPairs] = [otherPairs, pairs];
    [lengths, otherLengths] = [otherLengths, lengths];
  }
  return { first: pairs.map((pair) => pair >>> 16), second: pairs.map((pair) => pair & 0xffff), lengths };
}

const DIGIT = 11;
const MASK = 2 ** DIGIT - 1;
