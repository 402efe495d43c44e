import type { Transform } from "../contract/request.ts";
import { findRow, type Pace, ROW_WORK, sumRows } from "./control.ts";
import type { Sample } from "./sample.ts";

export type Noise = "additive" | "relative";

/**
 * What of the target a law models and how the noise of the target grows: y = g^-1(law) + s e, with g the transform, e
 * normal, and s = 1 (additive) or |y| (relative). To first order g(y) = law + |g'(y)| s e, which is what is fitted.
 */
export interface Model {
  transform: Transform;
  noise: Noise;
  /**
   * Mean over the rows of 2 ln s, added to ln(RSS / N) to make likelihoods of y itself, so that models compare,
   * and the price of the transform per row. RSS is the sum of squares of the residuals of g(y) divided by |g'(y)| s.
   */
  jacobian: number;
}

/** Price of a transform of the target, in units of the score: of two forms of one law, the plain one is told. */
const TRANSFORM_PRICE = 6;

export function transformPrice(transform: Transform): number {
  return transform === "identity" ? 0 : TRANSFORM_PRICE;
}

/** See `Model.jacobian`: for so many rows, whose ln |y| has the mean `meanLog`. */
export function jacobianOf({ transform, noise }: Pick<Model, "transform" | "noise">, meanLog: number, rows: number): number {
  return (noise === "relative" ? 2 * meanLog : 0) + transformPrice(transform) / rows;
}

/** Mean of ln |y| over some rows; 0 if one of them is 0. */
export function meanLogOf(y: Float64Array, rows: Uint32Array, pace: Pace): number {
  const mean = sumRows(rows.length, pace, ROW_WORK.call, (index) => Math.log(Math.abs(y[rows[index] as number] as number)) / rows.length);
  return Number.isFinite(mean) ? mean : 0;
}

/**
 * The models that a target allows: log needs a positive target, reciprocal and relative noise one of one sign. With values
 * on both sides of zero their likelihood grows without bound as one of them comes near zero, and would win on pure noise.
 */
export function modelsOf(sample: Sample, transforms: readonly Transform[], pace: Pace): Model[] {
  const { y, all } = sample;
  const noRow = (test: (value: number) => boolean) => findRow(y.length, pace, ROW_WORK.plain, (row) => test(y[row] as number)) < 0;
  const positive = noRow((value) => value <= 0);
  const oneSign = positive || noRow((value) => value >= 0);
  const meanLog = meanLogOf(y, all, pace);
  const noises: Noise[] = oneSign ? ["additive", "relative"] : ["additive"];
  return transforms
    .filter((transform) => transform === "identity" || (transform === "log" ? positive : oneSign))
    .flatMap((transform) => noises.map((noise) => ({ transform, noise, jacobian: jacobianOf({ transform, noise }, meanLog, y.length) })));
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

/** |g'(y)| s: the scale of the noise of g(y) on a row whose target is y. */
export function noiseScale(y: number, { transform, noise }: Pick<Model, "transform" | "noise">): number {
  const size = Math.abs(y);
  if (transform === "identity") return noise === "additive" ? 1 : size;
  if (transform === "log") return noise === "additive" ? 1 / size : 1;
  return noise === "additive" ? 1 / (size * size) : 1 / size;
}

/**
 * Models with one weighting share it: the power of |y| that their rows are multiplied by. At 0 all rows weigh alike, so
 * that the weights stay with the rows when the target is permuted.
 */
export function weightPower({ transform, noise }: Pick<Model, "transform" | "noise">): number {
  return { identity: 0, log: 1, reciprocal: 2 }[transform] - (noise === "relative" ? 1 : 0);
}
