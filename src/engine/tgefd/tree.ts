import type { Pace } from "../control.ts";
import { type Cloud, countOf } from "./cloud.ts";

/** A minimum spanning tree of the complete graph of distances: edges in the order of Prim's algorithm. */
export interface Tree {
  from: Uint32Array;
  to: Uint32Array;
  length: Float64Array;
}

/**
 * Prim's algorithm in O(count²) time and O(count) memory. The tree has the components of every threshold and, among its
 * edges, the shortest way out of every component.
 */
export function spanningTree(cloud: Cloud, pace: Pace): Tree {
  const count = countOf(cloud);
  const edges = Math.max(count - 1, 0);
  const tree: Tree = { from: new Uint32Array(edges), to: new Uint32Array(edges), length: new Float64Array(edges) };
  /** Points outside the tree, the square of their distance to it and the nearest point in it. */
  const outside = Uint32Array.from({ length: edges }, (_, index) => index + 1);
  const nearest = new Float64Array(edges).fill(Number.POSITIVE_INFINITY);
  const parent = new Uint32Array(edges);
  const [a, b, c, d, e] = cloud as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  let added = 0;
  for (let left = edges; left > 0; left -= 1) {
    const a0 = a[added] as number;
    const b0 = b[added] as number;
    const c0 = c[added] as number;
    const d0 = d[added] as number;
    const e0 = e[added] as number;
    let least = Number.POSITIVE_INFINITY;
    let at = 0;
    for (let place = 0; place < left; place += 1) {
      const point = outside[place] as number;
      const da = (a[point] as number) - a0;
      const db = (b[point] as number) - b0;
      const dc = (c[point] as number) - c0;
      const dd = (d[point] as number) - d0;
      const de = (e[point] as number) - e0;
      const square = da * da + db * db + dc * dc + dd * dd + de * de;
      let known = nearest[place] as number;
      if (square < known) {
        known = square;
        nearest[place] = square;
        parent[place] = added;
      }
      if (known < least) {
        least = known;
        at = place;
      }
    }
    pace.work(6 * left);
    added = outside[at] as number;
    const edge = edges - left;
    tree.from[edge] = parent[at] as number;
    tree.to[edge] = added;
    tree.length[edge] = Math.sqrt(least);
    outside[at] = outside[left - 1] as number;
    nearest[at] = nearest[left - 1] as number;
    parent[at] = parent[left - 1] as number;
  }
  return tree;
}
