import type { Expression } from "../contract/expression.ts";
import { findRow, inSlices, mapRows, type Pace, ROW_WORK, sumRows } from "./control.ts";
import { type Model, meanLogOf, noiseScale, slope, transformed, undone } from "./model.ts";
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
  /** For each term, about a 95 % interval of the exponent of each column that has a free one. Default: none. */
  intervals?: readonly Record<string, [number, number]>[];
}

/** A hypothesis expanded on all rows of a table, linear in its coefficients. */
export interface Design {
  hypothesis: Hypothesis;
  columns: Float64Array[];
  /** Transformed target and its noise scale, by row. */
  z: Float64Array;
  scale: Float64Array;
  /** Mean of 2 ln s over the rows, s being the noise scale of y itself; see `Model`. */
  jacobian: number;
  /** What a square of a residual / s is small against, the same under every transform; see `sizeOf`. */
  size: number;
}

export interface Fit {
  coefficients: readonly number[];
  /** Square sum of residual / s over the rows of the fit, floored at the rounding error of doubles. */
  rss: number;
  /** That floor, by row. */
  floor: number;
  /** Rows less fitted constants and chosen exponents; can be 0 or less. */
  freedom: number;
  /** Null when the coefficients were given. */
  factorisation: Pick<Factorisation, "kept" | "scales" | "spread"> | null;
}

/** A square sum of residuals below this share of what the target varies by is rounding: data seldom have more than 12 digits. */
const ROUNDING = 1e-24;
/** Rounding of a target as it was given and computed with, and of the terms of a law that balance each other, as shares of their sizes. */
const TARGET_ROUNDING = 2 ** -49;
const TERM_ROUNDING = 2 ** -51;

/** The smallest square sum of residuals that is told from rounding, for rows whose sizes add up to `squares`; never 0. */
export function floorOf(squares: number): number {
  return Math.max(ROUNDING * squares, 1e-250);
}

/**
 * Mean over the rows of ((y - mean) / s)^2, and as much of (y / s)^2 as makes its floor the rounding of y: where a target
 * is 1e12 and varies by 30, a residual of 0.01 is no rounding.
 */
function sizeOf({ y }: Sample, relative: boolean, pace: Pace): number {
  const mean = sumRows(y.length, pace, ROW_WORK.plain, (row) => y[row] as number) / y.length;
  const share = TARGET_ROUNDING ** 2 / ROUNDING;
  const squares = sumRows(y.length, pace, ROW_WORK.plain, (row) => {
    const value = y[row] as number;
    return ((value - mean) ** 2 + share * value ** 2) / (relative ? value ** 2 : 1);
  });
  return squares / y.length;
}

/** The columns of a hypothesis, its noise scaled by the observed target. */
export function designOf(hypothesis: Hypothesis, sample: Sample, pace: Pace): Design {
  const { table, y } = sample;
  const { transform, noise } = hypothesis.model;
  const z = mapRows(table.rows, pace, ROW_WORK.call, (row) => transformed(y[row] as number, transform));
  const columns = hypothesis.terms.map((term) => {
    if (term.type === "column") return table.columns[term.name] as Float64Array;
    const column = new Float64Array(table.rows);
    inSlices(table.rows, pace, 0, (from, to) => column.set(valuesOf(term, table.columns, {}, from, to, pace), from));
    return column;
  });
  const scale = mapRows(table.rows, pace, ROW_WORK.plain, (row) => noiseScale(y[row] as number, hypothesis.model));
  const relative = noise === "relative";
  const size = sizeOf(sample, relative, pace);
  return { hypothesis, columns, z, scale, jacobian: relative ? 2 * meanLogOf(y, sample.all, pace) : 0, size };
}

/** Linearisations after the first; the coefficients of laws that fit settle to 1e-6 in three. */
const LINEARISATIONS = 3;

/**
 * The design with transform and noise taken at the law's own values instead of the observed ones, found by fitting again
 * and again (Gauss-Newton on y itself): z = f + g'(v) (y - v) with f the law and v = g^-1(f), noise scale |g'(v)| s(v).
 * Observed values as scales favour laws that are low where the noise happens to be low. Null if the law
 * has no value, or one of the wrong sign, on some row: 1/y or relative noise do not allow that.
 */
export function settled(design: Design, { y, all }: Sample, pace: Pace): Design | null {
  const { transform, noise } = design.hypothesis.model;
  if (transform === "identity" && noise === "additive") return design;
  let current = design;
  for (let step = 0; step < LINEARISATIONS; step += 1) {
    const { coefficients } = fitRows(current, all, pace);
    const f = mapRows(y.length, pace, ROW_WORK.plain + design.columns.length, (row) => valueAt(design, coefficients, row));
    const v = mapRows(y.length, pace, ROW_WORK.call, (row) => undone(f[row] as number, transform));
    if (findRow(y.length, pace, ROW_WORK.plain, (row) => !((v[row] as number) * (y[row] as number) > 0 && Number.isFinite(v[row]))) >= 0)
      return null;
    const z = mapRows(y.length, pace, ROW_WORK.plain, (row) => {
      const value = v[row] as number;
      return (f[row] as number) + slope(value, transform) * ((y[row] as number) - value);
    });
    const scale = mapRows(y.length, pace, ROW_WORK.plain, (row) => noiseScale(v[row] as number, design.hypothesis.model));
    current = { ...design, z, scale, jacobian: noise === "relative" ? 2 * meanLogOf(v, all, pace) : 0 };
  }
  return current;
}

/** Weighted least squares on some rows by QR of the rows themselves; the error is that of the rows, not of a formula. */
export function fitRows(design: Design, rows: Uint32Array, pace: Pace): Fit {
  pace.advance(1);
  const { columns, z, scale, hypothesis } = design;
  const target = weighted(z, scale, rows, pace);
  const { given, exponents } = hypothesis;
  const weightedColumn = (index: number) => weighted(columns[index] as Float64Array, scale, rows, pace);
  const factorisation = given ? null : factorise(columns.length, weightedColumn, pace);
  let coefficients = given ?? factorisation?.solve(target) ?? [];
  const least = floorOf(design.size * rows.length);
  const rounding = factorisation ? roundingOf(coefficients, factorisation) : 0;
  if (factorisation && rounding > least) {
    // Terms that balance each other, as 3e8 and -3e8 do where an input is 1e8 to 1e8 + 10, leave the rounding of the
    // factorisation in the shape of the columns; a step of iterative refinement takes it away.
    const residual = mapRows(rows.length, pace, ROW_WORK.plain + columns.length, (index) =>
      residualAt(design, coefficients, rows[index] as number),
    );
    const steps = factorisation.solve(residual);
    coefficients = coefficients.map((coefficient, term) => coefficient + (steps[term] as number));
  }
  const floor = Math.max(least, rounding);
  const constants = given ? 0 : columns.length;
  return {
    coefficients,
    rss: Math.max(squaresLeft(design, coefficients, rows, pace), floor),
    floor: floor / rows.length,
    freedom: rows.length - constants - exponents,
    // Not the whole factorisation: its reflectors are as large as the columns.
    factorisation: factorisation && { kept: factorisation.kept, scales: factorisation.scales, spread: factorisation.spread },
  };
}

/** At most the square sum over the rows of what rounding takes from the terms, by the lengths of their columns. */
function roundingOf(coefficients: readonly number[], { kept, scales }: Pick<Factorisation, "kept" | "scales">): number {
  const length = kept.reduce((sum, term, index) => sum + Math.abs(coefficients[term] as number) * (scales[index] as number), 0);
  return (TERM_ROUNDING * length) ** 2;
}

/** The value of the right-hand side on a row. */
export function valueAt(design: Design, coefficients: readonly number[], row: number): number {
  let value = 0;
  for (let term = 0; term < coefficients.length; term += 1)
    value += (coefficients[term] as number) * (design.columns[term]?.[row] as number);
  return value;
}

/** The residual / s of a row. */
function residualAt(design: Design, coefficients: readonly number[], row: number): number {
  return ((design.z[row] as number) - valueAt(design, coefficients, row)) / (design.scale[row] as number);
}

/** The square sum of residual / s over some rows. */
function squaresLeft(design: Design, coefficients: readonly number[], rows: Uint32Array, pace: Pace): number {
  return sumRows(
    rows.length,
    pace,
    ROW_WORK.plain + design.columns.length,
    (index) => residualAt(design, coefficients, rows[index] as number) ** 2,
  );
}

/** What the law says of the target itself on every row, its transform undone. */
export function predictions(design: Design, coefficients: readonly number[], pace: Pace): Float64Array {
  const { z, columns, hypothesis } = design;
  return mapRows(z.length, pace, ROW_WORK.call + columns.length, (row) =>
    undone(valueAt(design, coefficients, row), hypothesis.model.transform),
  );
}

/** The values of a column on some rows, divided by the noise scale. */
export function weighted(column: Float64Array, scale: Float64Array, rows: Uint32Array, pace: Pace): Float64Array {
  return mapRows(rows.length, pace, ROW_WORK.plain, (index) => {
    const row = rows[index] as number;
    return (column[row] as number) / (scale[row] as number);
  });
}
