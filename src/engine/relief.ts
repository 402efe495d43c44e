import type { DiscoverPlan } from "../contract/plan.ts";
import { landscapeCells, type ShardFound } from "./found.ts";
import { indicesOf } from "./layout.ts";

/**
 * The landscape over the values of a set of exponents: for each combination of them, row-major, the lowest ln q of the
 * laws that use some of these exponents and no other. A law that does not use one of them has the same value all along
 * it. With N training rows, N times a difference of two values is their difference in score. Null if the search kept no
 * landscape of some of the cells; see `landscapeCells`.
 */
export function reliefOf(plan: DiscoverPlan, found: ShardFound, mask: number): { sizes: number[]; values: Float32Array } | null {
  const all = plan.exponents.map(({ values }) => values.length);
  const sizes = all.filter((_, exponent) => mask & (1 << exponent));
  const grids = plan.grids.filter((grid) => grid.mask !== 0 && (grid.mask & ~mask) === 0);
  const kept = landscapeCells(plan.grids);
  if (grids.some(({ from, cells }) => from + cells > kept)) return null;
  const values = new Float32Array(sizes.reduce((product, size) => product * size, 1)).fill(Number.POSITIVE_INFINITY);
  const [whole] = found.landscape;
  for (const grid of grids) {
    const first = grid.from - (whole?.from ?? 0);
    indicesOf(all, mask, grid.mask).forEach((index, at) => {
      values[at] = Math.min(values[at] as number, whole?.values[first + index] ?? Number.POSITIVE_INFINITY);
    });
  }
  return { sizes, values };
}
