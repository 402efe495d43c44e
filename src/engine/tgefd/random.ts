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
  const step = pcg64(seedWords(seed));
  const self: Generator = {
    high: 0,
    low: 0,
    next: () => step(self),
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
    if (low(draw, range) >= threshold) return high(draw, range);
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

/**
 * The linear congruential step of 128 bits, state · multiplier + increment, and the output of its state: the exclusive or
 * of its halves, rotated by its six highest bits.
 */
function pcg64(words: Uint32Array): (out: Pick<Generator, "high" | "low">) => void {
  const word = (index: number) => words[index] as number;
  // Lowest word first. Of a pair of 64-bit numbers the first is the upper one; the increment is twice the number plus 1.
  const i0 = ((word(6) << 1) | 1) >>> 0;
  const i1 = ((word(7) << 1) | (word(6) >>> 31)) >>> 0;
  const i2 = ((word(4) << 1) | (word(7) >>> 31)) >>> 0;
  const i3 = ((word(5) << 1) | (word(4) >>> 31)) >>> 0;
  // In an array, because variables that outlive a call and exceed 31 bits would be allocated anew for each value.
  const state = new Uint32Array(4);
  const step = () => {
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const d = state[3] as number;
    // 0x2360ed051fc65da44385df649fccf645; sums of words stay far below 2^53.
    const s0 = low(a, 0x9fccf645) + i0;
    const s1 = high(a, 0x9fccf645) + low(a, 0x4385df64) + low(b, 0x9fccf645) + i1 + carry(s0);
    const s2 = high(a, 0x4385df64) + high(b, 0x9fccf645) + low(a, 0x1fc65da4) + low(b, 0x4385df64) + low(c, 0x9fccf645) + i2 + carry(s1);
    const upper = low(a, 0x2360ed05) + low(b, 0x1fc65da4) + low(c, 0x4385df64) + low(d, 0x9fccf645);
    const s3 = high(a, 0x1fc65da4) + high(b, 0x4385df64) + high(c, 0x9fccf645) + upper + i3 + carry(s2);
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  };
  step();
  const seed = [word(2), word(3), word(0), word(1)];
  let over = 0;
  seed.forEach((part, index) => {
    const sum = (state[index] as number) + part + over;
    state[index] = sum;
    over = carry(sum);
  });
  step();
  return (out) => {
    step();
    const lower = (state[0] as number) ^ (state[2] as number);
    const upper = (state[1] as number) ^ (state[3] as number);
    const turn = (state[3] as number) >>> 26;
    const one = turn < 32 ? lower : upper;
    const other = turn < 32 ? upper : lower;
    const by = turn & 31;
    out.low = (by === 0 ? one : (one >>> by) | (other << (32 - by))) >>> 0;
    out.high = (by === 0 ? other : (other >>> by) | (one << (32 - by))) >>> 0;
  };
}

const carry = (sum: number) => (sum / 2 ** 32) | 0;

/** The low and high 32 bits of the product of two unsigned words, the high ones by 16-bit halves. */
const low = (a: number, b: number) => Math.imul(a, b) >>> 0;

function high(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + ((middle / 65_536) | 0) + ((cross / 65_536) | 0);
}
