import type { Landscape } from "./stlsq.ts";

/** Points as one array for each coordinate. */
export type Cloud = readonly Float64Array[];

export const countOf = (cloud: Cloud) => cloud[0]?.length ?? 0;

/** The points (p, q, λ, error, l0) of a landscape; `standard` gives each coordinate mean 0 and population deviation 1. */
export function cloudOf({ p, q, lambda, error, l0 }: Landscape, scale: "none" | "standard"): Cloud {
  const cloud = [p, q, lambda, error, l0];
  return scale === "none" ? cloud : cloud.map(standardised);
}

/** A coordinate without spread keeps its unit. */
function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) * (value - mean), 0) / values.length);
  return values.map((value) => (value - mean) / (deviation === 0 ? 1 : deviation));
}

/** The points that `kept` names. */
export const pointsAt = (cloud: Cloud, kept: ArrayLike<number>): Cloud =>
  cloud.map((values) => Float64Array.from(kept, (index) => values[index] as number));
