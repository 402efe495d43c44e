import type { TgefdDocument } from "./document.ts";

export type TgefdReason =
  | "no_stable_components"
  | "no_h1"
  | "pi_energy_unavailable"
  | "pi_energy_below_threshold"
  | "topological_instability"
  | "topological stability under noise";

/** What the policy reads. */
export interface Findings {
  patterns: number;
  significant_H1: number;
  energy: { mean: number; std: number } | null;
}

/** The first rule that rejects all runs together, else acceptance. Without energy the variation is infinite. */
export function decide(findings: Findings, evaluation: TgefdDocument["evaluation"]): { accepted: boolean; reason: TgefdReason } {
  const rejected = levelReason(findings, evaluation);
  if (rejected) return { accepted: false, reason: rejected };
  const variation = variationOf(findings.energy);
  if (variation !== null && variation > evaluation.stability_score.tolerance) return { accepted: false, reason: "topological_instability" };
  return { accepted: true, reason: "topological stability under noise" };
}

/** The rules that also hold for the runs of one level. */
export function levelReason({ patterns, significant_H1, energy }: Findings, { acceptance, stability_score }: TgefdDocument["evaluation"]) {
  if (patterns < acceptance.min_stable_components) return "no_stable_components";
  if (acceptance.require_h1 && significant_H1 <= 0) return "no_h1";
  if (energy === null) return "pi_energy_unavailable";
  return energy.mean < stability_score.min_pi_energy ? "pi_energy_below_threshold" : null;
}

/** Coefficient of variation, infinite for a mean of 0. */
export function variationOf(energy: Findings["energy"]): number | null {
  if (energy === null) return null;
  return energy.mean > 0 ? energy.std / energy.mean : Number.POSITIVE_INFINITY;
}
