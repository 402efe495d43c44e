import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import type { Layout } from "./layout.ts";
import { type Model, weightPower } from "./model.ts";
import type { Sample } from "./sample.ts";

/**
 * Sums of products over the rows under one weighting. Each column and each right-hand side is split into its part along
 * the constant, the column of ones as the rows are weighted, and its part across it: a target of 1e8 + 3 x has next to
 * all of its length along the constant, and what is to be explained would be lost in the rounding of its square.
 * Columns are scaled to unit length across. Each sum runs over the rows in ascending order, block by block, so no bit of
 * it depends on who computes it beside which others.
 */
export interface Gram {
  /** Whether all rows weigh alike. */
  alike: boolean;
  /** For each product of the layout, across. */
  products: Float64Array;
  /** Column times right-hand side across, at column * sides + side. */
  targets: Float64Array;
  /** Square sum of each right-hand side across. */
  squares: Float64Array;
  /** Length of each right-hand side along the constant, above the base of its segment; see `heightsOf`. */
  heights: Float64Array;
  bases: Float64Array;
  /** Length of each column along the constant, in units of that across; 1 if it has none across. */
  slopes: Float64Array;
  /** Square sums of residuals below this are rounding. */
  floors: Float64Array;
  /** Length of the noise in each right-hand side, 0 for those without. */
  shifts: Float64Array;
  /** What a column is on the rows: see `COLUMN`. */
  usable: Uint8Array;
  /**
   * Number of right-hand sides: first the target under each of the models, in the order of the segments, then the noise
   * trials of each, then the permuted targets of each.
   */
  sides: number;
  /** Number of permuted sides. */
  permutations: number;
  segments: Segment[];
}

/** A column that is zero or not finite somewhere, one that varies, and one that is a multiple of the constant. */
export const COLUMN = { none: 0, varies: 1, constant: 2 } as const;

/** The right-hand sides of one model, half open; the target itself is at the segment's own index. */
export interface Segment {
  model: number;
  /** False for one that is there for the null alone. */
  nominates: boolean;
  trials: { from: number; to: number };
  permutations: { from: number; to: number };
}

/** What the sums are made of. */
export interface Material {
  request: DiscoverRequest;
  plan: DiscoverPlan;
  sample: Sample;
  models: readonly Model[];
  layout: Layout;
  /** Orders of the rows under which the target is permuted. */
  orders: readonly Uint32Array[];
}

/**
 * One Gram for each weighting of the rows, all its sums 0. The null is that of the models that weigh rows alike: under
 * another weighting a permuted target would need weights, and so a Gram, of its own. Where no model does, as for 1/y
 * alone, its transform is fitted with rows alike as well, for the null only.
 */
export function emptyGrams({ request, models, layout, orders }: Omit<Material, "plan" | "sample">): Gram[] {
  const trials = request.noise.levels.length * request.noise.trials;
  const powers = [...new Set(models.map(weightPower))];
  const grams = powers.map((power) => {
    const group = models.flatMap((model, index) => (weightPower(model) === power ? [index] : []));
    return emptyGram(layout, group, { nominates: true, alike: power === 0, trials, permutations: power === 0 ? orders.length : 0 });
  });
  const even = { nominates: false, alike: true, trials: 0, permutations: orders.length };
  return powers.includes(0) ? grams : [...grams, emptyGram(layout, [0], even)];
}

function emptyGram(
  layout: Layout,
  group: readonly number[],
  { nominates, alike, trials, permutations }: { nominates: boolean; alike: boolean; trials: number; permutations: number },
): Gram {
  let sides = group.length;
  const take = (count: number) => {
    const from = sides;
    sides += count;
    return { from, to: sides };
  };
  const drawn = group.map(() => take(trials));
  const permuted = group.map(() => take(permutations));
  return {
    alike,
    products: new Float64Array(layout.left.length),
    targets: new Float64Array(layout.columns * sides),
    squares: new Float64Array(sides),
    heights: new Float64Array(sides),
    bases: new Float64Array(group.length),
    slopes: new Float64Array(layout.columns),
    floors: new Float64Array(sides),
    shifts: new Float64Array(sides),
    usable: new Uint8Array(layout.columns),
    sides,
    permutations: group.length * permutations,
    segments: group.map((model, index) => ({
      model,
      nominates,
      trials: drawn[index] as Segment["trials"],
      permutations: permuted[index] as Segment["permutations"],
    })),
  };
}

/** For each right-hand side, the segment that it belongs to. */
export function ownersOf({ sides, segments }: Gram): Int32Array {
  const owners = new Int32Array(sides);
  for (const [index, { trials, permutations }] of segments.entries()) {
    owners[index] = index;
    owners.fill(index, trials.from, trials.to);
    owners.fill(index, permutations.from, permutations.to);
  }
  return owners;
}

/** Length of each right-hand side along the constant. */
export function heightsOf(gram: Gram): Float64Array {
  const owners = ownersOf(gram);
  return gram.heights.map((height, side) => (gram.bases[owners[side] as number] as number) + height);
}
