import type { Pace } from "../control.ts";
import type { Distances } from "./distances.ts";
import type { Neighbours } from "./near.ts";

/** A bar of the first homology: born with an edge, dead with a triangle, `birth` < `death`. */
export interface Bar {
  birth: number;
  death: number;
}

/** The loops of a growing complex, of which a cycle is a sum modulo 2. */
export interface Cycles {
  /** How many loops are born and not dead. */
  alive(): number;
  /** The edge {i, j} with an empty link joins two components. */
  join(i: number, j: number): void;
  /** The edge {i, j} with an empty link bears a loop. */
  bear(i: number, j: number): void;
  /** The edge {i, j} fills the cycle i k j l; k and l are in its link. */
  fill(i: number, j: number, k: number, l: number): void;
  bars: Bar[];
}

export function cyclesOf({ count, lower }: Distances, { each, nearest }: Neighbours, pace: Pace): Cycles {
  const placeOf = (i: number, j: number) => (i > j ? ((i * (i - 1)) >>> 1) + j : ((j * (j - 1)) >>> 1) + i);
  const distance = (i: number, j: number) => lower[placeOf(i, j)] as number;
  /** What edges are known to be: sums of loops, ascending; nothing for one that joined components. */
  const chains = new Map<number, readonly number[]>();
  const births: number[] = [];
  /** Sums of loops that are filled, by their youngest loop. */
  const filled = new Map<number, readonly number[]>();
  const bars: Bar[] = [];
  let alive = 0;

  /** The loops on a path homologous to the edge {i, j}, of edges with empty links. */
  const chainOf = (i: number, j: number): readonly number[] => {
    let chain: readonly number[] = [];
    for (let from = i; ; ) {
      const known = chains.get(placeOf(from, j));
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
  /** A point of the link that the edge {i, j} had: one joined to both ends by earlier edges. */
  const between = (i: number, j: number): number => {
    const length = distance(i, j);
    for (let at = i * each; at < (i + 1) * each; at += 1) {
      const k = nearest[at] as number;
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
    throw new Error("an edge whose link is empty must be joined or borne");
  };

  return {
    alive: () => alive,
    join(i, j) {
      chains.set(placeOf(i, j), []);
    },
    bear(i, j) {
      chains.set(placeOf(i, j), [births.length]);
      births.push(distance(i, j));
      alive += 1;
    },
    fill(i, j, k, l) {
      let cycle = sum(sum(chainOf(i, k), chainOf(k, j)), sum(chainOf(i, l), chainOf(l, j)));
      while (cycle.length > 0) {
        const youngest = cycle.at(-1) as number;
        const other = filled.get(youngest);
        if (!other) {
          filled.set(youngest, cycle);
          alive -= 1;
          const birth = births[youngest] as number;
          const death = distance(i, j);
          if (death > birth) bars.push({ birth, death });
          return;
        }
        cycle = sum(cycle, other);
        pace.work(10 * cycle.length);
      }
    },
    bars,
  };
}

/** The symmetric difference of two ascending lists. */
function sum(a: readonly number[], b: readonly number[]): readonly number[] {
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
