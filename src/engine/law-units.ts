import { dimensionCheckOf, dimensionFault } from "../contract/dimensions.ts";
import { type Expression, namesIn } from "../contract/expression.ts";
import type { Law } from "../contract/result.ts";

type Units = Readonly<Record<string, string>>;

/** The law with the units of its coefficients and whether its functions are taken of pure numbers, as far as units are known. */
export function withUnits(law: Law, terms: readonly Expression[], units: Units): Law {
  return {
    ...law,
    terms: law.terms.map((term, index) => ({ ...term, unit: unitOf(terms[index] as Expression, law, units) })),
    dimensions: consistency(terms, law, units),
  };
}

function consistency(terms: readonly Expression[], { target, transform }: Law, units: Units): Law["dimensions"] {
  const library = terms.map((expression) => ({ expression }));
  const check = dimensionCheckOf({ rule: "functions", target, transforms: [transform], terms: library, units });
  if (!check) return null;
  if (terms.some((term) => dimensionFault(term, {}, check) !== undefined)) return "inconsistent";
  return terms.every((term) => namesIn(term, "column").every((name) => Object.hasOwn(units, name))) ? "consistent" : null;
}

/** What a coefficient has to be in for its term to be in the unit of the transformed target: "d AU^-1.5". */
function unitOf(term: Expression, { target, transform }: Law, units: Units): string | null {
  const powers: [column: string, exponent: number][] = transform === "log" ? [] : [[target, transform === "identity" ? 1 : -1]];
  for (const factor of term.type === "product" ? term.factors : [term]) {
    const [base, exponent] = factor.type === "power" ? [factor.base, factor.exponent] : [factor, null];
    if (base.type === "constant" || base.type === "call") continue;
    if (base.type !== "column" || (exponent !== null && exponent.type !== "constant")) return null;
    powers.push([base.name, -(exponent?.value ?? 1)]);
  }
  const exponents = new Map<string, number>();
  for (const [name, exponent] of powers) {
    const unit = Object.hasOwn(units, name) ? units[name]?.trim() : undefined;
    if (unit === undefined) return null;
    exponents.set(unit, (exponents.get(unit) ?? 0) + exponent);
  }
  const shown = [...exponents].filter(([unit, exponent]) => unit !== "" && Math.abs(exponent) > 1e-9);
  return shown.map(([unit, exponent]) => powered(unit, Number(exponent.toPrecision(6)))).join(" ");
}

function powered(unit: string, exponent: number): string {
  if (exponent === 1) return unit;
  return `${/^[\p{L}°%]+$/u.test(unit) ? unit : `(${unit})`}^${exponent}`;
}
