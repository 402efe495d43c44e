import { call, column, columnExponents, constant, type Expression, power, product, sum } from "../contract/expression.ts";
import { printJavaScript, printLatex, printPython, printText } from "../contract/formula-print.ts";
import type { Transform } from "../contract/request.ts";
import type { Law } from "../contract/result.ts";
import { tLimit } from "./distributions.ts";
import type { Fit, Hypothesis } from "./fit.ts";

const INTERVAL_TAIL = 0.05;
/** Significant digits of a coefficient in the printed law. */
const FEWEST_DIGITS = 2;
const MOST_DIGITS = 12;

/**
 * A fitted hypothesis as a law. `python`, `javascript` and `ast` carry every digit; `text` and `latex` are rounded to
 * the digits that the intervals support, one more than certain.
 */
export function lawOf(hypothesis: Hypothesis, fit: Fit, target: string): Law {
  const { terms, model } = hypothesis;
  const intervals = coefficientIntervals(hypothesis, fit);
  const exact = sum(terms.map((term, index) => product([constant(fit.coefficients[index] as number), term])));
  const shares = rowShares(hypothesis, fit);
  const shown = sum(
    terms.map((term, index) => {
      const coefficient = fit.coefficients[index] as number;
      return product([constant(rounded(coefficient, intervals[index] ?? null, shares[index] ?? Number.POSITIVE_INFINITY)), term]);
    }),
  );
  const itself = undoneExpression(exact, model.transform);
  const name = column(target);
  return {
    target,
    text: `${leftSide(target, model.transform)} = ${printText(shown)}`,
    latex: `${leftSideLatex(printLatex(name), model.transform)} = ${printLatex(shown)}`,
    python: printPython(itself),
    javascript: printJavaScript(itself),
    ast: exact,
    transform: model.transform,
    noise: model.noise,
    terms: terms.map((term, index) => ({
      text: printText(term),
      coefficient: fit.coefficients[index] as number,
      interval: intervals[index] ?? null,
      exponents: columnExponents(term),
      exponent_intervals: hypothesis.intervals?.[index] ?? {},
    })),
  };
}

/** 95 % t-intervals of the coefficients at the chosen exponents; null if the coefficients were given or no row is left over. */
export function coefficientIntervals(hypothesis: Hypothesis, fit: Fit): ([number, number] | null)[] {
  const { factorisation, freedom, coefficients, rss } = fit;
  if (!factorisation || freedom < 1) return hypothesis.terms.map(() => null);
  const reach = tLimit(INTERVAL_TAIL, freedom) * Math.sqrt(rss / freedom);
  return hypothesis.terms.map((_, index) => {
    const unit = hypothesis.terms.map((__, other) => (other === index ? 1 : 0));
    const half = reach * factorisation.spread(unit);
    const coefficient = coefficients[index] as number;
    return Number.isFinite(coefficient - half) && Number.isFinite(coefficient + half) ? [coefficient - half, coefficient + half] : null;
  });
}

/**
 * The change of each coefficient alone that moves the law by about the noise of a row. Where coefficients balance one
 * another, as far from the origin, it is far shorter than their intervals, and so is what rounding may take away.
 */
function rowShares({ terms, exponents }: Hypothesis, { factorisation, freedom, rss }: Fit): number[] {
  const rows = freedom + terms.length + exponents;
  const noise = Math.sqrt((rss / Math.max(1, freedom)) * rows);
  const shares = terms.map(() => Number.POSITIVE_INFINITY);
  factorisation?.kept.forEach((term, index) => {
    shares[term] = noise / (factorisation.scales[index] as number);
  });
  return shares;
}

function rounded(value: number, interval: readonly [number, number] | null, share: number): number {
  if (value === 0) return 0;
  if (!interval) return Number(value.toPrecision(12));
  const half = Math.min((interval[1] - interval[0]) / 2, share);
  const digits = half > 0 ? Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(half)) + 1 : MOST_DIGITS;
  return Number(value.toPrecision(Math.min(Math.max(digits, FEWEST_DIGITS), MOST_DIGITS)));
}

function undoneExpression(expression: Expression, transform: Transform): Expression {
  if (transform === "reciprocal") return power(expression, constant(-1));
  return transform === "log" ? call("exp", expression) : expression;
}

function leftSide(target: string, transform: Transform): string {
  return transform === "identity" ? target : transform === "reciprocal" ? `1/${target}` : `log(${target})`;
}

function leftSideLatex(target: string, transform: Transform): string {
  return transform === "identity" ? target : transform === "reciprocal" ? `\\frac{1}{${target}}` : `\\log\\left(${target}\\right)`;
}
