import type { Transform } from "../contract/request.ts";
import { findRow, type Pace, ROW_WORK, sumRows } from "./control.ts";
import type { Sample } from "./sample.ts";

export type Noise = "additive" | "relative";

/**
 * What of the target a law models and how its noise grows: g(y) = law + s e, with g the transform, e normal, and
 * s = 1 (additive) or |g(y)| (relative).
 */
export interface Model {
  transform: Transform;
  noise: Noise;
  /**
   * Mean over the training rows of 2 ln s - 2 ln |g'(y)|: added to ln(RSS / N) it makes likelihoods of y itself, so that
   * models compare. RSS is the sum of squares of the residuals divided by s.
   */
  jacobian: number;
}

/**
 * The models that a target allows: reciprocal needs a target without zeros, log a positive one. Relative noise needs one
 * sign throughout: with values on both sides of zero its likelihood grows without bound as one of them comes near
 * zero, and would win on pure noise. log y with additive noise is already relative in y, so it has no relative form.
 */
export function modelsOf(sample: Sample, transforms: readonly Transform[], pace: Pace): Model[] {
  const { y, training } = sample;
  const noRow = (test: (value: number) => boolean) => findRow(y.length, pace, ROW_WORK.plain, (row) => test(y[row] as number)) < 0;
  const positive = noRow((value) => value <= 0);
  const oneSign = positive || noRow((value) => value >= 0);
  const zero = !oneSign && !noRow((value) => value === 0);
  const logOf = (index: number) => Math.log(Math.abs(y[training[index] as number] as number)) / training.length;
  const meanLog = zero ? 0 : sumRows(training.length, pace, ROW_WORK.call, logOf);
  return transforms.flatMap((transform): Model[] => {
    const additive = { transform, noise: "additive" } as const;
    if (transform === "log") return positive ? [{ ...additive, jacobian: 2 * meanLog }] : [];
    if (transform === "reciprocal" && zero) return [];
    const own = { ...additive, jacobian: transform === "reciprocal" ? 4 * meanLog : 0 };
    return oneSign ? [own, { transform, noise: "relative", jacobian: 2 * meanLog }] : [own];
  });
}

/** g(y). */
export function transformed(y: number, transform: Transform): number {
  return transform === "identity" ? y : transform === "reciprocal" ? 1 / y : Math.log(y);
}

/** y from g(y). */
export function undone(value: number, transform: Transform): number {
  return transform === "identity" ? value : transform === "reciprocal" ? 1 / value : Math.exp(value);
}

/** g'(y). */
export function slope(y: number, transform: Transform): number {
  return transform === "identity" ? 1 : transform === "reciprocal" ? -1 / (y * y) : 1 / y;
}

/** s of the model at a row whose transformed target is `value`. */
export function noiseScale(value: number, noise: Noise): number {
  return noise === "additive" ? 1 : Math.abs(value);
}
