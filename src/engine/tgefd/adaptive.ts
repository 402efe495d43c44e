import type { Pace } from "../control.ts";
import { cloudOf, countOf } from "./cloud.ts";
import { componentsOf, stableOf } from "./components.ts";
import type { TgefdAdaptive } from "./document.ts";
import type { Grid } from "./grid.ts";
import { rankOf } from "./rank.ts";
import type { Landscape, Model } from "./stlsq.ts";
import { spanningTree } from "./tree.ts";

/**
 * The finer grid around the best stable models of a coarse landscape, null if no component is stable: each axis gains, for
 * each of these models, the values one fraction of its smallest gap below and above.
 */
export function refined(
  grid: Grid,
  coarse: Landscape,
  { refine_factor, top_k, min_component_size, radius, tie }: TgefdAdaptive & { radius: number; tie: number },
  scale: "none" | "standard",
  pace: Pace,
): Grid | null {
  const cloud = cloudOf(coarse, scale);
  const components = componentsOf(spanningTree(cloud, pace), countOf(cloud), radius);
  const stable = stableOf(components, min_component_size)
    .flatMap(({ members }) => members)
    .sort((a, b) => a - b);
  if (stable.length === 0) return null;
  const seeds = rankOf(
    stable.map((index) => coarse.models[index] as Model),
    tie,
  ).slice(0, top_k);
  const axis = (values: readonly number[], found: Float64Array, least = Number.NEGATIVE_INFINITY) => {
    const known = [...new Set(values)].sort((a, b) => a - b);
    const gap = known.slice(1).reduce((gap, value, index) => Math.min(gap, value - (known[index] as number)), Number.POSITIVE_INFINITY);
    const step = (known.length > 1 ? gap : 0) / refine_factor;
    const [low = 0] = known;
    const high = known.at(-1) ?? 0;
    const added = seeds.flatMap((place) => {
      const value = found[stable[place] as number] as number;
      return [value - step, value, value + step].map((near) => Math.min(Math.max(near, low), high)).filter((near) => near > least);
    });
    return [...new Set([...known, ...added])].sort((a, b) => a - b);
  };
  return { p: axis(grid.p, coarse.p), q: axis(grid.q, coarse.q), lambda: axis(grid.lambda, coarse.lambda, 0) };
}

/** Coarse models first; what both grids hold stands twice, as in the ancestor. */
export function joined(coarse: Landscape, fine: Landscape): Landscape {
  const join = (a: Float64Array, b: Float64Array) => {
    const both = new Float64Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  };
  return {
    p: join(coarse.p, fine.p),
    q: join(coarse.q, fine.q),
    lambda: join(coarse.lambda, fine.lambda),
    error: join(coarse.error, fine.error),
    l0: join(coarse.l0, fine.l0),
    models: [...coarse.models, ...fine.models],
  };
}
