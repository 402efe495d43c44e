import { bind, constant, type Expression, namesIn } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import type { Evidence, Result } from "../contract/result.ts";
import { type Control, findRow, type Pace, paced, ROW_WORK } from "./control.ts";
import { designOf, fitRows, type Hypothesis, predictions } from "./fit.ts";
import type { Candidate, ShardFound } from "./found.ts";
import { lawOf } from "./law.ts";
import { cellAt } from "./layout.ts";
import { jacobianOf, type Model, meanLogOf } from "./model.ts";
import type { Problem } from "./problem.ts";
import { refine } from "./refine.ts";
import { LARGEST } from "./sample.ts";
import { score } from "./score.ts";
import { conclude, type Findings, rmseOf } from "./verdict.ts";

/** Rivals that a result lists. */
const MOST_RIVALS = 5;
/** Null scores within this share of the observed one are ties: the same sums in another order differ by rounding. */
const TIE = 1e-9;

/** A candidate fitted anew, its exponents refined: its score is that of all rows. */
interface Contender {
  candidate: Candidate;
  hypothesis: Hypothesis;
  score: number;
  /** Transform and terms: what makes two candidates the same law, whatever their noise. */
  family: string;
  /** The same of the candidate where the search left it. */
  searched: string;
  /** Of the fit to all rows. */
  rmse: number;
  text: string;
}

/**
 * Fits the best candidates of a finished search again on the rows themselves, takes the best by score and tests it.
 *
 * The permutation p-value compares the best score that the library reaches on the target with those that it reaches on
 * permuted targets, under the models that weigh all rows alike: other weights move with the target, so their permuted
 * scores would need a Gram each. Both sides leave the other models out, so the test stays exact.
 */
export function judge(problem: Problem, found: ShardFound, datasetHash: string, control: Control): { result: Result; evidence: Evidence } {
  const { request, sample } = problem;
  const pace = paced(control);
  const meanLog = meanLogOf(sample.y, sample.all, pace);
  const contenders = found.best
    .flatMap((candidate) => contenderOf(problem, candidate, meanLog, pace) ?? [])
    .sort((a, b) => a.score - b.score);
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
      const contender = candidate && contenderOf(problem, candidate, meanLog, pace);
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
  if (winner) return settled;
  const { candidate: _, ...result } = settled.result;
  return { result, evidence: settled.evidence };
}

/** A law without columns explains any permuted target just as well. */
function isConstant({ hypothesis }: Contender): boolean {
  return hypothesis.terms.every((term) => namesIn(term, "column").length === 0);
}

/** Null if the law has no finite value on some row: a held-out row can lie outside the domain of the training rows. */
function contenderOf(problem: Problem, candidate: Candidate, meanLog: number, pace: Pace): Contender | null {
  const { plan, models, sample, subsets } = problem;
  const model = models[candidate.model];
  if (!model) return null;
  const chosen = subsets.at(candidate.subset);
  const { digits } = cellAt(plan, candidate.cell);
  const free = chosen.map((index) => plan.terms[index]?.expression ?? constant(1));
  const used = new Set(free.flatMap((term) => namesIn(term, "parameter")));
  const exponents = plan.exponents.flatMap(({ name, values }, index) => {
    const digit = digits[index] as number;
    const value = values[digit] as number;
    const step = Math.abs((values[digit + 1] ?? values[digit - 1] ?? value) - value);
    return used.has(name) ? [{ name, value, step, grid: values }] : [];
  });
  const searched = free.map((term) => bind(term, Object.fromEntries(exponents.map(({ name, value }) => [name, value]))));
  const refined = refine({ model, terms: free, exponents }, sample, pace);
  const bound = Object.fromEntries(exponents.map(({ name }, index) => [name, refined.values[index] as number]));
  const terms = free.map((term) => bind(term, bound));
  const hypothesis = { model, terms, exponents: exponents.length, given: null };
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
  const size = { rows: all.length, terms: terms.length, exponents: exponents.length, logGrid: refined.price, library: plan.terms.length };
  return {
    candidate,
    hypothesis,
    score: score(fit.rss, jacobianOf(model, meanLog, all.length), size),
    family: familyOf(model, terms),
    searched: familyOf(model, searched),
    rmse: rmseOf(y, fitted, pace),
    text: lawOf(hypothesis, fit, plan.target).text,
  };
}

/** Transform and terms, in an order that does not depend on which exponent took which value. */
function familyOf({ transform }: Model, terms: readonly Expression[]): string {
  return [transform, ...terms.map(printText).sort()].join(" ");
}

function stabilityOf(problem: Problem, found: ShardFound, winner: Contender | undefined): Result["stability"] {
  const { trials } = problem;
  const winners = found.trials[winner?.hypothesis.model.noise ?? "additive"];
  const kept = winners.filter((trial) => trial && winner && keeps(problem, trial, winner)).length;
  return { trials, kept, share: winner ? kept / trials : null };
}

/** Whether a trial found the winner's family: the same terms, each exponent at most one step of its grid away. */
function keeps({ plan, models, subsets }: Problem, trial: Candidate, winner: Contender): boolean {
  const model = models[trial.model];
  if (model?.transform !== winner.hypothesis.model.transform) return false;
  const { digits } = cellAt(plan, trial.cell);
  const bound = Object.fromEntries(plan.exponents.map(({ name, values }, index) => [name, values[digits[index] as number] as number]));
  const terms = subsets.at(trial.subset).map((index) => bind(plan.terms[index]?.expression ?? constant(1), bound));
  const family = familyOf(model, terms);
  if (family === winner.family || family === winner.searched) return true;
  const own = cellAt(plan, winner.candidate.cell).digits;
  return trial.subset === winner.candidate.subset && digits.every((digit, index) => Math.abs(digit - (own[index] as number)) <= 1);
}
