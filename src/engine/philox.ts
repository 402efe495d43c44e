import { type Pace, ROW_WORK } from "./control.ts";

/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). A draw is a function of its key and counter alone, so that any shard can make any draw.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** What a stream of draws is for; part of the key, so that no two purposes share a draw. */
export const PURPOSE = { noise: 1, permutation: 2, holdout: 3, resampling: 4 } as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

/** Writes the four 32-bit words of one block into `out`. Counter and key words are taken modulo 2^32. */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number], out: Uint32Array): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = highWord(MULTIPLIER_0, c0 >>> 0);
    const high1 = highWord(MULTIPLIER_1, c2 >>> 0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** High 32 bits of the product of two unsigned 32-bit words, by 16-bit halves: every partial sum stays below 2^32. */
function highWord(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16);
  return (Math.imul(a1, b1) + (middle >>> 16) + (((middle & 0xffff) + Math.imul(a0, b1)) >>> 16)) | 0;
}

/** The draws of one stream: two uniforms for each index, in any order. */
export interface Stream {
  /** Uniform on the open interval (0, 1) with 53 bits; `half` is 0 or 1. */
  uniform(index: number, half: 0 | 1): number;
}

/** The stream of a seed, a purpose and up to two further labels. Streams that differ in any of them are independent. */
export function stream(seed: number, purpose: Purpose, level = 0, trial = 0): Stream {
  const words = new Uint32Array(4);
  let drawn = -1;
  return {
    uniform(index, half) {
      if (index !== drawn) philox([index, level, trial, 0], [seed, purpose], words);
      drawn = index;
      const high = (words[2 * half] ?? 0) >>> 5;
      const low = (words[2 * half + 1] ?? 0) >>> 6;
      return (high * 67_108_864 + low + 0.5) / 9_007_199_254_740_992;
    },
  };
}

/** A random order of `count` indices: Fisher-Yates, its bias below count / 2^53. */
export function shuffled(count: number, draws: Stream, pace: Pace): Uint32Array {
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) order[index] = index;
  for (let last = count - 1; last > 0; last -= 1) {
    pace.work(ROW_WORK.draw);
    const other = Math.floor(draws.uniform(last, 0) * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
