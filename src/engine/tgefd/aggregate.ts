import type { Pace } from "../control.ts";
import { decide, type Findings, levelReason, type TgefdReason, variationOf } from "./decision.ts";
import type { TgefdDocument } from "./document.ts";
import type { Feature, Shape } from "./expression.ts";
import { labelled } from "./label.ts";
import { compare } from "./rank.ts";
import type { Model } from "./stlsq.ts";
import type { Patterns, Trial } from "./trial.ts";

/** The ancestor's answer, without what belongs to the service: run id, artifacts and reproducibility. */
export interface TgefdResponse {
  status: "accepted" | "rejected";
  summary: { stable_components: number; significant_H0: number; significant_H1: number; stability_score: number };
  decision: { accepted: boolean; reason: TgefdReason };
  models: [TgefdModel];
  noise_report: TgefdLevel[];
  topology_report: { H0: number; H1: number; PI_energy: { mean: number; std: number } | null };
}

export interface TgefdModel {
  family_id: "fam-1" | "candidate-1";
  representative_model: { formula: string; coefficients: Record<string, number> };
  /** Expressions of features that are active in at least 80 % of the pool, and of those in fewer; empty unless accepted. */
  invariant_terms: string[];
  unstable_terms: string[];
  error: { mean: number; std: number };
}

export interface TgefdLevel {
  noise_level: number;
  stable_components: number;
  significant_H0: number;
  significant_H1: number;
  pi_energy: number | null;
  decision: string;
}

/** The model behind the answer's formula, with every digit. */
export interface Representative {
  shape: Shape;
  /** One for each feature. */
  coefficients: Float64Array;
}

/** Share of the pool in which an invariant term is active. */
const INVARIANT = 0.8;

/** All runs together: the answer, and the coefficient patterns that every run holds stable. */
export function aggregate(
  trials: readonly Trial[],
  features: readonly Feature[],
  patternOf: Patterns,
  { evaluation }: TgefdDocument,
  tie: number,
  pace: Pace,
): { response: TgefdResponse; patterns: string[]; variation: number | null; representative: Representative } {
  const tolerance = evaluation.acceptance.coeff_tol;
  const levels = [...new Set(trials.map(({ level }) => level))].sort((a, b) => a - b);
  const shared = sharedOf(trials);
  const findings = findingsOf(trials);
  const { patterns: stable_components, significant_H1, energy } = findings;
  const decision = decide(findings, evaluation);
  const pool = poolOf(trials, (model) => shared.has(patternOf(model)), tie, pace);
  const terms = (belongs: (share: number) => boolean) =>
    decision.accepted && shared.size > 0
      ? features.filter((_, index) => belongs(activeShare(pool, index, patternOf))).map(({ text }) => text)
      : [];

  const significant_H0 = Math.min(...trials.map((trial) => trial.significant_H0));
  const share = meanOf(trials.map(({ stable, landscape }) => stable.length / landscape.models.length));
  const variation = variationOf(energy);
  const spread = variation === Number.POSITIVE_INFINITY ? 1 : variation;
  const response: TgefdResponse = {
    status: decision.accepted ? "accepted" : "rejected",
    summary: { stable_components, significant_H0, significant_H1, stability_score: spread === null ? share : share / (1 + spread) },
    decision,
    models: [
      {
        family_id: decision.accepted ? "fam-1" : "candidate-1",
        representative_model: labelled(features, pool.best.shape, pool.best.model.coefficients, tolerance),
        invariant_terms: terms((value) => value >= INVARIANT),
        unstable_terms: terms((value) => value > 0 && value < INVARIANT),
        error: momentsOf(pool.models.map(({ error }) => error)),
      },
    ],
    noise_report: levels.map((noise_level) => {
      const members = trials.filter(({ level }) => level === noise_level);
      const found = findingsOf(members);
      return {
        noise_level,
        stable_components: found.patterns,
        significant_H0: Math.min(...members.map((trial) => trial.significant_H0)),
        significant_H1: found.significant_H1,
        pi_energy: found.energy?.mean ?? null,
        decision: levelReason(found, evaluation) ?? "ok",
      };
    }),
    topology_report: { H0: significant_H0, H1: significant_H1, PI_energy: energy },
  };
  const representative = { shape: pool.best.shape, coefficients: pool.best.model.coefficients };
  return { response, patterns: [...shared], variation, representative };
}

interface Pool {
  models: Model[];
  best: { model: Model; shape: Shape };
}

/**
 * The stable models of all runs that are agreed on; if there are none, the stable models of the first run, or all of it.
 * The best of them stands for all.
 */
function poolOf(trials: readonly Trial[], agreed: (model: Model) => boolean, tie: number, pace: Pace): Pool {
  const first = trials[0] as Trial;
  const every = first.landscape.models.map((_, place) => place);
  const gather = (
    from: readonly Trial[],
    placesOf: (trial: Trial) => readonly number[],
    belongs: (model: Model) => boolean,
  ): Pool | null => {
    const models: Model[] = [];
    let best: Pool["best"] | null = null;
    for (const trial of from) {
      for (const place of placesOf(trial)) {
        const model = trial.landscape.models[place] as Model;
        pace.work(20);
        if (!belongs(model)) continue;
        models.push(model);
        if (best && compare(model, best.model, tie) >= 0) continue;
        best = { model, shape: { p: trial.landscape.p[place] as number, q: trial.landscape.q[place] as number } };
      }
    }
    return best && { models, best };
  };
  return (gather(trials, ({ stable }) => stable, agreed) ??
    gather(
      [first],
      ({ stable }) => stable,
      () => true,
    ) ??
    gather(
      [first],
      () => every,
      () => true,
    )) as Pool;
}

/** Share of the pool in which a feature is active. */
const activeShare = ({ models }: Pool, feature: number, patternOf: Patterns): number =>
  models.filter((model) => patternOf(model)[feature] === "1").length / models.length;

function findingsOf(trials: readonly Trial[]): Findings {
  const energies = trials.flatMap(({ pi_energy }) => (pi_energy === null ? [] : [pi_energy]));
  return {
    patterns: sharedOf(trials).size,
    significant_H1: Math.min(...trials.map((trial) => trial.significant_H1)),
    energy: energies.length > 0 ? momentsOf(energies) : null,
  };
}

/** The patterns that are stable in every run, in the order of the first. */
function sharedOf(trials: readonly Trial[]): Set<string> {
  const [first, ...others] = trials.map(({ patterns }) => patterns);
  return new Set([...(first ?? [])].filter((pattern) => others.every((patterns) => patterns.has(pattern))));
}

const meanOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;

/** Mean and population standard deviation. */
function momentsOf(values: readonly number[]): { mean: number; std: number } {
  const mean = meanOf(values);
  return { mean, std: Math.sqrt(meanOf(values.map((value) => (value - mean) * (value - mean)))) };
}
