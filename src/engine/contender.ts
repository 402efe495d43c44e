import { isAllowed } from "../contract/dimensions.ts";
import { bind, constant, type Expression, namesIn } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import { findRow, type Pace, ROW_WORK } from "./control.ts";
import { type Design, designOf, type Fit, fitRows, type Hypothesis, predictions, settled } from "./fit.ts";
import type { Candidate } from "./found.ts";
import { cellAt } from "./layout.ts";
import { type Model, transformPrice } from "./model.ts";
import type { Problem } from "./problem.ts";
import { type Refined, refine } from "./refine.ts";
import { LARGEST, type Sample } from "./sample.ts";
import { functionPrice, penalty } from "./score.ts";

/** A candidate of the search fitted anew to all rows of a sample, its exponents refined. */
export interface Contender {
  candidate: Candidate;
  hypothesis: Hypothesis;
  design: Design;
  fit: Fit;
  score: number;
  /** The score without the likelihood: what its size, exponents, functions and transform cost. */
  price: number;
  /** What naming its exponents costs. */
  logGrid: number;
  /** Transform and terms: what makes two candidates the same law, whatever their noise. */
  family: string;
}

/** Null if the law has no finite value on some row: a held-out row can lie outside the domain of the training rows. */
export function contenderOf(problem: Problem, candidate: Candidate, sample: Sample, pace: Pace): Contender | null {
  const { plan, models, subsets } = problem;
  const model = models[candidate.model];
  if (!model) return null;
  const free = subsets.at(candidate.subset).map((index) => plan.terms[index]?.expression ?? constant(1));
  const { digits } = cellAt(plan, candidate.cell);
  const used = new Set(free.flatMap((term) => namesIn(term, "parameter")));
  const exponents = plan.exponents.flatMap(({ name, values }, index) => {
    const digit = digits[index] as number;
    const value = values[digit] as number;
    const step = Math.abs((values[digit + 1] ?? values[digit - 1] ?? value) - value);
    return used.has(name) ? [{ name, value, step, grid: values }] : [];
  });
  const named = (values: readonly number[]) => Object.fromEntries(exponents.map(({ name }, index) => [name, values[index] as number]));
  const boundTo = (values: readonly number[]) => {
    const bound = named(values);
    return { model, terms: free.map((term) => bind(term, bound)), exponents: exponents.length, given: null };
  };
  const allows = (values: readonly number[]) => free.every((term) => isAllowed(term, named(values), plan.dimensions));
  const searched = boundTo(exponents.map(({ value }) => value));
  const start = settled(designOf(searched, sample, pace), sample, pace);
  if (!start) return null;
  const refined = refine({ terms: free, exponents, allows }, start, sample, pace);
  const intervals = free.map((term) => intervalsOf(term, exponents, refined));
  const hypothesis = { ...boundTo(refined.values), intervals };
  const moved = refined.values.some((value, index) => value !== exponents[index]?.value);
  const design = moved ? settled(designOf(hypothesis, sample, pace), sample, pace) : { ...start, hypothesis };
  if (!design) return null;
  return scored(problem, { candidate, hypothesis, logGrid: refined.price }, design, sample, pace);
}

/** The same contender on another sample of the same table. */
export function onSample(problem: Problem, contender: Contender, sample: Sample, pace: Pace): Contender | null {
  const design = settled(designOf(contender.hypothesis, sample, pace), sample, pace);
  return design && scored(problem, contender, design, sample, pace);
}

function scored(
  problem: Problem,
  { candidate, hypothesis, logGrid }: Pick<Contender, "candidate" | "hypothesis" | "logGrid">,
  design: Design,
  sample: Sample,
  pace: Pace,
): Contender | null {
  const { all, training } = sample;
  const { model, terms } = hypothesis;
  const trained = fitRows(design, training, pace);
  const fit = fitRows(design, all, pace);
  const finite = [trained, fit].every(({ coefficients }) => {
    const values = predictions(design, coefficients, pace);
    return findRow(values.length, pace, ROW_WORK.plain, (row) => !(Math.abs(values[row] as number) <= LARGEST)) < 0;
  });
  if (!finite) return null;
  const size = { rows: all.length, terms: terms.length, exponents: hypothesis.exponents, logGrid, library: problem.plan.terms.length };
  const price = penalty(size) + transformPrice(model.transform) + functionPrice(terms);
  return {
    candidate,
    hypothesis,
    design,
    fit,
    price,
    logGrid,
    score: all.length * (Math.log(fit.rss / all.length) + design.jacobian) + price,
    family: familyOf(model, terms),
  };
}

/** The interval of the exponent of each column of a term that a free exponent stands on. */
function intervalsOf(term: Expression, exponents: readonly { name: string }[], { free }: Refined): Record<string, [number, number]> {
  const factors = term.type === "product" ? term.factors : [term];
  const found = factors.flatMap((factor): [string, [number, number]][] => {
    if (factor.type !== "power" || factor.base.type !== "column" || factor.exponent.type !== "parameter") return [];
    const { name } = factor.exponent;
    const own = free?.[exponents.findIndex((exponent) => exponent.name === name)];
    return own && Number.isFinite(own.half) ? [[factor.base.name, [own.centre - own.half, own.centre + own.half]]] : [];
  });
  return Object.fromEntries(found);
}

/** Transform and terms, in an order that does not depend on which exponent took which value. */
function familyOf({ transform }: Pick<Model, "transform">, terms: readonly Expression[]): string {
  return [transform, ...terms.map(printText).sort()].join(" ");
}
