import type { Bound } from "./bound.ts";
import type { Factor } from "./factor.ts";
import type { Limits } from "./found.ts";
import { type Gram, ownersOf } from "./gram.ts";
import { scored } from "./scale.ts";

/** Sum of r_i (see `Factor.steepness`) beyond which nothing is concluded about permuted targets, whose |v_i| are not known: for 25 rows. */
const STEEPEST = 3e3;

/**
 * The permuted targets of one Gram. Only their lowest scores are asked, and most fits are settled for a whole cell: all
 * its terms together explain too little of a permuted target to pay for those of any law; see bound.ts.
 */
export interface Nulls {
  /** Makes ready for a cell whose subsets have `least` to `most` terms. */
  move(scales: Float64Array, least: number, most: number): void;
  /** Fits the permuted targets that can matter there to the `size` chosen terms. */
  readonly record: (size: number) => void;
}

export function nullsOf(
  gram: Gram,
  factor: Factor,
  bound: Bound,
  { lowest, limits, rows, stride }: { lowest: number[]; limits: Limits; rows: number; stride: number },
): Nulls {
  const { segments, sides, floors, permutations } = gram;
  const { residuals, steepness, complete } = factor;
  const lanes = factor.lanes(sides - permutations, sides);
  const steepest = STEEPEST * Math.max(1, Math.sqrt(rows) / 5);
  /** The segment of each side. */
  const owners = ownersOf(gram);
  /** By side: the size of the largest subset to which it can matter in this cell. */
  const sizes = new Int32Array(sides);
  /** By size: how many sides can matter; they come first among the lanes. */
  const counts = new Int32Array(stride + 1);
  let scales = new Float64Array(0) as Float64Array;

  function largest(side: number, least: number, most: number): number {
    const owner = owners[side] as number;
    const left = bound.left[side] as number;
    const limit = limits.nulls[side - (segments[owner]?.permutations.from ?? 0)] as number;
    const start = owner * stride;
    if (left * (scales[start + least] as number) > limit) return 0;
    let size = most;
    while (size > least && left * (scales[start + size] as number) > limit) size -= 1;
    return size;
  }

  return {
    move(scalesHere, least, most) {
      scales = scalesHere;
      counts.fill(bound.applies ? 0 : permutations);
      if (permutations === 0 || !bound.applies) return;
      let some = false;
      for (let side = sides - permutations; side < sides; side += 1) {
        const size = largest(side, least, most);
        sizes[side] = size;
        if (size === 0) continue;
        counts[size] = (counts[size] as number) + 1;
        some = true;
      }
      if (!some) return;
      for (let size = most - 1; size > 0; size -= 1) counts[size] = (counts[size] as number) + (counts[size + 1] as number);
      lanes.sides.sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
      lanes.choices.fill(0);
    },
    record(size) {
      const count = (steepness[size] as number) <= steepest ? (counts[size] as number) : permutations;
      if (count === 0) return;
      complete(lanes, count, size);
      for (let lane = 0; lane < count; lane += 1) {
        const side = lanes.sides[lane] as number;
        const owner = owners[side] as number;
        const q = scored(residuals[size * sides + side] as number, floors[side] as number, scales[owner * stride + size] as number);
        const trial = side - (segments[owner]?.permutations.from ?? 0);
        if (q < (lowest[trial] as number)) lowest[trial] = q;
        if (q < (limits.nulls[trial] as number)) limits.nulls[trial] = q;
      }
    },
  };
}
