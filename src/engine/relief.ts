import type { DiscoverPlan } from "../contract/plan.ts";
import { landscapeCells, type ShardFound } from "./found.ts";
import { combinations } from "./layout.ts";

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
    const { strides } = combinations(all, grid.mask);
    const steps = strides.filter((_, exponent) => mask & (1 << exponent));
    const digits = sizes.map(() => 0);
    let at = grid.from - (whole?.from ?? 0);
    for (let index = 0; index < values.length; index += 1) {
      values[index] = Math.min(values[index] as number, whole?.values[at] ?? Number.POSITIVE_INFINITY);
      for (let exponent = sizes.length - 1; exponent >= 0; exponent -= 1) {
        digits[exponent] = (digits[exponent] as number) + 1;
        at += steps[exponent] as number;
        if (digits[exponent] !== sizes[exponent]) break;
        at -= (steps[exponent] as number) * (sizes[exponent] as number);
        digits[exponent] = 0;
      }
    }
  }
  return { sizes, values };
}
