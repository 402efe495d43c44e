import { constant, namesIn } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import type { Evidence, Result } from "../contract/result.ts";
import { asPower, type Contender, contenderOf, onSample, type Start, startOf, withoutWeakest } from "./contender.ts";
import { type Control, mapRows, type Pace, paced, ROW_WORK, sumRows } from "./control.ts";
import { designOf, type Hypothesis, predictions } from "./fit.ts";
import type { ShardFound } from "./found.ts";
import { landscapeOf, regionsOf } from "./landscape.ts";
import { lawOf } from "./law.ts";
import { libraryOf } from "./library.ts";
import type { Problem } from "./problem.ts";
import { type Sample, thinned } from "./sample.ts";
import { type Selection, selectionOf } from "./selection.ts";
import { sparseContender } from "./sparse.ts";
import { type Twin, twinOf } from "./twin.ts";
import { conclude, type Findings, rmseOf } from "./verdict.ts";

/** Rivals that a result lists. */
const MOST_RIVALS = 5;
/** Null scores within this share of the observed one are ties: the same sums in another order differ by rounding. */
const TIE = 1e-9;
/** Rows on which contenders are compared, evenly spaced: noise no longer hides a law from so many. */
const COMPARED_ROWS = 8_192;
/** Contenders that are compared on all rows, if there are more of those. */
const FINALISTS = 4;
/** Tables that are drawn from the law to see whether they lead back to it. */
const RESAMPLED = 40;
/** Most candidates of the search that are fitted, and how many of the best lead to further laws in each round. */
const MOST_CANDIDATES = 64;
const DERIVED_FROM = 8;
/** A trial decides on stability if its noise is at most so many times what the law leaves. */
const OWN_NOISE = 3;

/**
 * Fits the best candidates of a finished search again on the rows themselves, refines their exponents, takes the best by
 * score and tests it.
 *
 * The permutation p-value compares the best score that the library reaches on the target with those that it reaches on
 * permuted targets, under the models that weigh all rows alike: other weights move with the target, so their permuted
 * scores would need a Gram each. Both sides leave the other models out, so the test stays exact.
 */
export function judge(problem: Problem, found: ShardFound, datasetHash: string, control: Control): { result: Result; evidence: Evidence } {
  const { request, sample, plan } = problem;
  const pace = paced(control);
  const compared = thinned(sample, COMPARED_ROWS, pace);
  const contenders = contendersOf(problem, found, compared, pace);
  const finalists =
    compared === sample
      ? contenders
      : ordered(contenders.slice(0, FINALISTS).flatMap((contender) => onSample(problem, contender, sample, pace) ?? []));
  const [winner] = finalists;
  const asNull = found.nulls.filter((q) => q <= found.signal * (1 + TIE)).length;
  const leader = contenders.find(({ family }) => family === winner?.family);
  const rivals = contenders.filter(({ family }) => family !== winner?.family);
  const twin = leader ? twinOf(leader, rivals, compared, sample.table.rows, pace) : null;
  const selection = selectionOf(leader ? [leader, ...rivals] : [], compared, request.seed, pace);
  const lawMask = plan.exponents.reduce(
    (mask, { name }, index) => (winner && isFree(problem, winner, name) ? mask | (1 << index) : mask),
    0,
  );
  const findings: Findings = {
    kind: "discover",
    p_value: winner && found.nulls.length > 0 ? (isConstant(winner) ? 1 : (1 + asNull) / (1 + found.nulls.length)) : null,
    stability: stabilityOf(problem, winner, selection),
    reselection: selection?.again(RESAMPLED) ?? null,
    lead: leadOf(leader, rivals),
    likeness: winner ? likenessOf(winner, problem, compared, pace) : null,
    twin: twin?.distance ?? null,
    pareto: paretoOf(contenders, winner, compared, pace),
    rivals: told(rivals, twin).map((rival) => ({
      text: textOf(rival, problem),
      score_difference: rival.score - (leader?.score ?? 0),
    })),
    landscape: landscapeOf(regionsOf(plan.grids, found.landscape, lawMask), plan.exponents, sample.table.rows, pace),
    cost: { fits: found.fits, cells: found.cells },
  };
  const sparse = leader && sparseContender(problem, leader, compared, pace);
  const design = winner?.design ?? designOf(MEAN, sample, pace);
  const settled = conclude(design, findings, sample, request, datasetHash, pace);
  const library = libraryOf(problem);
  const stlsq = sparse ? { stlsq: { text: textOf(sparse, problem), agrees: sparse.family === winner?.family } } : {};
  if (winner) return { ...settled, result: { ...settled.result, ...stlsq, library } };
  const { candidate: _, ...result } = settled.result;
  return { result: { ...result, library }, evidence: settled.evidence };
}

/** Two or three rows leave no room for any candidate; the mean then stands in for one, and is rejected. */
const MEAN: Hypothesis = {
  model: { transform: "identity", noise: "additive", jacobian: 0 },
  terms: [constant(1)],
  exponents: 0,
  given: null,
};

/**
 * The best candidates for the target, overall and of each complexity, and for the target with noise: these challenge the
 * law when its stability is tested. Then, again and again, the best of them without a term that is hardly told from zero:
 * a short law whose exponents lie between the values of the grid may be found by that alone; and as plain power laws.
 */
function contendersOf(problem: Problem, found: ShardFound, sample: Sample, pace: Pace): Contender[] {
  const known = new Set<string>();
  const unknown = (starts: readonly Start[]) =>
    starts.filter(({ terms, model }) => {
      const key = `${terms.join()} ${model}`;
      return !known.has(key) && known.add(key);
    });
  const fitted = (starts: readonly Start[]) => starts.flatMap((start) => contenderOf(problem, start, sample, pace) ?? []);
  const candidates = [...found.byComplexity, ...found.best, ...found.trials.flat()].filter((candidate) => candidate !== null);
  let contenders = ordered(fitted(unknown(candidates.map((candidate) => startOf(problem, candidate))).slice(0, MOST_CANDIDATES)));
  for (let round = 0; round < problem.plan.maxTerms; round += 1) {
    const derived = contenders.slice(0, DERIVED_FROM).flatMap((contender) => [withoutWeakest(contender), asPower(problem, contender)]);
    contenders = ordered([...contenders, ...fitted(unknown(derived.filter((start) => start !== null)))]);
  }
  return contenders;
}

function isFree({ plan }: Problem, { start }: Contender, exponent: string): boolean {
  return start.terms.some((term) => namesIn(plan.terms[term]?.expression ?? constant(1), "parameter").includes(exponent));
}

/** The best of each complexity, by complexity, as far as it errs less than all that are simpler; the winner in any case. */
function paretoOf(contenders: readonly Contender[], winner: Contender | undefined, sample: Sample, pace: Pace): Result["pareto"] {
  const best = new Map<number, Contender>();
  for (const contender of contenders) {
    const complexity = contender.hypothesis.terms.length + contender.hypothesis.exponents;
    if (!best.has(complexity) || contender.family === winner?.family) best.set(complexity, contender);
  }
  let least = Number.POSITIVE_INFINITY;
  return [...best]
    .sort(([a], [b]) => a - b)
    .flatMap(([complexity, { hypothesis, design, fit, family }]) => {
      const chosen = family === winner?.family;
      const rmse = rmseOf(sample.y, predictions(design, fit.coefficients, pace), pace);
      if (!chosen && rmse >= least) return [];
      least = Math.min(least, rmse);
      return [{ complexity, rmse, text: lawOf(hypothesis, fit, sample.target).text, chosen }];
    });
}

/** By score, the best of each family. */
function ordered(contenders: Contender[]): Contender[] {
  contenders.sort((a, b) => a.score - b.score);
  return contenders.filter(({ family }, index) => contenders.findIndex((other) => other.family === family) === index);
}

/**
 * The largest square of the correlation of a column of the law, or of its logarithm, with another one that the library
 * names, or with the logarithm of that: a unit converted, a power, a logarithm or an exponential; null if there is no other.
 */
function likenessOf({ hypothesis }: Contender, { plan }: Problem, { table }: Sample, pace: Pace): number | null {
  const own = new Set(hypothesis.terms.flatMap((term) => namesIn(term, "column")));
  const named = [...new Set(plan.terms.flatMap(({ expression }) => namesIn(expression, "column")))];
  const forms = (name: string) => {
    const values = table.columns[name] as Float64Array;
    const logs = mapRows(table.rows, pace, ROW_WORK.call, (row) => Math.log(Math.abs(values[row] as number)));
    return [values, logs].map((form) => standard(form, pace));
  };
  const alike = [...own].flatMap((name) => {
    const columns = forms(name);
    return named
      .filter((other) => other !== name)
      .flatMap(forms)
      .flatMap((other) =>
        columns.map((column) => sumRows(table.rows, pace, ROW_WORK.plain, (row) => (column[row] as number) * (other[row] as number)) ** 2),
      );
  });
  // A column that is constant among these rows, too large to be squared, or without a logarithm has no correlation.
  const known = alike.filter(Number.isFinite);
  return known.length > 0 ? Math.max(...known) : null;
}

/** Values less their mean, with a length of 1. */
function standard(values: Float64Array, pace: Pace): Float64Array {
  const mean = sumRows(values.length, pace, ROW_WORK.plain, (row) => values[row] as number) / values.length;
  const squares = sumRows(values.length, pace, ROW_WORK.plain, (row) => ((values[row] as number) - mean) ** 2);
  return mapRows(values.length, pace, ROW_WORK.plain, (row) => ((values[row] as number) - mean) / Math.sqrt(squares));
}

/** The best rivals, the twin of the law among them. */
function told(rivals: readonly Contender[], twin: Twin | null): Contender[] {
  const best = rivals.slice(0, MOST_RIVALS);
  return twin && !best.includes(twin.rival) ? [...best.slice(0, -1), twin.rival] : best;
}

/** By how much the best rival that says something else scores worse; null without one. */
function leadOf(leader: Contender | undefined, rivals: readonly Contender[]): number | null {
  const rival = leader && rivals.find((other) => !isKin(leader, other));
  return rival ? rival.score - leader.score : null;
}

/** Whether a rival says the same with more words: the law and further terms, or the power law solved for 1/y or log y. */
function isKin({ hypothesis: own }: Contender, { hypothesis: other }: Contender): boolean {
  const terms = (hypothesis: Hypothesis) => new Set(hypothesis.terms.map(printText));
  if (own.model.transform === other.model.transform) return [...terms(own)].every((term) => terms(other).has(term));
  const [plain, logarithmic] = own.model.transform === "log" ? [other, own] : [own, other];
  const isPower = (hypothesis: Hypothesis) => hypothesis.terms.length === 1;
  if (logarithmic.model.transform !== "log") return isPower(own) && isPower(other);
  return (
    isPower(plain) &&
    logarithmic.terms.every((term) => namesIn(term, "column").length === 0 || (term.type === "call" && term.function === "log"))
  );
}

/** A law without columns explains any permuted target just as well. */
function isConstant({ hypothesis }: Contender): boolean {
  return hypothesis.terms.every((term) => namesIn(term, "column").length === 0);
}

function textOf({ hypothesis, fit }: Contender, { plan }: Problem): string {
  return lawOf(hypothesis, fit, plan.target).text;
}

/**
 * Noise trials that keep the winner's family, by level, and at the noise that the law itself leaves; those levels decide
 * whose noise is about that of the data, or less, so that one always does.
 */
function stabilityOf({ request, sample }: Problem, winner: Contender | undefined, selection: Selection | null): Result["stability"] {
  const { levels, trials } = request.noise;
  if (!winner || !selection) return { trials: 0, kept: 0, share: null, levels: [] };
  const left = Math.sqrt(winner.fit.rss / Math.max(1, winner.fit.freedom));
  const unit = winner.hypothesis.model.noise === "relative" ? 1 : sample.deviation;
  const tried = [...levels, left / unit].map((value, index) => {
    const kept = selection.kept({ value, index }, trials);
    const own = index === levels.length;
    return { level: value, trials, kept, share: kept / trials, decides: own || value * unit <= OWN_NOISE * left, ...(own && { own }) };
  });
  const deciding = tried.filter(({ decides }) => decides);
  const [made, kept] = [deciding.length * trials, deciding.reduce((sum, level) => sum + level.kept, 0)];
  return { trials: made, kept, share: kept / made, levels: tried };
}
