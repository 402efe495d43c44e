import type { Pace } from "../control.ts";
import type { Distances } from "./distances.ts";

/** The nearest points of each point, nearest first. */
export interface Neighbours {
  each: number;
  nearest: Uint32Array;
}

const EACH = 8;

export function nearestOf({ count, lower }: Distances, pace: Pace): Neighbours {
  const each = Math.min(EACH, count - 1);
  const nearest = new Uint32Array(count * each);
  const best = new Float32Array(count * each).fill(Number.POSITIVE_INFINITY);
  /** The last of the best of each point, side by side because nearly every comparison ends with it. */
  const worst = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
  const insert = (point: number, other: number, distance: number) => {
    const start = point * each;
    let at = start + each - 1;
    for (; at > start && distance < (best[at - 1] as number); at -= 1) {
      best[at] = best[at - 1] as number;
      nearest[at] = nearest[at - 1] as number;
    }
    best[at] = distance;
    nearest[at] = other;
    worst[point] = best[start + each - 1] as number;
  };
  let at = 0;
  for (let i = 1; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const distance = lower[at] as number;
      at += 1;
      if (distance < (worst[i] as number)) insert(i, j, distance);
      if (distance < (worst[j] as number)) insert(j, i, distance);
    }
    pace.work(4 * i);
  }
  return { each, nearest };
}

/**
 * The length of the longest edge within the enclosing radius whose link is empty, that is without a point nearer to both
 * ends (the relative neighbourhood graph; Toussaint, Pattern Recognition 12, 1980). Points at equal distance do not count
 * as nearer, so it may be too long where distances tie, never too short.
 */
export function longestBare({ count, lower, enclosing }: Distances, { each, nearest }: Neighbours, known: number, pace: Pace): number {
  const distance = (i: number, j: number) => lower[i > j ? ((i * (i - 1)) >>> 1) + j : ((j * (j - 1)) >>> 1) + i] as number;
  let longest = known;
  const nearerAmong = (end: number, other: number, length: number) => {
    for (let at = end * each; at < (end + 1) * each; at += 1) {
      const k = nearest[at] as number;
      if (distance(end, k) >= length) return false;
      if (distance(k, other) < length) return true;
    }
    return false;
  };
  const bare = (i: number, j: number, length: number) => {
    pace.work(4 * count);
    for (let k = 0; k < count; k += 1) if (k !== i && k !== j && distance(i, k) < length && distance(k, j) < length) return false;
    return true;
  };
  let at = 0;
  for (let i = 1; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const length = lower[at] as number;
      at += 1;
      if (length <= longest || length > enclosing || nearerAmong(i, j, length) || nearerAmong(j, i, length)) continue;
      if (bare(i, j, length)) longest = length;
    }
    pace.work(10 * i);
  }
  return longest;
}
