import type { Model } from "./stlsq.ts";

/** The places of models from the best to the worst: by error, then l0, then l1, equal ones in their order. */
export function rankOf(models: readonly Model[]): number[] {
  return models
    .map((_, index) => index)
    .sort((a, b) => {
      const [one, other] = [models[a] as Model, models[b] as Model];
      return one.error - other.error || one.l0 - other.l0 || one.l1 - other.l1 || a - b;
    });
}
