import { namesIn } from "../contract/expression.ts";
import { ENGINE_VERSION, type Reason, SCHEMA_VERSION } from "../contract/names.ts";
import type { DiscoverRequest, EvaluateRequest } from "../contract/request.ts";
import type { Evidence, LandscapeView, Law, Result } from "../contract/result.ts";
import { type Check, holdoutCheck, lackOfFitCheck } from "./checks.ts";
import { type Pace, ROW_WORK, sumRows } from "./control.ts";
import { evidenceOf } from "./evidence.ts";
import { type Design, fitRows, predictions } from "./fit.ts";
import { lawOf } from "./law.ts";
import { withUnits } from "./law-units.ts";
import { MIN_ROWS, type Sample } from "./sample.ts";

/** Smallest share of noise trials, and of tables drawn from the law, that must keep the family of the winner. */
const STABILITY_LIMIT = 0.5;

/** Smallest lead in score over a rival that says something else: the likelier law is then at least 4 times as likely. */
const LEAD_LIMIT = 3;
/**
 * A constant must be so many times the half width of its interval, in a law of one, two, three and more terms: of sums
 * that merely come near to a law outside the library, most have a term that barely stands out.
 */
const CONSTANT_LIMITS = [4, 6, 6, 8];

/** Rows with the same inputs say where the law is, not what it is: it needs so many more different ones than it has constants. */
const SPARE_POINTS = 2;
/** Most rows that are looked at for that. */
const COUNTED_ROWS = 8_192;

/** A column whose square of the correlation with another input exceeds this says the same as that one: no law can tell them apart. */
const LIKENESS_LIMIT = 1 - 1e-9;

/** A sum with more than three constants and exponents needs so many rows for each: sums of five terms follow any smooth curve. */
const ROWS_PER_CONSTANT = 8;
const FEW_CONSTANTS = 3;

/** Everything that decides the bits of a result besides the request: rules, arithmetic, and the power kernel of `power.ts`. */
const FINGERPRINT = `v2-${ENGINE_VERSION}-quarter-powers`;

/** What the way to a hypothesis adds to what the hypothesis shows by itself. */
export interface Findings {
  kind: Result["kind"];
  p_value: number | null;
  stability: Result["stability"];
  /** Share of tables drawn from the law that lead back to it; null if it was given. */
  reselection: number | null;
  /** By how much the best rival that says something else scores worse; null without one. */
  lead: number | null;
  /** The largest square of the correlation of a column of the law with another input; null if there is no other. */
  likeness: number | null;
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
 * - `ambiguous`: the data leave open which law it is. Two inputs say the same, a constant is hardly told from zero, there
 *   are few rows or few different ones for so many constants, a rival that says something else scores nearly as well, or
 *   under half of the tables drawn from the law lead back to it.
 *
 * A lack-of-fit test for which no shape was left, and stability where every level is far above the law's own noise, do
 * not count against a law.
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
  const { p_value, stability, reselection, lead, likeness, kind } = findings;
  const { hypothesis } = design;
  const trained = fitRows(design, training, pace);
  const fit = fitRows(design, sample.all, pace);

  const holdout = holdoutCheck(design, trained, heldOut, pace);
  const shape = lackOfFitCheck(design, fit, sample, pace);
  const limit = request.decision.false_acceptance;
  const reasons: Reason[] = [];
  if (table.rows < MIN_ROWS || p_value === null || p_value > limit || holdout === null) reasons.push("no_signal");
  const signal = !reasons.includes("no_signal");
  if (exceeded(shape)) reasons.push("lack_of_fit");
  if (exceeded(shape) && signal && kind === "discover") reasons.push("outside_library");
  if (exceeded(holdout)) reasons.push("holdout_disagrees");
  if (stability.share !== null && stability.share < STABILITY_LIMIT) reasons.push("unstable");
  const law = withUnits(lawOf(hypothesis, fit, target), hypothesis.terms, table.units);
  const constants = constantsCheck(law);
  const weak = constants !== null && constants.value < constants.limit;
  // A single term has nothing to combine: its exponents are tested by its fit.
  const size = hypothesis.given || hypothesis.terms.length === 1 ? 0 : hypothesis.terms.length + hypothesis.exponents;
  const rows = size > FEW_CONSTANTS ? { value: table.rows, limit: ROWS_PER_CONSTANT * size } : null;
  const few = rows !== null && rows.value < rows.limit;
  const points = kind === "discover" ? distinctRows(hypothesis, sample) : null;
  const least = hypothesis.terms.length + hypothesis.exponents + SPARE_POINTS;
  const repeated = points !== null && (points < least || (rows !== null && points < rows.limit));
  const close = lead !== null && lead < LEAD_LIMIT;
  const twin = likeness !== null && likeness > LIKENESS_LIMIT;
  if (weak || few || repeated || close || twin || (reselection !== null && reselection < STABILITY_LIMIT)) reasons.push("ambiguous");

  const fitted = predictions(design, fit.coefficients, pace);
  const accepted = reasons.length === 0;
  const result: Result = {
    schema_version: SCHEMA_VERSION,
    kind,
    verdict: accepted ? "accepted" : "rejected",
    reasons,
    margins: {
      ...(p_value !== null && { p_value: { value: p_value, limit } }),
      ...(shape && { lack_of_fit: shape }),
      ...(holdout && { holdout }),
      ...(stability.share !== null && { stability: { value: stability.share, limit: STABILITY_LIMIT } }),
      ...(constants && { constants }),
      ...(rows && { rows }),
      ...(repeated && { points: { value: points, limit: Math.max(least, rows?.limit ?? 0) } }),
      // Told only where it decides: most tables have nothing of the kind.
      ...(twin && { likeness: { value: likeness, limit: LIKENESS_LIMIT } }),
      ...(lead !== null && { lead: { value: lead, limit: LEAD_LIMIT } }),
      ...(reselection !== null && { reselection: { value: reselection, limit: STABILITY_LIMIT } }),
    },
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

/** Different rows of the columns of a law, among the first; at least 1. */
function distinctRows({ terms }: Design["hypothesis"], { table }: Sample): number {
  const columns = [...new Set(terms.flatMap((term) => namesIn(term, "column")))].map((name) => table.columns[name] as Float64Array);
  const rows = Math.min(table.rows, COUNTED_ROWS);
  return new Set(Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]).join())).size;
}

/** The least well determined constant, in half widths of its interval; null if the constants were given. */
function constantsCheck({ terms }: Law): Check | null {
  const sizes = terms.flatMap(({ coefficient, interval }) => (interval ? [(2 * Math.abs(coefficient)) / (interval[1] - interval[0])] : []));
  if (sizes.length === 0) return null;
  const value = Math.min(...sizes);
  return {
    value: Number.isFinite(value) ? value : Number.MAX_VALUE,
    limit: CONSTANT_LIMITS[Math.min(terms.length, CONSTANT_LIMITS.length) - 1] as number,
  };
}

function exceeded(check: Check | null): boolean {
  return check !== null && check.value > check.limit;
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
