import { isAllowed } from "../contract/dimensions.ts";
import { bind, constant, type Expression, namesIn } from "../contract/expression.ts";
import { printText } from "../contract/formula-print.ts";
import { findRow, type Pace, ROW_WORK } from "./control.ts";
import { type Design, designOf, type Fit, fitRows, type Hypothesis, predictions, settled } from "./fit.ts";
import type { Candidate } from "./found.ts";
import { coefficientIntervals } from "./law.ts";
import { cellAt } from "./layout.ts";
import { type Model, transformPrice } from "./model.ts";
import type { Problem } from "./problem.ts";
import { type Refined, refine } from "./refine.ts";
import { LARGEST, type Sample } from "./sample.ts";
import { functionPrice, penalty } from "./score.ts";

/** Where a refinement starts: terms of the library, a digit for each exponent of the plan, and a model. */
export interface Start {
  terms: readonly number[];
  digits: readonly number[];
  model: number;
}

/** Terms of the library fitted anew to all rows of a sample, their exponents refined. */
export interface Contender {
  start: Start;
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

export function startOf({ plan, subsets }: Problem, { subset, cell, model }: Candidate): Start {
  return { terms: subsets.at(subset), digits: cellAt(plan, cell).digits, model };
}

/** A term that is not so many half widths of its interval from zero may be one too many. */
const WEAK = 6;

/** The start of a contender without its least certain term; null if all are certain. */
export function withoutWeakest({ start, hypothesis, fit }: Contender): Start | null {
  if (start.terms.length < 2) return null;
  const sizes = coefficientIntervals(hypothesis, fit).map((interval, index) =>
    interval ? (2 * Math.abs(fit.coefficients[index] as number)) / (interval[1] - interval[0]) : Number.POSITIVE_INFINITY,
  );
  const weakest = sizes.indexOf(Math.min(...sizes));
  return (sizes[weakest] as number) < WEAK ? { ...start, terms: start.terms.filter((_, index) => index !== weakest) } : null;
}

/**
 * The start of a power law that a contender states in logarithms, log y = a + p log x + …, if the library has a term with
 * free powers of just those columns; null otherwise. The plain form is told if it fits as well.
 */
export function asPower({ plan, models }: Problem, { hypothesis, fit }: Contender): Start | null {
  const { model, terms } = hypothesis;
  const powers = new Map<string, number>();
  for (const [index, term] of terms.entries()) {
    if (term.type === "call" && term.function === "log" && term.argument.type === "column") {
      powers.set(term.argument.name, fit.coefficients[index] as number);
    } else if (term.type !== "constant") return null;
  }
  const plain = models.findIndex(({ transform, noise }) => transform === "identity" && noise === model.noise);
  if (model.transform !== "log" || powers.size === 0 || plain < 0) return null;
  const term = plan.terms.findIndex(({ expression }) => {
    const factors = expression.type === "product" ? expression.factors : [expression];
    const free = factors.flatMap((factor) => (factor.type === "power" && factor.exponent.type === "parameter" ? [factor.base] : []));
    return (
      free.length === factors.length && free.length === powers.size && free.every((base) => base.type === "column" && powers.has(base.name))
    );
  });
  const expression = plan.terms[term]?.expression;
  if (!expression) return null;
  const digits = plan.exponents.map(({ name, values }) => {
    const factor = (expression.type === "product" ? expression.factors : [expression]).find(
      (part) => part.type === "power" && part.exponent.type === "parameter" && part.exponent.name === name,
    );
    const wanted = factor?.type === "power" && factor.base.type === "column" ? (powers.get(factor.base.name) ?? 0) : undefined;
    if (wanted === undefined) return 0;
    return values.reduce(
      (best, value, index) => (Math.abs(value - wanted) < Math.abs((values[best] as number) - wanted) ? index : best),
      0,
    );
  });
  return { terms: [term], digits, model: plain };
}

/** Null if the law has no finite value on some row: fitted to the training rows, it can have a pole on a held-out one. */
export function contenderOf(problem: Problem, from: Start, sample: Sample, pace: Pace): Contender | null {
  const { plan, models } = problem;
  const { digits } = from;
  const model = models[from.model];
  if (!model) return null;
  const free = from.terms.map((index) => plan.terms[index]?.expression ?? constant(1));
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
    const used = values.filter((value) => value !== 0).length;
    return { model, terms: free.map((term) => bind(term, bound)), exponents: used, given: null };
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
  return scored(problem, { start: from, hypothesis, logGrid: refined.price }, design, sample, pace);
}

/** The same contender on another sample of the same table. */
export function onSample(problem: Problem, contender: Contender, sample: Sample, pace: Pace): Contender | null {
  const design = settled(designOf(contender.hypothesis, sample, pace), sample, pace);
  return design && scored(problem, contender, design, sample, pace);
}

function scored(
  problem: Problem,
  { start, hypothesis, logGrid }: Pick<Contender, "start" | "hypothesis" | "logGrid">,
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
  // Errors of columns near the largest double can be beyond it.
  if (!finite || !Number.isFinite(fit.rss) || !Number.isFinite(trained.rss)) return null;
  const size = { rows: all.length, terms: terms.length, exponents: hypothesis.exponents, logGrid, library: problem.plan.terms.length };
  const price = penalty(size) + transformPrice(model.transform) + functionPrice(terms, model.transform);
  const score = all.length * (Math.log(fit.rss / all.length) + design.jacobian) + price;
  // Residuals beyond 1e154 have no square.
  if (!Number.isFinite(score)) return null;
  return {
    start,
    hypothesis,
    design,
    fit,
    price,
    logGrid,
    score,
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
