import type { Expression } from "../contract/expression.ts";
import type { Control } from "./control.ts";
import { type Model, noiseScale, transformed, undone } from "./model.ts";
import { type Factorisation, factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";
import { valuesOf } from "./values.ts";

/** A law as a weighted sum of terms without free exponents, under a model. */
export interface Hypothesis {
  model: Model;
  terms: Expression[];
  /** Exponents that were chosen on the grid: each takes a degree of freedom. */
  exponents: number;
  /** Coefficients that are kept; null to fit them. */
  given: readonly number[] | null;
}

/** A hypothesis expanded on all rows of a table. */
export interface Design {
  hypothesis: Hypothesis;
  columns: Float64Array[];
  /** Transformed target and its noise scale, by row. */
  z: Float64Array;
  scale: Float64Array;
}

export interface Fit {
  coefficients: readonly number[];
  /** Square sum of residual / s over the rows of the fit, floored at the rounding error of doubles. */
  rss: number;
  /** Rows less fitted constants and chosen exponents; can be 0 or less. */
  freedom: number;
  /** Null when the coefficients were given. */
  factorisation: Factorisation | null;
}

/** A square sum of residuals below this share of the target's is rounding: doubles keep 16 digits, data seldom more than 12. */
const ROUNDING = 1e-24;

/** The smallest square sum of residuals that is told from rounding, for a target with the square sum `squares`; never 0. */
export function floorOf(squares: number): number {
  return Math.max(ROUNDING * squares, 1e-250);
}

export function designOf(hypothesis: Hypothesis, sample: Sample): Design {
  const { table, y } = sample;
  const { transform, noise } = hypothesis.model;
  const z = y.map((value) => transformed(value, transform));
  return {
    hypothesis,
    columns: hypothesis.terms.map((term) => valuesOf(term, table.columns, {}, 0, table.rows)),
    z,
    scale: z.map((value) => noiseScale(value, noise)),
  };
}

/** Weighted least squares on some rows by QR of the rows themselves; the error is that of the rows, not of a formula. */
export function fitRows(design: Design, rows: Uint32Array, control: Control): Fit {
  control.advance(1);
  const { columns, z, scale, hypothesis } = design;
  const target = weighted(z, scale, rows);
  const { given, exponents } = hypothesis;
  const factorisation = given ? null : factorise(columns.map((column) => weighted(column, scale, rows)));
  const coefficients = given ?? factorisation?.solve(target) ?? [];
  let rss = 0;
  let squares = 0;
  rows.forEach((row, index) => {
    rss += ((z[row] as number) - valueAt(design, coefficients, row)) ** 2 / (scale[row] as number) ** 2;
    squares += (target[index] as number) ** 2;
  });
  const constants = given ? 0 : columns.length;
  return { coefficients, rss: Math.max(rss, floorOf(squares)), freedom: rows.length - constants - exponents, factorisation };
}

/** The value of the right-hand side on a row. */
export function valueAt(design: Design, coefficients: readonly number[], row: number): number {
  let value = 0;
  for (let term = 0; term < coefficients.length; term += 1)
    value += (coefficients[term] as number) * (design.columns[term]?.[row] as number);
  return value;
}

/** What the law says of the target itself on every row, its transform undone. */
export function predictions(design: Design, coefficients: readonly number[]): Float64Array {
  return design.z.map((_, row) => undone(valueAt(design, coefficients, row), design.hypothesis.model.transform));
}

/** The values of a column on some rows, divided by the noise scale. */
export function weighted(column: Float64Array, scale: Float64Array, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => (column[row] as number) / (scale[row] as number));
}
