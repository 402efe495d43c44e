import { type Feature, labelOf, type Shape } from "./expression.ts";

/** Formula and coefficients of a model as the ancestor prints them: terms above the tolerance only. */
export interface Labelled {
  formula: string;
  coefficients: Record<string, number>;
}

export function labelled(features: readonly Feature[], shape: Shape, coefficients: Float64Array, tolerance: number): Labelled {
  const terms = features.flatMap((feature, index) => {
    const coefficient = coefficients[index] as number;
    return Math.abs(coefficient) > tolerance ? [{ label: labelOf(feature, shape, general), coefficient }] : [];
  });
  const sum = terms.map(({ label, coefficient }) => `(${coefficient < 0 ? "" : "+"}${general(coefficient)})*${label}`).join(" + ");
  // Of two terms with the same label the later one stays.
  return { formula: `y = ${sum || "0"}`, coefficients: Object.fromEntries(terms.map(({ label, coefficient }) => [label, coefficient])) };
}

const DIGITS = 4;

/** Four significant digits as Python's format `.4g` writes them. */
export function general(value: number): string {
  if (value === 0) return "0";
  const [digits = "", power = "0"] = halfEven(value)
    .toExponential(DIGITS - 1)
    .split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= DIGITS) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${trimmed(digits)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return trimmed(halfEven(value).toFixed(Math.max(DIGITS - 1 - exponent, 0)));
}

const trimmed = (digits: string) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

/** JavaScript rounds a number exactly between two decimals away from 0, Python to the even digit: the even one itself. */
function halfEven(value: number): number {
  const [digits = "", power = "0"] = Math.abs(value).toExponential(30).split("e");
  const tail = digits.slice(DIGITS + 1);
  if (!/^50*$/.test(tail)) return value;
  const kept = digits.slice(0, DIGITS + 1);
  const even = Number(kept.at(-1)) % 2 === 0;
  return even ? Math.sign(value) * Number(`${kept}e${power}`) : value;
}
