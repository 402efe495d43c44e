import type { Pace } from "../control.ts";
import { type Bar, cyclesOf } from "./cycles.ts";
import type { Distances } from "./distances.ts";
import { batchesOf, edgesBetween } from "./edges.ts";
import { forestOf } from "./forest.ts";
import { componentsWithin, connect, dominates, graphOf, linked, linkOf } from "./graph.ts";
import { longestBare, nearestOf } from "./near.ts";

/** Edges are sorted as far as they are needed: a little beyond the last birth, then in phases that grow by this factor. */
const PHASE = 1.02;

/**
 * The bars of H1, over Z/2, of the Vietoris-Rips filtration up to the enclosing radius.
 *
 * Edges enter one by one, by length and then by their place in the matrix; each brings every triangle and tetrahedron
 * that it closes. What an edge {i, j} does to H1 is read from its link, the graph on the points that earlier edges join to
 * both ends: with an empty link it joins two components or bears a loop; with a connected one it changes nothing; with c
 * components it fills c - 1 cycles i k j l. Only these are reduced. Most links have a point adjacent to all others, found
 * by trying the one that the last edge of i or j had. After the last edge that can bear a loop, and the last death,
 * nothing can happen any more.
 *
 * @param longest a length at or below that of some edge with an empty link, such as the longest of a spanning tree.
 */
export function loopsOf(distances: Distances, longest: number, pace: Pace): Bar[] {
  const { count, enclosing } = distances;
  if (count < 4) return [];
  const neighbours = nearestOf(distances, pace);
  const lastBirth = longestBare(distances, neighbours, Math.min(longest, enclosing), pace);
  const cycles = cyclesOf(distances, neighbours, pace);
  const forest = forestOf(count);
  const graph = graphOf(count);
  const link = new Int32Array(graph.words);
  const rest = new Int32Array(graph.words);
  /** The point that dominated the last link of each point's edges: it often dominates the next one too. */
  const apex = Int32Array.from({ length: count }, (_, point) => point);

  const dominator = (i: number, j: number): number => {
    const one = apex[i] as number;
    if (dominates(graph, one, i, j)) return one;
    const other = apex[j] as number;
    if (dominates(graph, other, i, j)) return other;
    const { each, nearest } = neighbours;
    for (let at = 0; at < each; at += 1) {
      const near = nearest[i * each + at] as number;
      if (dominates(graph, near, i, j)) return near;
      const far = nearest[j * each + at] as number;
      if (dominates(graph, far, i, j)) return far;
    }
    return -1;
  };
  const addBare = (i: number, j: number) => {
    if (forest.join(i, j)) cycles.join(i, j);
    else cycles.bear(i, j);
  };
  const add = (i: number, j: number) => {
    if (cycles.alive() === 0) {
      if (!linked(graph, i, j)) addBare(i, j);
    } else {
      const k = dominator(i, j);
      if (k >= 0) {
        apex[i] = k;
        apex[j] = k;
      } else if (linkOf(graph, i, j, link)) {
        const [first = 0, ...others] = componentsWithin(graph, link, rest);
        for (const other of others) cycles.fill(i, j, first, other);
        pace.work(20 * graph.words);
      } else addBare(i, j);
    }
    connect(graph, i, j);
  };

  const batch = batchesOf(distances, pace);
  let above = -1;
  let wished = Math.min(lastBirth * PHASE, enclosing);
  for (;;) {
    const limit = batch(above, wished);
    const { pairs, lengths } = edgesBetween(distances, above, limit, pace);
    for (let at = 0; at < pairs.length; at += 1) {
      if (cycles.alive() === 0 && (lengths[at] as number) > lastBirth) return cycles.bars;
      const pair = pairs[at] as number;
      add(pair >>> 16, pair & 0xffff);
      pace.work(20 + 2 * graph.words);
    }
    if (limit >= wished) {
      if (cycles.alive() === 0 || limit >= enclosing) return cycles.bars;
      wished = limit > 0 ? Math.min(limit * PHASE, enclosing) : enclosing;
    }
    above = limit;
  }
}
