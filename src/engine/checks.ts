import { namesIn } from "../contract/expression.ts";
import { mapRows, type Pace, ROW_WORK, sumRows } from "./control.ts";
import { fLimit } from "./distributions.ts";
import { type Design, type Fit, valueAt } from "./fit.ts";
import { neighbourFigure, orthonormal } from "./neighbours.ts";
import { factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";
import { orderOf, shapesOf } from "./shapes.ts";

/** A figure, its limit, and whether it keeps that. */
export interface Check {
  value: number;
  limit: number;
  holds: boolean;
}

/** A figure that overflows, as on columns of a magnitude of 1e-200, fails its check; JSON has no infinity. */
export function atMost(value: number, limit: number): Check {
  const told = Number.isFinite(value) ? value : Number.MAX_VALUE;
  return { value: told, limit, holds: told <= limit };
}

export function atLeast(value: number, limit: number): Check {
  return { value: Number.isFinite(value) ? value : Number.MAX_VALUE, limit, holds: !(value < limit) };
}

/** How rarely a right law may fail the hold-out test, and the tests of shapes and of neighbours for a lack of fit. */
const HOLDOUT_TAIL = 0.005;
const LACK_OF_FIT_TAIL = 0.002;
const NEIGHBOUR_TAIL = 0.001;
/** Shapes that a lack-of-fit test adds: one for so many rows, but at least two. More would leave a small table no power. */
const ROWS_PER_SHAPE = 5;
const FEWEST_SHAPES = 2;

/** Rows that are looked at for a lack of fit, evenly spaced; a million rows would find every digit that was rounded. */
const EXAMINED_ROWS = 8_192;
/** Columns whose shapes are tried, those of the law first. */
const EXAMINED_COLUMNS = 6;

/**
 * Whether the held-out rows scatter about the law as the training rows do: the mean of r^2 / (s^2 (1 + h)) over the
 * held-out rows, with r the residual, s the noise scale of the row and h its leverage in the fit to the training rows,
 * over the residual variance of that fit. Under a right law with normal noise this is about F(m, freedom), so the limit,
 * its upper 0.5 % point, widens by itself for a few held-out rows. Null if there are none or the fit has no freedom.
 */
export function holdoutCheck(design: Design, training: Fit, heldOut: Uint32Array, pace: Pace): Check | null {
  if (heldOut.length === 0 || training.freedom < 1) return null;
  const { z, scale, columns } = design;
  const total = sumRows(heldOut.length, pace, ROW_WORK.call + columns.length * ROW_WORK.plain, (index) => {
    const row = heldOut[index] as number;
    const s = scale[row] as number;
    const leverage = (training.factorisation?.spread(columns.map((column) => (column[row] as number) / s)) ?? 0) ** 2;
    return (((z[row] as number) - valueAt(design, training.coefficients, row)) / s) ** 2 / (1 + leverage);
  });
  return atMost(total / heldOut.length / (training.rss / training.freedom), fLimit(HOLDOUT_TAIL, heldOut.length, training.freedom));
}

/**
 * Whether the residuals of the fit still have a shape: nested F tests, in the manner of Ramsey's RESET (1969), of the law
 * against itself with free coefficients and more and more further columns. These are, as far as the rows allow, a
 * constant (an offset) and f ln |f| with f the law's value (a power that is off: f^(1 + e) = f + e f ln |f| + …); then,
 * degree by degree up to 8, the Legendre polynomials of the rank of f and of each column of the table (a wrong or missing
 * function of it), with the products of the ranks of two columns (a missing interaction) at degree 2. The figure is
 * that of the test that comes nearest to failing; its limit makes all of them together fail a right law in 0.2 % of
 * tables. Columns that say nothing new are left out. Another 0.1 % fail because residuals that are neighbours along a
 * column of the law are alike. Null if no column is left or too few rows remain: it takes 2 rows more than the law has
 * constants and exponents, at different inputs.
 */
export function lackOfFitCheck(design: Design, fit: Fit, sample: Sample, pace: Pace): Check | null {
  const { hypothesis } = design;
  const count = Math.min(design.z.length, EXAMINED_ROWS);
  const rowOf = (index: number) => (count === design.z.length ? index : Math.floor((index * design.z.length) / count));
  const gather = (values: Float64Array) => mapRows(count, pace, ROW_WORK.plain, (index) => values[rowOf(index)] as number);
  const scale = gather(design.scale);
  const f = mapRows(count, pace, ROW_WORK.plain + design.columns.length, (index) => valueAt(design, fit.coefficients, rowOf(index)));
  const residual = mapRows(count, pace, ROW_WORK.plain, (index) => {
    return ((design.z[rowOf(index)] as number) - (f[index] as number)) / (scale[index] as number);
  });
  const most = Math.max(FEWEST_SHAPES, Math.floor(count / ROWS_PER_SHAPE));
  const inputs = examined(hypothesis.terms, sample).map(gather);
  const groups = shapesOf(inputs, f, pace);
  const shapes = groups.flat().slice(0, most);
  const own = design.columns.length;
  const column = (index: number) => {
    const values = design.columns[index];
    const shape = shapes[index - own];
    return mapRows(
      count,
      pace,
      ROW_WORK.call,
      (row) => (values ? (values[rowOf(row)] as number) : (shape?.(row) ?? 0)) / (scale[row] as number),
    );
  };
  const factorisation = factorise(own + shapes.length, column, pace);
  const { kept } = factorisation;
  const explained = factorisation.explained(residual);
  const total = sumRows(count, pace, ROW_WORK.plain, (row) => (residual[row] as number) ** 2);
  // The same floor as that of the fit, so that rounding never has a shape.
  const floor = fit.floor * count;
  const free = hypothesis.given ? 0 : kept.filter((index) => index < own).length;
  const ends = groups
    .map((_, index) => own + groups.slice(0, index + 1).flat().length)
    .filter((_, index, all) => index === 0 || (all[index - 1] as number) < own + shapes.length);
  const checks = ends.flatMap((end) => {
    const used = kept.filter((index) => index < end).length;
    const added = used - free;
    const freedom = count - used - hypothesis.exponents;
    if (added < 1 || freedom < 1) return [];
    const part = explained.slice(0, used).reduce((sum, value) => sum + value, 0);
    const left = Math.max(total - part, floor);
    return [
      atMost(Math.max(0, Math.max(total, floor) - left) / added / (left / freedom), fLimit(LACK_OF_FIT_TAIL / ends.length, added, freedom)),
    ];
  });
  const basis = hypothesis.given
    ? []
    : orthonormal(
        Array.from({ length: own }, (_, index) => column(index)),
        pace,
      );
  // Among equal values the order would be that of the table.
  const spread = total > floor ? inputs.slice(0, ownColumns(hypothesis.terms).length).filter(mostlyDiffers) : [];
  const neighbours = spread
    .flatMap((input) => neighbourFigure(residual, orderOf(input, pace), basis, NEIGHBOUR_TAIL / spread.length, pace) ?? [])
    .map(({ value, limit }) => atMost(value, limit));
  const excess = ({ value, limit }: Check) => (value - 1) / (limit - 1);
  return [...checks, ...neighbours].reduce<Check | null>((worst, check) => (worst && excess(worst) >= excess(check) ? worst : check), null);
}

function mostlyDiffers(values: Float64Array): boolean {
  return 2 * new Set(values).size > values.length;
}

function ownColumns(terms: Design["hypothesis"]["terms"]): string[] {
  return [...new Set(terms.flatMap((term) => namesIn(term, "column")))];
}

/** The columns whose shapes are tried: those of the law, then others of the table. */
function examined(terms: Design["hypothesis"]["terms"], { table, target }: Sample): Float64Array[] {
  const names = [...new Set([...ownColumns(terms), ...Object.keys(table.columns).filter((name) => name !== target)])];
  return names.slice(0, EXAMINED_COLUMNS).map((name) => table.columns[name] as Float64Array);
}
