import type { Pace } from "../control.ts";
import type { Distances } from "./distances.ts";
import { edgesBetween } from "./edges.ts";
import { longestBare, nearestOf } from "./near.ts";

/** A bar of the first homology: born with an edge, dead with a triangle, `birth` < `death`. */
export interface Bar {
  birth: number;
  death: number;
}

/**
 * The bars of H1, over Z/2, of the Vietoris-Rips filtration up to the enclosing radius.
 *
 * Edges enter one by one, by length and then by their place in the matrix; each brings every triangle and tetrahedron
 * that it closes. What an edge {i, j} does to H1 is read from its link, the graph of the points k nearer to both ends
 * than these to each other: with an empty link it joins two components or bears a loop; with a connected one it changes
 * nothing; with c components it closes c - 1 cycles i k j k'. Only the last are reduced: every edge of such a cycle is
 * homologous to a path of edges with empty links, which the points nearest to its ends show. After the last edge that
 * can bear a loop, and the last death, nothing can happen any more, and most edges are never looked at.
 */
export function loopsOf(distances: Distances, pace: Pace): Bar[] {
  const { count, enclosing } = distances;
  if (count < 4) return [];
  const lower = distances.lower;
  const distance = (i: number, j: number) => lower[i > j ? (i * (i - 1)) / 2 + j : (j * (j - 1)) / 2 + i] as number;
  const neighbours = nearestOf(distances, pace);
  const lastBirth = longestBare(distances, neighbours, pace);

  const words = (count + 31) >>> 5;
  /** Points adjacent so far, a row of bits each, and the range of words that are not 0. */
  const adjacent = new Int32Array(count * words);
  const firstWord = new Int32Array(count).fill(words);
  const lastWord = new Int32Array(count).fill(-1);
  const link = new Int32Array(words);
  const rest = new Int32Array(words);

  const parents = Int32Array.from({ length: count }, (_, index) => index);
  const rootOf = (point: number) => {
    let root = point;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root] as number] as number;
      root = parents[root] as number;
    }
    return root;
  };

  /** Edges with an empty link: -1 if it joined two components, else the number of its loop. */
  const bare = new Map<number, number>();
  const births: number[] = [];
  /** Reduced cycles by their youngest loop: the numbers of their loops, ascending. */
  const reduced = new Map<number, number[]>();
  const chains = new Map<number, number[]>();
  const bars: Bar[] = [];
  let alive = 0;

  const placeOf = (i: number, j: number) => (i > j ? (i * (i - 1)) / 2 + j : (j * (j - 1)) / 2 + i);
  /** The loops that a path of bare edges homologous to {i, j} passes, each an odd number of times. */
  const chainOf = (i: number, j: number): number[] => {
    let chain: number[] = [];
    let from = i;
    for (;;) {
      const place = placeOf(from, j);
      const loop = bare.get(place);
      if (loop !== undefined) return loop < 0 ? chain : sum(chain, [loop]);
      const known = chains.get(place);
      if (known) {
        chain = sum(chain, known);
        break;
      }
      const via = between(from, j);
      chain = sum(chain, chainOf(from, via));
      from = via;
    }
    chains.set(placeOf(i, j), chain);
    return chain;
  };
  /** A point of the link of an edge. */
  const between = (i: number, j: number): number => {
    const length = distance(i, j);
    const near = neighbours.nearest;
    for (let at = i * neighbours.each; at < (i + 1) * neighbours.each; at += 1) {
      const k = near[at] as number;
      if (distance(i, k) >= length) break;
      if (distance(k, j) < length) return k;
    }
    const place = placeOf(i, j);
    const earlier = (k: number, end: number) => {
      const other = distance(k, end);
      return other < length || (other === length && placeOf(k, end) < place);
    };
    pace.work(4 * count);
    for (let k = 0; k < count; k += 1) if (k !== i && k !== j && earlier(k, i) && earlier(k, j)) return k;
    throw new Error("an edge with a link has no point in it");
  };

  const close = (i: number, j: number, first: number, second: number, length: number) => {
    let cycle = sum(sum(chainOf(i, first), chainOf(first, j)), sum(chainOf(i, second), chainOf(second, j)));
    while (cycle.length > 0) {
      const youngest = cycle[cycle.length - 1] as number;
      const other = reduced.get(youngest);
      if (!other) {
        reduced.set(youngest, cycle);
        alive -= 1;
        const birth = births[youngest] as number;
        if (length > birth) bars.push({ birth, death: length });
        return;
      }
      cycle = sum(cycle, other);
    }
  };

  /** Takes the components of the link apart, which is in `link` from word `low` to `high`. */
  const splitLink = (i: number, j: number, low: number, high: number, length: number) => {
    let first = -1;
    let start = low;
    for (;;) {
      while (start <= high && link[start] === 0) start += 1;
      if (start > high) return;
      const seed = start * 32 + 31 - Math.clz32((link[start] as number) & -(link[start] as number));
      // `rest` becomes what the component of the seed does not reach.
      const row = seed * words;
      let left = 0;
      for (let word = low; word <= high; word += 1) {
        const bits = (link[word] as number) & ~(adjacent[row + word] as number);
        rest[word] = bits;
        left |= bits;
      }
      rest[seed >>> 5] = (rest[seed >>> 5] as number) & ~(1 << (seed & 31));
      if (left !== 0) absorb(start, high);
      if (first < 0) first = seed;
      else if (alive > 0) close(i, j, first, seed, length);
      let remains = 0;
      for (let word = low; word <= high; word += 1) {
        link[word] = rest[word] as number;
        remains |= rest[word] as number;
      }
      if (remains === 0) return;
    }
  };
  /** Moves points of `rest` that are adjacent to a point of the link outside `rest` out of it, until none is. */
  const absorb = (low: number, high: number) => {
    for (let moved = true; moved; ) {
      moved = false;
      for (let word = low; word <= high; word += 1) {
        for (let bits = rest[word] as number; bits !== 0; ) {
          const bit = bits & -bits;
          bits ^= bit;
          const point = word * 32 + 31 - Math.clz32(bit);
          const row = point * words;
          let touches = 0;
          for (let other = low; other <= high && touches === 0; other += 1)
            touches = (link[other] as number) & ~(rest[other] as number) & (adjacent[row + other] as number);
          if (touches === 0) continue;
          moved = true;
          for (let other = low; other <= high; other += 1) rest[other] = (rest[other] as number) & ~(adjacent[row + other] as number);
          rest[word] = (rest[word] as number) & ~bit;
          bits &= rest[word] as number;
        }
      }
    }
  };

  const enter = (i: number, j: number, length: number) => {
    const left = i * words;
    const right = j * words;
    const low = Math.max(firstWord[i] as number, firstWord[j] as number);
    const high = Math.min(lastWord[i] as number, lastWord[j] as number);
    let any = 0;
    for (let word = low; word <= high; word += 1) {
      const bits = (adjacent[left + word] as number) & (adjacent[right + word] as number);
      link[word] = bits;
      any |= bits;
    }
    if (any === 0) {
      const a = rootOf(i);
      const b = rootOf(j);
      if (a === b) {
        bare.set(placeOf(i, j), births.length);
        births.push(length);
        alive += 1;
      } else {
        parents[a] = b;
        bare.set(placeOf(i, j), -1);
      }
    } else if (alive > 0) splitLink(i, j, low, high, length);
    adjacent[left + (j >>> 5)] = (adjacent[left + (j >>> 5)] as number) | (1 << (j & 31));
    adjacent[right + (i >>> 5)] = (adjacent[right + (i >>> 5)] as number) | (1 << (i & 31));
    if (j >>> 5 < (firstWord[i] as number)) firstWord[i] = j >>> 5;
    if (j >>> 5 > (lastWord[i] as number)) lastWord[i] = j >>> 5;
    if (i >>> 5 < (firstWord[j] as number)) firstWord[j] = i >>> 5;
    if (i >>> 5 > (lastWord[j] as number)) lastWord[j] = i >>> 5;
    pace.work(20 + 4 * Math.max(high - low, 0));
  };

  let above = -1;
  let limit = lastBirth;
  for (;;) {
    const { first, second, lengths } = edgesBetween(distances, above, limit, pace);
    for (let at = 0; at < lengths.length; at += 1) {
      const length = lengths[at] as number;
      if (length > lastBirth && alive === 0) return bars;
      enter(first[at] as number, second[at] as number, length);
    }
    if (alive === 0 || limit >= enclosing) return bars;
    above = limit;
    limit = limit > 0 ? Math.min(limit * PHASE, enclosing) : enclosing;
  }
}

/** Edges are sorted as far as they are needed: up to the last birth, then in phases of this growth. */
const PHASE = 1.25;

/** The symmetric difference of two ascending lists. */
function sum(a: number[], b: number[]): number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: number[] = [];
  let left = 0;
  let right = 0;
  while (left < a.length && right < b.length) {
    const x = a[left] as number;
    const y = b[right] as number;
    if (x < y) merged.push(x);
    else if (y < x) merged.push(y);
    if (x <= y) left += 1;
    if (y <= x) right += 1;
  }
  for (; left < a.length; left += 1) merged.push(a[left] as number);
  for (; right < b.length; right += 1) merged.push(b[right] as number);
  return merged;
}
