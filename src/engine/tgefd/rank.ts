import type { Model } from "./stlsq.ts";

/** Below 0 if the first model is better: by error, then l0, then l1. */
export const compare = (one: Model, other: Model): number => one.error - other.error || one.l0 - other.l0 || one.l1 - other.l1;

/** The places of models from the best to the worst, equal ones in their order. */
export function rankOf(models: readonly Model[]): number[] {
  return models.map((_, index) => index).sort((a, b) => compare(models[a] as Model, models[b] as Model) || a - b);
}
