import type { Model } from "./stlsq.ts";

/** Relative difference of two sums of coefficients that rounding may make. */
const ROUNDING = 1e-9;

/**
 * Below 0 if the first model is better: by error, then l0, then l1. The ancestor compares errors to the bit, so that among
 * models that fit alike, such as x and x/2 + x^1/2, the last digit of its linear algebra chooses. Here errors within `tie`
 * of each other are equal.
 */
export function compare(one: Model, other: Model, tie: number): number {
  const gap = one.error - other.error;
  if (Math.abs(gap) > tie) return gap;
  if (one.l0 !== other.l0) return one.l0 - other.l0;
  const excess = one.l1 - other.l1;
  return Math.abs(excess) > ROUNDING * Math.max(one.l1, other.l1) ? excess : 0;
}

/** The places of models from the best to the worst, equal ones in their order. */
export function rankOf(models: readonly Model[], tie: number): number[] {
  return models.map((_, index) => index).sort((a, b) => compare(models[a] as Model, models[b] as Model, tie) || a - b);
}
