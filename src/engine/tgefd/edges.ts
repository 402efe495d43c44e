import type { Pace } from "../control.ts";
import type { Distances } from "./distances.ts";

/** Pairs of points in the order of their distance, equal distances in the order of the matrix. */
export interface Edges {
  /** The larger index of a pair in the upper half, the smaller in the lower half. */
  pairs: Uint32Array;
  lengths: Float32Array;
}

/** Most bits of a digit of the sort, for few and for many pairs: its counters stay within the caches. */
const DIGIT = { few: 8, many: 14 } as const;
const MANY = 4_096;

/** About as many pairs as are sorted at a time. */
const BATCH = 500_000;
const BINS = 4_096;

/** So few pairs are sorted at once: to look for the next ones again and again would take longer. */
const FEW = 8_192;

/** For a length and a wished limit above it: a limit with about a batch of pairs in between, at most the wished one unless there are few pairs in all. */
export function batchesOf({ lower, enclosing }: Distances, pace: Pace): (above: number, wished: number) => number {
  if (lower.length <= FEW) return () => enclosing;
  if (lower.length <= BATCH || enclosing === 0) return (_, wished) => wished;
  const width = enclosing / BINS;
  const counts = new Uint32Array(BINS + 1);
  for (let at = 0; at < lower.length; at += 1) {
    const bin = Math.min(Math.floor((lower[at] as number) / width), BINS);
    counts[bin] = (counts[bin] as number) + 1;
    if (at % 4_096 === 0) pace.work(4 * 4_096);
  }
  return (above, wished) => {
    let bin = Math.max(Math.floor(above / width), -1) + 1;
    let pairs = counts[bin] as number;
    while (bin < BINS && pairs + (counts[bin + 1] as number) <= BATCH) {
      bin += 1;
      pairs += counts[bin] as number;
    }
    return Math.min((bin + 1) * width, wished);
  };
}

/** The pairs with above < distance <= limit, of at most 65,536 points. */
export function edgesBetween({ count, lower }: Distances, above: number, limit: number, pace: Pace): Edges {
  let size = 0;
  for (let at = 0; at < lower.length; at += 1) {
    const length = lower[at] as number;
    if (length <= limit && length > above) size += 1;
    if (at % 65_536 === 0) pace.work(65_536);
  }
  const pairs = new Uint32Array(size);
  const lengths = new Float32Array(size);
  let filled = 0;
  let at = 0;
  for (let i = 1; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const length = lower[at] as number;
      at += 1;
      if (!(length <= limit && length > above)) continue;
      pairs[filled] = (i << 16) | j;
      lengths[filled] = length;
      filled += 1;
    }
    pace.work(2 * i);
  }
  return sorted({ pairs, lengths }, pace);
}

/** Radix sort, least significant digit first. The bits of floats that are not negative are ordered as they are. */
function sorted({ pairs, lengths }: Edges, pace: Pace): Edges {
  const size = pairs.length;
  let keys: Uint32Array = new Uint32Array(lengths.buffer);
  let least = 2 ** 32;
  let most = 0;
  for (let index = 0; index < size; index += 1) {
    const key = keys[index] as number;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  const bits = size === 0 ? 0 : 32 - Math.clz32(most - least);
  const passes = Math.ceil(bits / (size < MANY ? DIGIT.few : DIGIT.many));
  const digit = Math.ceil(bits / passes);
  const mask = 2 ** digit - 1;
  let from: Uint32Array = pairs;
  let to: Uint32Array = new Uint32Array(size);
  let keysTo: Uint32Array = new Uint32Array(size);
  for (let pass = 0; pass < passes; pass += 1) {
    const shift = pass * digit;
    const starts = new Uint32Array(mask + 2);
    for (let index = 0; index < size; index += 1) {
      const place = ((((keys[index] as number) - least) >>> shift) & mask) + 1;
      starts[place] = (starts[place] as number) + 1;
    }
    for (let place = 1; place <= mask; place += 1) starts[place] = (starts[place] as number) + (starts[place - 1] as number);
    for (let index = 0; index < size; index += 1) {
      const key = keys[index] as number;
      const value = ((key - least) >>> shift) & mask;
      const place = starts[value] as number;
      starts[value] = place + 1;
      keysTo[place] = key;
      to[place] = from[index] as number;
    }
    [keys, keysTo] = [keysTo, keys];
    [from, to] = [to, from];
    pace.work(6 * size);
  }
  return { pairs: from, lengths: new Float32Array(keys.buffer) };
}
