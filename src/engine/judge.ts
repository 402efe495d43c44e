import { bind, constant, namesIn } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import type { Evidence, Result } from "../contract/result.ts";
import { type Control, findRow, type Pace, paced, ROW_WORK } from "./control.ts";
import { designOf, fitRows, type Hypothesis, predictions } from "./fit.ts";
import type { Candidate, ShardFound } from "./found.ts";
import { lawOf } from "./law.ts";
import { digitsOf, usedGrid } from "./layout.ts";
import type { Problem } from "./problem.ts";
import { LARGEST } from "./sample.ts";
import { score } from "./score.ts";
import { subsetsOf } from "./subsets.ts";
import { conclude, type Findings, rmseOf } from "./verdict.ts";

/** Rivals that a result lists. */
const MOST_RIVALS = 5;
/** Null scores within this share of the observed one are ties: the same sums in another order differ by rounding. */
const TIE = 1e-9;

/** A candidate fitted anew: its score is that of the training rows. */
interface Contender {
  candidate: Candidate;
  hypothesis: Hypothesis;
  score: number;
  /** Transform and terms: what makes two candidates the same law, whatever their noise. */
  family: string;
  /** Of the fit to all rows. */
  rmse: number;
  text: string;
}

/**
 * Fits the best candidates of a finished search again on the rows themselves, takes the best by score and tests it.
 *
 * The permutation p-value compares the best score that the library reaches on the target with those that it reaches on
 * permuted targets, under the additive models: relative weights move with the target, so their permuted scores would
 * need a Gram each. Both sides leave the relative models out, so the test stays exact.
 */
export function judge(problem: Problem, found: ShardFound, datasetHash: string, control: Control): { result: Result; evidence: Evidence } {
  const { request, sample } = problem;
  const pace = paced(control);
  const contenders = found.best.flatMap((candidate) => contenderOf(problem, candidate, pace) ?? []).sort((a, b) => a.score - b.score);
  const [winner] = contenders;
  const asNull = found.nulls.filter((q) => q <= found.signal * (1 + TIE)).length;
  const rivals = contenders.filter(
    ({ family }, index) => family !== winner?.family && contenders.findIndex((other) => other.family === family) === index,
  );
  const findings: Findings = {
    kind: "discover",
    p_value: winner && found.nulls.length > 0 ? (isConstant(winner) ? 1 : (1 + asNull) / (1 + found.nulls.length)) : null,
    stability: stabilityOf(problem, found, winner),
    pareto: found.byComplexity.flatMap((candidate, complexity) => {
      const contender = candidate && contenderOf(problem, candidate, pace);
      return contender ? [{ complexity, rmse: contender.rmse, text: contender.text }] : [];
    }),
    rivals: rivals.slice(0, MOST_RIVALS).map((rival) => ({
      text: rival.text,
      score_difference: rival.score - (winner?.score ?? 0),
    })),
    cost: { fits: found.fits, cells: found.cells },
  };
  // Two or three rows leave no room for any candidate; the mean then stands in for one, and is rejected.
  const mean: Hypothesis = {
    model: { transform: "identity", noise: "additive", jacobian: 0 },
    terms: [constant(1)],
    exponents: 0,
    given: null,
  };
  const settled = conclude(winner?.hypothesis ?? mean, findings, sample, request, datasetHash, pace);
  const { terms, dimensions, excluded } = problem.plan;
  const library: Result["library"] = { terms: terms.length, dimensions: dimensions?.rule ?? "off", excluded };
  if (winner) return { ...settled, result: { ...settled.result, library } };
  const { candidate: _, ...result } = settled.result;
  return { result: { ...result, library }, evidence: settled.evidence };
}

/** A law without columns explains any permuted target just as well. */
function isConstant({ hypothesis }: Contender): boolean {
  return hypothesis.terms.every((term) => namesIn(term, "column").length === 0);
}

/** Null if the law has no finite value on some row: a held-out row can lie outside the domain of the training rows. */
function contenderOf(problem: Problem, candidate: Candidate, pace: Pace): Contender | null {
  const { plan, layout, models, sample } = problem;
  const model = models[candidate.model];
  if (!model) return null;
  const chosen = subsetsOf(plan.terms.length, plan.maxTerms).at(candidate.subset);
  const digits = digitsOf(layout.sizes, candidate.cell, 2 ** layout.sizes.length - 1);
  const bound = Object.fromEntries(plan.exponents.map(({ name, values }, index) => [name, values[digits[index] as number] as number]));
  const terms = chosen.map((index) => bind(plan.terms[index]?.expression ?? constant(1), bound));
  const used = chosen.reduce((mask, index) => mask | (layout.terms[index]?.mask ?? 0), 0);
  const { exponents, logGrid } = usedGrid(layout.sizes, used);
  const hypothesis = { model, terms, exponents, given: null };
  const design = designOf(hypothesis, sample, pace);
  const { training, all, y } = sample;
  const trained = fitRows(design, training, pace);
  const fit = fitRows(design, all, pace);
  const unseen = predictions(design, trained.coefficients, pace);
  const fitted = predictions(design, fit.coefficients, pace);
  const finite = [unseen, fitted].every(
    (values) => findRow(values.length, pace, ROW_WORK.plain, (row) => !(Math.abs(values[row] as number) <= LARGEST)) < 0,
  );
  if (!finite) return null;
  const size = { rows: training.length, terms: terms.length, exponents, logGrid, library: plan.terms.length };
  return {
    candidate,
    hypothesis,
    score: score(trained.rss, model.jacobian, size),
    family: [model.transform, ...terms.map(printText)].join(" "),
    rmse: rmseOf(y, fitted, pace),
    text: lawOf(hypothesis, fit, plan.target).text,
  };
}

function stabilityOf({ models, trials }: Problem, found: ShardFound, winner: Contender | undefined): Result["stability"] {
  const kept = found.trials[winner?.hypothesis.model.noise ?? "additive"].filter(
    (trial) =>
      trial &&
      winner &&
      trial.cell === winner.candidate.cell &&
      trial.subset === winner.candidate.subset &&
      models[trial.model]?.transform === winner.hypothesis.model.transform,
  ).length;
  return { trials, kept, share: winner ? kept / trials : null };
}
