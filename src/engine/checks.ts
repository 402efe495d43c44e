import { namesIn } from "../contract/expression.ts";
import { mapRows, type Pace, ROW_WORK, sumRows } from "./control.ts";
import { fLimit } from "./distributions.ts";
import { type Design, type Fit, floorOf, valueAt, weighted } from "./fit.ts";
import { factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";

/** A figure and the limit that it must not exceed. */
export interface Check {
  value: number;
  limit: number;
}

/** How rarely a right law may fail each of the two checks below. */
const HOLDOUT_TAIL = 0.005;
const LACK_OF_FIT_TAIL = 0.001;
/** Shapes that a lack-of-fit test adds: one for so many rows, but at least two. More would leave a small table no power. */
const ROWS_PER_SHAPE = 5;
const FEWEST_SHAPES = 2;

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
    const leverage = training.factorisation?.leverage(columns.map((column) => (column[row] as number) / s)) ?? 0;
    return (((z[row] as number) - valueAt(design, training.coefficients, row)) / s) ** 2 / (1 + leverage);
  });
  return checked(total / heldOut.length / (training.rss / training.freedom), fLimit(HOLDOUT_TAIL, heldOut.length, training.freedom));
}

/**
 * Whether the residuals of the fit to all rows still have a shape: the F test (in the manner of Ramsey's RESET, 1969)
 * of the law against itself with free coefficients and further columns. These are, as far as the rows allow, a constant
 * (an offset), f ln |f| with f the law's value (a power that is off: f^(1 + e) = f + e f ln |f| + …), and u, u^2 and u^3
 * of each standardised column of the law (a wrong function of that column). Columns that say nothing new are left out;
 * null if none is left or too few rows remain.
 */
export function lackOfFitCheck(design: Design, fit: Fit, sample: Sample, pace: Pace): Check | null {
  const { z, scale, columns, hypothesis } = design;
  const f = mapRows(z.length, pace, ROW_WORK.plain + columns.length, (row) => valueAt(design, fit.coefficients, row));
  const residual = mapRows(z.length, pace, ROW_WORK.plain, (row) => ((z[row] as number) - (f[row] as number)) / (scale[row] as number));
  const power = (row: number) => (f[row] === 0 ? 0 : (f[row] as number) * Math.log(Math.abs(f[row] as number)));
  const names = new Set(hypothesis.terms.flatMap((term) => namesIn(term, "column")));
  const standardised = [...names].map((name) => standardise(sample.table.columns[name] as Float64Array, pace));
  // Computed one at a time, so that only what is left of them is held at once.
  const shapes = [
    () => 1,
    power,
    ...standardised,
    ...standardised.map((u) => (row: number) => u(row) * u(row)),
    ...standardised.map((u) => (row: number) => u(row) * u(row) * u(row)),
  ];
  const most = Math.max(FEWEST_SHAPES, Math.floor(z.length / ROWS_PER_SHAPE));
  const tried = shapes.slice(0, most);
  const wider = (index: number) => {
    const column = columns[index];
    if (column) return weighted(column, scale, sample.all, pace);
    const shape = tried[index - columns.length] as (row: number) => number;
    return mapRows(z.length, pace, ROW_WORK.call, (row) => shape(row) / (scale[row] as number));
  };
  const factorisation = factorise(columns.length + tried.length, wider, pace);
  const own = fit.factorisation?.kept.length ?? 0;
  const added = factorisation.kept.length - own;
  const freedom = z.length - factorisation.kept.length - hypothesis.exponents;
  if (added < 1 || freedom < 1) return null;
  // The same floor as that of the fit, so that rounding never has a shape.
  const floor = floorOf(sumRows(z.length, pace, ROW_WORK.plain, (row) => ((z[row] as number) / (scale[row] as number)) ** 2));
  const left = Math.min(fit.rss, Math.max(floor, factorisation.residualSquares(residual)));
  return checked((fit.rss - left) / added / (left / freedom), fLimit(LACK_OF_FIT_TAIL, added, freedom));
}

/** A figure that overflows, as on columns of a magnitude of 1e-200, fails its check; JSON has no infinity. */
function checked(value: number, limit: number): Check {
  return { value: Number.isFinite(value) ? value : Number.MAX_VALUE, limit };
}

function standardise(column: Float64Array, pace: Pace): (row: number) => number {
  const mean = sumRows(column.length, pace, ROW_WORK.plain, (row) => column[row] as number) / column.length;
  const sd = Math.sqrt(sumRows(column.length, pace, ROW_WORK.plain, (row) => ((column[row] as number) - mean) ** 2) / column.length);
  return (row) => ((column[row] as number) - mean) / (sd || 1);
}
