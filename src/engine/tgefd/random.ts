import { EDGES } from "./ziggurat.ts";

/**
 * The stream of NumPy's `default_rng(seed)`: SeedSequence, PCG64 (XSL-RR 128/64), normals by the ziggurat, bounded
 * integers by Lemire's method. PCG: M. O'Neill, "PCG: a family of simple fast space-efficient statistically good
 * algorithms for random number generation" (2014).
 */
export interface Generator {
  /** Draws 64 bits: their upper and lower halves, unsigned, are then in `high` and `low`. */
  next(): void;
  high: number;
  low: number;
  /** A standard normal number. */
  normal(): number;
  /** `count` different indices below `size`, in the order drawn. */
  choice(size: number, count: number): number[];
}

/** @param seed an integer ≥ 0. */
export function generator(seed: number): Generator {
  const words = seedWords(seed);
  const pcg = pcg64(words);
  const self: Generator = {
    high: 0,
    low: 0,
    next() {
      pcg.step();
      const [low, middle, upper, high] = pcg.state as unknown as [number, number, number, number];
      const x0 = low ^ upper;
      const x1 = middle ^ high;
      const turn = high >>> 26;
      const [a, b] = turn < 32 ? [x0, x1] : [x1, x0];
      const by = turn & 31;
      self.low = (by === 0 ? a : (a >>> by) | (b << (32 - by))) >>> 0;
      self.high = (by === 0 ? b : (b >>> by) | (a << (32 - by))) >>> 0;
    },
    normal: () => normalOf(self),
    choice: (size, count) => choiceOf(half, size, count),
  };
  // A 32-bit draw takes the lower half of a 64-bit one and leaves the upper half for the next 32-bit draw.
  let left: number | null = null;
  const half = () => {
    if (left !== null) {
      const value = left;
      left = null;
      return value;
    }
    self.next();
    left = self.high;
    return self.low;
  };
  return self;
}

/** 2^-53, the step of a uniform double. */
const STEP = 2 ** -53;

function uniform(source: Generator): number {
  source.next();
  return (source.high * 2 ** 21 + (source.low >>> 11)) * STEP;
}

const LAYER_SCALE = 2 ** -52;
/** Below its entry a 52-bit draw is inside the next narrower layer; an error of 1 here matters once in 2^52 draws. */
const INSIDE = EDGES.map((edge, layer) =>
  layer === 0
    ? Math.floor(((EDGES[255] as number) / edge) * 2 ** 52)
    : layer === 1
      ? 0
      : Math.floor(((EDGES[layer - 1] as number) / edge) * 2 ** 52),
);
const WIDTHS = Float64Array.from(EDGES, (edge) => edge * LAYER_SCALE);
const HEIGHTS = Float64Array.from(EDGES, (edge, layer) => (layer === 0 ? 1 : Math.exp(-0.5 * edge * edge)));

function normalOf(source: Generator): number {
  for (;;) {
    source.next();
    const layer = source.low & 0xff;
    const negative = (source.low & 0x100) !== 0;
    // Bits 9 to 60: 52 of them.
    const magnitude = (source.high & 0x1fffffff) * 2 ** 23 + (source.low >>> 9);
    const x = magnitude * (WIDTHS[layer] as number);
    const signed = negative ? -x : x;
    if (magnitude < (INSIDE[layer] as number)) return signed;
    if (layer === 0) return tail(source, magnitude);
    const top = HEIGHTS[layer - 1] as number;
    const bottom = HEIGHTS[layer] as number;
    if ((top - bottom) * uniform(source) + bottom < Math.exp(-0.5 * x * x)) return signed;
  }
}

function tail(source: Generator, magnitude: number): number {
  const edge = EDGES[255] as number;
  for (;;) {
    const x = -Math.log1p(-uniform(source)) / edge;
    const y = -Math.log1p(-uniform(source));
    // The sign of the tail is bit 8 of the magnitude, not the sign bit.
    if (y + y > x * x) return Math.floor(magnitude / 256) % 2 === 1 ? -(edge + x) : edge + x;
  }
}

/** An integer from 0 to `most`, both included (Lemire, "Fast random integer generation in an interval", 2019). */
function bounded(half: () => number, most: number): number {
  if (most === 0) return 0;
  const range = most + 1;
  const threshold = 2 ** 32 % range;
  for (;;) {
    const draw = half();
    // draw * range needs up to 64 bits: its halves are taken apart exactly.
    const low = Math.imul(draw, range) >>> 0;
    if (low >= threshold) return highWord(draw, range);
  }
}

/** NumPy's Floyd sampling followed by a shuffle, or for a large share of a large population the tail of a shuffle. */
function choiceOf(half: () => number, size: number, count: number): number[] {
  if (size > 10_000 && count > Math.floor(size / 50)) {
    const all = Array.from({ length: size }, (_, index) => index);
    shuffle(half, all, Math.max(size - count, 1));
    return all.slice(size - count);
  }
  const taken = new Set<number>();
  const chosen: number[] = [];
  for (let last = size - count; last < size; last += 1) {
    const draw = bounded(half, last);
    const value = taken.has(draw) ? last : draw;
    taken.add(value);
    chosen.push(value);
  }
  shuffle(half, chosen, 1);
  return chosen;
}

function shuffle(half: () => number, values: number[], first: number): void {
  for (let at = values.length - 1; at >= first; at -= 1) {
    const other = bounded(half, at);
    const value = values[at] as number;
    values[at] = values[other] as number;
    values[other] = value;
  }
}

/** The 32-bit words of the seed, lowest first, mixed into the eight words that start PCG64. */
function seedWords(seed: number): Uint32Array {
  const entropy: number[] = [];
  for (let rest = BigInt(seed); rest > 0n || entropy.length === 0; rest >>= 32n) entropy.push(Number(rest & 0xffffffffn));
  let constant = 0x43b0d7e5;
  const hash = (word: number) => {
    const mixed = word ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    const value = Math.imul(mixed, constant);
    return value ^ (value >>> 16);
  };
  const mix = (x: number, y: number) => {
    const value = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
    return value ^ (value >>> 16);
  };
  const pool = [0, 1, 2, 3].map((index) => hash(entropy[index] ?? 0));
  for (let from = 0; from < 4; from += 1)
    for (let to = 0; to < 4; to += 1) if (from !== to) pool[to] = mix(pool[to] as number, hash(pool[from] as number));
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to += 1) pool[to] = mix(pool[to] as number, hash(word));

  constant = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, index) => {
    const mixed = (pool[index % 4] as number) ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    const value = Math.imul(mixed, constant);
    return value ^ (value >>> 16);
  });
}

/** The 128-bit state, four words, lowest first, and its step: state · multiplier + increment. */
function pcg64(words: Uint32Array): { state: Uint32Array; step(): void } {
  const [w0, w1, w2, w3, w4, w5, w6, w7] = words as unknown as [number, number, number, number, number, number, number, number];
  // Of a pair of 64-bit numbers the first is the upper one.
  const i0 = ((w6 << 1) | 1) >>> 0;
  const i1 = ((w7 << 1) | (w6 >>> 31)) >>> 0;
  const i2 = ((w4 << 1) | (w7 >>> 31)) >>> 0;
  const i3 = ((w5 << 1) | (w4 >>> 31)) >>> 0;
  const state = new Uint32Array(4);
  const step = () => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    // 0x2360ed051fc65da44385df649fccf645; sums of words stay far below 2^53.
    const s0 = (Math.imul(a, 0x9fccf645) >>> 0) + i0;
    const s1 = highWord(a, 0x9fccf645) + (Math.imul(a, 0x4385df64) >>> 0) + (Math.imul(b, 0x9fccf645) >>> 0) + i1 + carry(s0);
    const s2 =
      highWord(a, 0x4385df64) +
      highWord(b, 0x9fccf645) +
      (Math.imul(a, 0x1fc65da4) >>> 0) +
      (Math.imul(b, 0x4385df64) >>> 0) +
      (Math.imul(c, 0x9fccf645) >>> 0) +
      i2 +
      carry(s1);
    const s3 =
      highWord(a, 0x1fc65da4) +
      highWord(b, 0x4385df64) +
      highWord(c, 0x9fccf645) +
      (Math.imul(a, 0x2360ed05) >>> 0) +
      (Math.imul(b, 0x1fc65da4) >>> 0) +
      (Math.imul(c, 0x4385df64) >>> 0) +
      (Math.imul(d, 0x9fccf645) >>> 0) +
      i3 +
      carry(s2);
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  };
  step();
  let sum = (state[0] as number) + w2;
  state[0] = sum;
  sum = (state[1] as number) + w3 + carry(sum);
  state[1] = sum;
  sum = (state[2] as number) + w0 + carry(sum);
  state[2] = sum;
  state[3] = (state[3] as number) + w1 + carry(sum);
  step();
  return { state, step };
}

const carry = (sum: number) => Math.floor(sum / 2 ** 32);

/** High 32 bits of the product of two unsigned 32-bit words, by 16-bit halves: every partial sum stays below 2^53. */
function highWord(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 65_536) + Math.floor(cross / 65_536);
}
