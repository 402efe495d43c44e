import { ENGINE_VERSION, type Reason, SCHEMA_VERSION } from "../contract/names.ts";
import type { DiscoverRequest, EvaluateRequest } from "../contract/request.ts";
import type { Evidence, LandscapeView, Result } from "../contract/result.ts";
import { ambiguityChecks, type Company } from "./ambiguity.ts";
import { atLeast, atMost, type Check, holdoutCheck, lackOfFitCheck } from "./checks.ts";
import { type Pace, ROW_WORK, sumRows } from "./control.ts";
import { evidenceOf } from "./evidence.ts";
import { type Design, fitRows, predictions } from "./fit.ts";
import { lawOf } from "./law.ts";
import { withUnits } from "./law-units.ts";
import { MIN_ROWS, type Sample } from "./sample.ts";

/** Smallest share of noise trials that must keep the family of the winner. */
const STABILITY_LIMIT = 0.5;

/** Everything that decides the bits of a result besides the request: rules, arithmetic, and the power kernel of `power.ts`. */
const FINGERPRINT = `v2-${ENGINE_VERSION}-quarter-powers`;

/** What the way to a hypothesis adds to what the hypothesis shows by itself. */
export interface Findings extends Company {
  kind: Result["kind"];
  p_value: number | null;
  stability: Result["stability"];
  pareto: Result["pareto"];
  rivals: Result["rivals"];
  landscape: { summary: Result["landscape"]; view: LandscapeView | null };
  cost: Result["cost"];
}

/**
 * The final step of both kinds of job: fits the hypothesis to the training rows, tests it on the held-out rows, fits it
 * to all rows and decides. Accepted only if none of these holds:
 * - `no_signal`: the permutation p-value exceeds `decision.false_acceptance`, or there are fewer than 5 rows;
 * - `lack_of_fit`, `holdout_disagrees`: see checks.ts;
 * - `outside_library`: there is a signal, but the best law of the library does not have its shape;
 * - `unstable`: under half of the noise trials keep the family (not asked of a law that was given);
 * - `ambiguous`: the data leave open which law it is, see ambiguity.ts, or no lack of fit could be seen: with fewer than
 *   2 rows at different inputs beyond the constants and exponents of the law, nothing would speak against a wrong one.
 */
export function conclude(
  design: Design,
  findings: Findings,
  sample: Sample,
  request: DiscoverRequest | EvaluateRequest,
  datasetHash: string,
  pace: Pace,
): { result: Result; evidence: Evidence } {
  const { table, target, y, training, heldOut } = sample;
  const { p_value, stability, kind } = findings;
  const { hypothesis } = design;
  const trained = fitRows(design, training, pace);
  const fit = fitRows(design, sample.all, pace);
  const law = withUnits(lawOf(hypothesis, fit, target), hypothesis.terms, table.units);
  const checks = {
    p_value: p_value === null ? null : atMost(p_value, request.decision.false_acceptance),
    lack_of_fit: lackOfFitCheck(design, fit, sample, pace),
    holdout: holdoutCheck(design, trained, heldOut, pace),
    stability: stability.share === null ? null : atLeast(stability.share, STABILITY_LIMIT),
  };
  const ambiguities = ambiguityChecks(hypothesis, findings, law, sample, kind === "discover");

  const signal = table.rows >= MIN_ROWS && checks.p_value?.holds === true && checks.holdout !== null;
  const fails = (check: Check | null) => check?.holds === false;
  const against: [reason: Reason, holds: boolean][] = [
    ["no_signal", !signal],
    ["lack_of_fit", fails(checks.lack_of_fit)],
    ["outside_library", fails(checks.lack_of_fit) && signal && kind === "discover"],
    ["holdout_disagrees", fails(checks.holdout)],
    ["unstable", fails(checks.stability)],
    ["ambiguous", (signal && checks.lack_of_fit === null) || Object.values(ambiguities).some(fails)],
  ];
  const reasons = against.flatMap(([reason, holds]) => (holds ? [reason] : []));

  const fitted = predictions(design, fit.coefficients, pace);
  const accepted = reasons.length === 0;
  const result: Result = {
    schema_version: SCHEMA_VERSION,
    kind,
    verdict: accepted ? "accepted" : "rejected",
    reasons,
    margins: marginsOf({ ...checks, ...ambiguities }),
    ...(accepted ? { law } : { candidate: law }),
    fit: figuresOf(y, fitted, heldOut, predictions(design, trained.coefficients, pace), pace),
    p_value,
    stability,
    pareto: findings.pareto,
    rivals: findings.rivals,
    landscape: findings.landscape.summary,
    method: { name: "v2", version: ENGINE_VERSION, fingerprint: FINGERPRINT },
    dataset: { hash: datasetHash, rows: table.rows },
    seed: request.seed,
    cost: findings.cost,
  };
  return { result, evidence: evidenceOf({ design, fit, fitted, sample }, result, findings.landscape.view, pace) };
}

/** The figures and limits of the tests that were made. */
function marginsOf(checks: Record<string, Check | null>): Result["margins"] {
  return Object.fromEntries(
    Object.entries(checks).flatMap(([name, check]) => (check ? [[name, { value: check.value, limit: check.limit }]] : [])),
  );
}

/** Root mean square errors in the units of the target; that of the held-out rows is of the fit that had not seen them. */
function figuresOf(y: Float64Array, fitted: Float64Array, heldOut: Uint32Array, unseen: Float64Array, pace: Pace): Result["fit"] {
  const mean = sumRows(y.length, pace, ROW_WORK.plain, (row) => y[row] as number) / y.length;
  const spread = sumRows(y.length, pace, ROW_WORK.plain, (row) => ((y[row] as number) - mean) ** 2);
  const rmse = rmseOf(y, fitted, pace);
  const heldError = sumRows(heldOut.length, pace, ROW_WORK.plain, (index) => {
    const row = heldOut[index] as number;
    return ((y[row] as number) - (unseen[row] as number)) ** 2;
  });
  const holdout = Math.sqrt(heldError / heldOut.length);
  return {
    rows: y.length,
    r2: 1 - (rmse ** 2 * y.length) / spread,
    rmse,
    // Null without held-out rows, and where the law has a pole on one of them until it has seen it.
    holdout_rmse: Number.isFinite(holdout) ? holdout : null,
  };
}

/** Root mean square error, in the units of the target. */
export function rmseOf(y: Float64Array, fitted: Float64Array, pace: Pace): number {
  return Math.sqrt(sumRows(y.length, pace, ROW_WORK.plain, (row) => ((y[row] as number) - (fitted[row] as number)) ** 2) / y.length);
}
