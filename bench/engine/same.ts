import { column, constant, type Expression, power, product } from "../../src/contract/expression.ts";
import { parseExpression } from "../../src/contract/formula.ts";
import { printText } from "../../src/contract/formula-print.ts";
import type { Transform } from "../../src/contract/request.ts";

/** Exponents closer than this are the same: they come from a grid or were snapped to a rational. */
const DIGITS = 9;

/**
 * A text that two laws share if and only if they have the same terms: exponents compared number by number, the order of
 * factors and terms left aside. One power of columns in 1/f is its inverse in f, so such a law reads the same both ways.
 */
export function formOf(law: { terms: readonly string[]; transform: Transform }, columns: readonly string[]): string {
  const terms = law.terms.map((text) => parseExpression(text, { columns }, ""));
  const [only] = terms;
  const inverted = law.transform === "reciprocal" && terms.length === 1 && only ? inverseOf(only) : null;
  const forms = (inverted ? [inverted] : terms).map(termForm).sort();
  return `${inverted ? "identity" : law.transform}: ${forms.join(" + ")}`;
}

function termForm(term: Expression): string {
  const exponents = new Map<string, number>();
  for (const [base, exponent] of factorsOf(term)) exponents.set(base, (exponents.get(base) ?? 0) + exponent);
  const parts = [...exponents]
    .filter(([, exponent]) => Math.abs(exponent) > 10 ** -DIGITS)
    .map(([base, exponent]) => `${base}^${Number(exponent.toFixed(DIGITS))}`);
  return parts.length === 0 ? "1" : parts.sort().join("*");
}

function factorsOf(term: Expression): [string, number][] {
  return (term.type === "product" ? term.factors : [term]).flatMap((factor): [string, number][] => {
    if (factor.type === "constant") return [];
    if (factor.type === "power" && factor.exponent.type === "constant") return [[printText(factor.base), factor.exponent.value]];
    return [[printText(factor), 1]];
  });
}

function inverseOf(term: Expression): Expression | null {
  const factors = term.type === "product" ? term.factors : [term];
  const plain = factors.every(({ type }) => type === "column" || type === "power" || type === "constant");
  return plain ? product(factorsOf(term).map(([base, exponent]) => power(column(base), constant(-exponent)))) : null;
}
