import { OrreryError } from "../../contract/errors.ts";
import { mapRows, type Pace, ROW_WORK } from "../control.ts";
import { powerOf } from "../power.ts";

/** The shape parameters of one hypothesis. */
export interface Shape {
  p: number;
  q: number;
}

/** A feature of the library, read. */
export interface Feature {
  /** The expression without spaces. */
  text: string;
  factors: readonly Factor[];
}

interface Factor {
  /** Names the values of the base, so that they are computed once. */
  text: string;
  base: Base;
  exponent: number | keyof Shape | null;
}

type Base = { kind: "one" } | { kind: "column"; index: number } | { kind: "sin" | "cos" | "decay"; of: Base };

const NUMBER = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a feature: factors joined by `*`; a factor is a base, or a base `^` a number or p or q; a base is `1`, `const`,
 * `x` (column 0), `x0`, `x1` … or `sin`, `cos`, `exp(-…)` of a base. As in the ancestor an exponent stands on the last
 * factor, unless what follows the last `^` is itself a number or parameter. Throws `invalid_request` with its texts.
 */
export function readFeature(expression: string, columns: number): Feature {
  const text = expression.replaceAll(/\s/g, "");
  const caret = text.lastIndexOf("^");
  const last = text.slice(caret + 1);
  if (caret >= 0 && !NUMBER.test(last) && last !== "p" && last !== "q") {
    throw refusal(`Feature uses undefined parameter '${last}'`, expression, "an exponent is a number, p or q and ends its feature");
  }
  const factors = text.split("*").map((part): Factor => {
    const [base = "", exponent, ...more] = part.split("^");
    const read = readBase(base);
    if (!read || more.length > 0 || (exponent !== undefined && !isExponent(exponent))) {
      throw refusal(
        `Unsupported feature expression '${expression}'`,
        expression,
        "a feature is a product of 1, const, x, x0, x1 …, sin(…), cos(…), exp(-…), each with an optional exponent",
      );
    }
    return { text: base, base: read, exponent: exponent === undefined ? null : readExponent(exponent) };
  });
  for (const { base } of factors) {
    const index = columnOf(base);
    if (index !== null && index >= columns) {
      throw refusal(`Feature '${expression}' uses column x${index}`, expression, `the dataset has ${columns} column(s), counted from x0`);
    }
  }
  return { text, factors };
}

/** The label of a feature at a shape: the parameter of its trailing exponent in four digits. */
export function labelOf({ text, factors }: Feature, shape: Shape, format: (value: number) => string): string {
  const exponent = factors.at(-1)?.exponent;
  return exponent === "p" || exponent === "q" ? `${text.slice(0, -1)}${format(shape[exponent])}` : text;
}

/** What a feature is at a shape: equal texts have equal values. */
export function columnKey(feature: Feature, shape: Shape): string {
  return feature.factors.map(({ text, exponent }) => `${text}^${exponentAt(exponent, shape) ?? ""}`).join("*");
}

/** The values of features, each base computed once. */
export function featureValues(x: readonly Float64Array[], rows: number, pace: Pace): (feature: Feature, shape: Shape) => Float64Array {
  const bases = new Map<string, Float64Array>();
  const baseOf = ({ text, base }: Factor) => {
    const known = bases.get(text);
    if (known) return known;
    const values = valuesOf(base, x, rows, pace);
    bases.set(text, values);
    return values;
  };
  return ({ factors }, shape) =>
    factors
      .map((factor) => {
        const exponent = exponentAt(factor.exponent, shape);
        return exponent === null ? baseOf(factor) : mapped(baseOf(factor), signedPower(exponent), pace);
      })
      .reduce((product, values) => mapRows(rows, pace, ROW_WORK.plain, (row) => (product[row] as number) * (values[row] as number)));
}

/**
 * The ancestor's power: an exponent within 1e-8 + 1e-5 |k| of an integer k is that integer, even ones of |b|, odd ones
 * with the sign of b; any other is sign(b) |b|^exponent.
 */
export function signedPower(exponent: number): (base: number) => number {
  const whole = Math.round(exponent);
  const near = Math.abs(exponent - whole) <= 1e-8 + 1e-5 * Math.abs(whole);
  const power = powerOf(near ? whole : exponent);
  if (near && whole % 2 === 0) return (base) => power(Math.abs(base));
  return (base) => Math.sign(base) * power(Math.abs(base));
}

function readBase(text: string): Base | null {
  if (text === "1" || text === "const") return { kind: "one" };
  if (text === "x") return { kind: "column", index: 0 };
  if (/^x\d+$/.test(text)) return { kind: "column", index: Number(text.slice(1)) };
  for (const [opening, kind] of [
    ["sin(", "sin"],
    ["cos(", "cos"],
    ["exp(-", "decay"],
  ] as const) {
    if (!text.startsWith(opening) || !text.endsWith(")")) continue;
    const of = readBase(text.slice(opening.length, -1));
    return of && { kind, of };
  }
  return null;
}

const isExponent = (text: string) => text === "p" || text === "q" || NUMBER.test(text);
const readExponent = (text: string) => (text === "p" || text === "q" ? text : Number(text));
const exponentAt = (exponent: Factor["exponent"], shape: Shape) => (typeof exponent === "string" ? shape[exponent] : exponent);

function columnOf(base: Base): number | null {
  if (base.kind === "one") return null;
  return base.kind === "column" ? base.index : columnOf(base.of);
}

const mapped = (values: Float64Array, change: (value: number) => number, pace: Pace) =>
  mapRows(values.length, pace, ROW_WORK.call, (row) => change(values[row] as number));

function valuesOf(base: Base, x: readonly Float64Array[], rows: number, pace: Pace): Float64Array {
  switch (base.kind) {
    case "one":
      return new Float64Array(rows).fill(1);
    case "column":
      return x[base.index] as Float64Array;
    case "sin":
      return mapped(valuesOf(base.of, x, rows, pace), Math.sin, pace);
    case "cos":
      return mapped(valuesOf(base.of, x, rows, pace), Math.cos, pace);
    case "decay":
      return mapped(valuesOf(base.of, x, rows, pace), (value) => Math.exp(-value), pace);
  }
}

function refusal(text: string, expression: string, rule: string): OrreryError {
  return new OrreryError("invalid_request", `${text}: ${rule}.`, {
    faults: [{ pointer: "/hypothesis_space/features", detail: `${JSON.stringify(expression)}: ${rule}` }],
  });
}
