import type { Table } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { type Expression, linearTerms } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import type { EvaluatePlan } from "../contract/plan.ts";
import type { EvaluateRequest } from "../contract/request.ts";
import type { Evidence, Result } from "../contract/result.ts";
import { type Control, findRow, mapRows, type Pace, paced, ROW_WORK } from "./control.ts";
import { type Design, designOf, fitRows, type Hypothesis, predictions, settled, valueAt } from "./fit.ts";
import { modelsOf, transformed } from "./model.ts";
import { predictRows } from "./predict.ts";
import { factorise } from "./qr.ts";
import { drawSample, LARGEST, MIN_ROWS, permutationsOf, type Sample } from "./sample.ts";
import { conclude, type Findings } from "./verdict.ts";

/** Null errors within this share of the observed one are ties. */
const TIE = 1e-9;

/**
 * Scores one law by the final step of a discover job, and applies it to the rows of `predict`. Its noise model is the likelier one. Throws
 * `law_not_finite` (with the first row, counted from 1, whose value is not finite or beyond 1e50) or, when constants are to be fitted, `collinear_terms`.
 */
export function evaluateLaw(
  request: EvaluateRequest,
  plan: EvaluatePlan,
  table: Table,
  datasetHash: string,
  control: Control,
  predict?: Table,
): { result: Result; evidence: Evidence; predictions?: string } {
  const pace = paced(control);
  const sample = drawSample(table, plan.target, request.decision.holdout_fraction, request.seed, pace);
  const parts = linearTerms(plan.law);
  const given = request.constants === "given" ? parts.map(({ coefficient }) => coefficient) : null;
  const terms = parts.map(({ term }) => term);
  const hypotheses = modelsOf(sample, [plan.transform], pace).map((model): Hypothesis => ({ model, terms, exponents: 0, given }));
  const [first] = hypotheses;
  if (!first) throw targetNotFinite(plan, sample);
  const design = designOf(first, sample, pace);
  if (given) refuseInfinite(design, given, plan, sample, pace);
  else refuseInfiniteTerm(design, plan, sample, pace);
  if (!given) refuseCollinear(design, pace);

  const ranked = hypotheses
    .flatMap((hypothesis) => {
      const own = settled(designOf(hypothesis, sample, pace), sample, pace);
      if (!own) return [];
      const { rss } = fitRows(own, sample.all, pace);
      return [{ own, score: Math.log(rss / sample.table.rows) + own.jacobian }];
    })
    .sort((a, b) => a.score - b.score);
  // A law with a value of the wrong sign on some row allows no model but that of the rows as they are.
  const { own } = ranked[0] ?? { own: design };
  const fit = fitRows(own, sample.all, pace);
  refuseInfinite(own, fit.coefficients, plan, sample, pace);

  const { p_value, fits } = permutationTest(design, plan, sample, request.seed, pace);
  const stability = { trials: 0, kept: 0, share: null, levels: [] };
  const landscape = { summary: null, view: null };
  const findings: Findings = {
    kind: "evaluate",
    p_value,
    stability,
    reselection: null,
    lead: null,
    likeness: null,
    twin: null,
    pareto: [],
    rivals: [],
    landscape,
    cost: { fits, cells: 1 },
  };
  const concluded = conclude(own, findings, sample, request, datasetHash, pace);
  if (!predict) return concluded;
  const { summary, csv } = predictRows(own, fit, plan.inputs, predict, sample.table, pace);
  return { ...concluded, result: { ...concluded.result, predictions: summary }, predictions: csv };
}

/** Share of permuted targets that the law explains at least as well, all rows weighted alike. */
function permutationTest(design: Design, plan: EvaluatePlan, sample: Sample, seed: number, pace: Pace) {
  const { rows } = sample.table;
  if (rows < MIN_ROWS) return { p_value: null, fits: 1 };
  const { given, model } = design.hypothesis;
  const factorisation = factorise(given ? 0 : design.columns.length, (index) => (design.columns[index] as Float64Array).slice(), pace);
  const law = given && mapRows(rows, pace, ROW_WORK.plain + given.length, (row) => valueAt(design, given, row));
  const z = mapRows(rows, pace, ROW_WORK.call, (row) => transformed(sample.y[row] as number, model.transform));
  /** Of the target in some order of its rows. */
  const errorOf = (order: Uint32Array) =>
    factorisation.residualSquares(
      mapRows(rows, pace, ROW_WORK.plain, (row) => (z[order[row] as number] as number) - (law ? (law[row] as number) : 0)),
    );
  const observed = errorOf(sample.all);
  let asGood = 0;
  let permutations = 0;
  for (const order of permutationsOf(rows, plan.permutations, seed, pace)) {
    pace.advance(1);
    permutations += 1;
    if (errorOf(order) <= observed * (1 + TIE)) asGood += 1;
  }
  return { p_value: (1 + asGood) / (1 + permutations), fits: 1 + permutations };
}

function refuseInfinite(design: Design, coefficients: readonly number[], plan: EvaluatePlan, sample: Sample, pace: Pace): void {
  const values = predictions(design, coefficients, pace);
  const row = findRow(values.length, pace, ROW_WORK.plain, (at) => !(Math.abs(values[at] as number) <= LARGEST));
  if (row < 0) return;
  const at = plan.inputs.map((name) => `${name} = ${sample.table.columns[name]?.[row]}`).join(", ");
  const detail = `is ${values[row]} on row ${row + 1}${at && `, where ${at}`}`;
  throw new OrreryError("law_not_finite", `The law ${detail}; change the law or leave the row out.`, {
    faults: [{ pointer: "/law", detail }],
  });
}

/** Before the constants are fitted, only a term without a finite value says that the law has none. */
function refuseInfiniteTerm({ columns, hypothesis }: Design, plan: EvaluatePlan, sample: Sample, pace: Pace): void {
  for (const [index, column] of columns.entries()) {
    const row = findRow(column.length, pace, ROW_WORK.plain, (at) => !Number.isFinite(column[at]));
    if (row < 0) continue;
    const at = plan.inputs.map((name) => `${name} = ${sample.table.columns[name]?.[row]}`).join(", ");
    const detail = `has a term, ${printText(hypothesis.terms[index] as Expression)}, that is ${column[row]} on row ${row + 1}${at && `, where ${at}`}`;
    throw new OrreryError("law_not_finite", `The law ${detail}; change the law or leave the row out.`, {
      faults: [{ pointer: "/law", detail }],
    });
  }
}

function targetNotFinite(plan: EvaluatePlan, sample: Sample): OrreryError {
  const row = sample.y.findIndex((value) => (plan.transform === "log" ? value <= 0 : value === 0));
  const detail = `models the ${plan.transform} of "${plan.target}", which row ${row + 1} does not have: it is ${sample.y[row]}`;
  return new OrreryError("law_not_finite", `The law ${detail}; change the law or leave the row out.`, {
    faults: [{ pointer: "/law", detail }],
  });
}

function refuseCollinear(design: Design, pace: Pace): void {
  const { kept } = factorise(design.columns.length, (index) => (design.columns[index] as Float64Array).slice(), pace);
  const extra = design.hypothesis.terms.find((_, index) => !kept.includes(index));
  if (!extra) return;
  const detail = `the term ${printText(extra)} is a combination of the others on this dataset`;
  throw new OrreryError(
    "collinear_terms",
    `The constants cannot be fitted: ${detail}; leave it out, send more rows, or give the constants.`,
    {
      faults: [{ pointer: "/law", detail }],
    },
  );
}
