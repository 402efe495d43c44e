import type { Table } from "../contract/dataset.ts";
import { call, column, constant, type Expression, linearTerms, power, product, sum } from "../contract/expression.ts";
import { type Kind, SCHEMA_VERSION } from "../contract/names.ts";
import type { Evidence, Result, TgefdAnswer } from "../contract/result.ts";
import type { TgefdPlan } from "../contract/tgefd-plan.ts";
import type { TgefdRequest } from "../contract/tgefd-request.ts";
import { type Control, inSlices, type Pace, paced, ROW_WORK, sumRows } from "./control.ts";
import { evidenceOf } from "./evidence.ts";
import { type Design, designOf, fitRows, predictions } from "./fit.ts";
import { lawOf } from "./law.ts";
import type { Sample } from "./sample.ts";
import { type Feature, featureValues, readFeature } from "./tgefd/expression.ts";
import { runTgefd, type TgefdOutcome } from "./tgefd/run.ts";
import { rmseOf } from "./verdict.ts";

/** Of the ancestor whose method this is, and of our arithmetic of it. */
const METHOD: Result["method"] = { name: "tgefd-v1", version: "1", fingerprint: "tgefd-method-v1-1" };

/** Share of the largest value by which a law may miss the ancestor's own figures: rounding. */
const SAME = 1e-9;

/** A job by the policy of the ancestor: its answer, and the same as a result and evidence of schema version 2. Throws as `runTgefd` does. */
export function reproduce(
  request: TgefdRequest,
  plan: TgefdPlan,
  table: Table,
  names: { kind: Kind; dataset: string; config: string },
  control: Control,
): { result: Result; evidence: Evidence } {
  const pace = paced(control);
  const x = plan.inputs.map((name) => table.columns[name] as Float64Array);
  const y = table.columns[plan.target] as Float64Array;
  const outcome = runTgefd(request.tgefd, { x, y }, names.kind, control);
  const { response, representative, trials, fits } = outcome;
  const features = request.tgefd.hypothesis_space.features.map(({ expression }) => readFeature(expression, x.length));
  const all = Uint32Array.from(y, (_, row) => row);
  const sample: Sample = { table, target: plan.target, y, all, training: all, heldOut: new Uint32Array(0), deviation: 0 };
  const fitted = fittedBy(features, representative, x, y.length, pace);

  const terms = linearTerms(
    sum(
      features.flatMap((feature, index) => {
        const coefficient = representative.coefficients[index] as number;
        return coefficient === 0 ? [] : [product([constant(coefficient), expressionOf(feature, representative.shape, plan.inputs)])];
      }),
    ),
  );
  const hypothesis = {
    model: { transform: "identity", noise: "additive", jacobian: 0 },
    terms: terms.map(({ term }) => term),
    exponents: 0,
    given: terms.map(({ coefficient }) => coefficient),
  } as const;
  const design = designOf(hypothesis, sample, pace);
  const fit = fitRows(design, all, pace);
  const law = isSaid(design, fitted, pace) ? lawOf(hypothesis, fit, plan.target) : undefined;
  const { accepted, reason } = response.decision;
  const kept = outcome.patterns.length > 0 ? trials.length : 0;
  const result: Result = {
    schema_version: SCHEMA_VERSION,
    kind: names.kind,
    verdict: response.status,
    reasons: reason === "topological stability under noise" ? [] : [reason],
    margins: marginsOf(outcome, request),
    ...(law && (accepted ? { law } : { candidate: law })),
    fit: { rows: y.length, ...figuresOf(y, fitted, pace), holdout_rmse: null },
    p_value: null,
    stability: { trials: trials.length, kept, share: kept / trials.length, levels: [] },
    pareto: [],
    rivals: [],
    landscape: null,
    method: METHOD,
    dataset: { hash: names.dataset, rows: y.length },
    seed: request.tgefd.run.seed,
    cost: { fits, cells: plan.hypotheses },
    tgefd: answerOf(response, names.config),
  };
  return { result, evidence: evidenceOf({ design, fit, fitted, sample }, result, null, pace) };
}

function answerOf({ models: [model], ...response }: TgefdOutcome["response"], config: string): TgefdAnswer {
  return { ...response, model, config_hash: config };
}

/** What the policy compares, as far as it is finite. */
function marginsOf({ response, margins }: TgefdOutcome, { tgefd }: TgefdRequest): Result["margins"] {
  const { acceptance, stability_score } = tgefd.evaluation;
  const { summary, topology_report } = response;
  const compared: [string, number | null | undefined, number][] = [
    ["stable_components", summary.stable_components, acceptance.min_stable_components],
    ["significant_h1", acceptance.require_h1 ? summary.significant_H1 : null, 1],
    ["pi_energy", topology_report.PI_energy?.mean, stability_score.min_pi_energy],
    ["pi_energy_variation", margins.energy_variation, stability_score.tolerance],
  ];
  return Object.fromEntries(
    compared.flatMap(([name, value, limit]) => (typeof value === "number" && Number.isFinite(value) ? [[name, { value, limit }]] : [])),
  );
}

/** The values of a model by the ancestor's own rules, among them that a power keeps the sign of its base. */
function fittedBy(
  features: readonly Feature[],
  model: TgefdOutcome["representative"],
  x: readonly Float64Array[],
  rows: number,
  pace: Pace,
): Float64Array {
  const valuesOf = featureValues(x, rows, pace);
  const fitted = new Float64Array(rows);
  features.forEach((feature, index) => {
    const coefficient = model.coefficients[index] as number;
    if (coefficient === 0) return;
    const values = valuesOf(feature, model.shape);
    inSlices(rows, pace, ROW_WORK.plain, (from, to) => {
      for (let row = from; row < to; row += 1) fitted[row] = (fitted[row] as number) + coefficient * (values[row] as number);
    });
  });
  return fitted;
}

function expressionOf({ factors }: Feature, shape: TgefdOutcome["representative"]["shape"], inputs: readonly string[]): Expression {
  return product(
    factors.map(({ base, exponent }) => {
      const value = typeof exponent === "string" ? shape[exponent] : exponent;
      return value === null ? baseOf(base, inputs) : power(baseOf(base, inputs), constant(value));
    }),
  );
}

function baseOf(base: Feature["factors"][number]["base"], inputs: readonly string[]): Expression {
  switch (base.kind) {
    case "one":
      return constant(1);
    case "column":
      return column(inputs[base.index] as string);
    case "decay":
      return call("exp", product([constant(-1), baseOf(base.of, inputs)]));
    default:
      return call(base.kind, baseOf(base.of, inputs));
  }
}

/** Whether the law in our words has the ancestor's values: a fractional power of a negative number has none in ours. */
function isSaid(design: Design, fitted: Float64Array, pace: Pace): boolean {
  const said = predictions(design, design.hypothesis.given ?? [], pace);
  let largest = 0;
  let difference = 0;
  for (let row = 0; row < fitted.length; row += 1) {
    largest = Math.max(largest, Math.abs(fitted[row] as number));
    difference = Math.max(difference, Math.abs((fitted[row] as number) - (said[row] as number)));
  }
  return difference <= SAME * largest;
}

function figuresOf(y: Float64Array, fitted: Float64Array, pace: Pace): { r2: number; rmse: number } {
  const mean = sumRows(y.length, pace, ROW_WORK.plain, (row) => y[row] as number) / y.length;
  const spread = sumRows(y.length, pace, ROW_WORK.plain, (row) => ((y[row] as number) - mean) ** 2);
  const rmse = rmseOf(y, fitted, pace);
  // A constant target has no spread to explain.
  return { rmse, r2: spread > 0 ? 1 - (rmse ** 2 * y.length) / spread : 0 };
}
