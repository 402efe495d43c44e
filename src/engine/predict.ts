import type { Table } from "../contract/dataset.ts";
import type { Predictions } from "../contract/result.ts";
import { inSlices, type Pace, ROW_WORK } from "./control.ts";
import { tLimit } from "./distributions.ts";
import type { Design, Fit } from "./fit.ts";
import { type Model, slope, undone } from "./model.ts";
import { valuesOf } from "./values.ts";

/** Share of new observations that may lie outside their interval. */
const INTERVAL_TAIL = 0.05;
/** Rows that the result shows; all of them are in the file. */
const MOST_SHOWN = 100;
/** Inputs that a note names. */
const MOST_NAMED = 4;

type Prediction = Predictions["first"][number];

/**
 * What a fitted law says of other rows, as CSV and in short. `inputs` are the columns that the law names, `known` the table
 * that it was fitted to.
 *
 * An interval holds a new observation of the target with probability 95 %: v ± t σ sqrt(s² + x' (X'X)^-1 x / g'(v)²), with v
 * the prediction, σ² the variance of the residuals, s the noise scale at v (1, or |v| for relative noise), x the row's
 * terms and g the transform of the target, to first order. With given constants only the noise counts; exponents are
 * taken as exact. Without residual freedom there is no interval.
 */
export function predictRows(
  { hypothesis }: Design,
  fit: Fit,
  inputs: readonly string[],
  rows: Table,
  known: Table,
  pace: Pace,
): { summary: Predictions; csv: string } {
  const { terms, model } = hypothesis;
  const ranges = inputs.map((name) => rangeOf(known.columns[name] as Float64Array, pace));
  const columns = inputs.map((name) => rows.columns[name] as Float64Array);
  const reach = fit.freedom < 1 ? null : tLimit(INTERVAL_TAIL, fit.freedom) * Math.sqrt(fit.rss / fit.freedom);
  const head = [...inputs, ...["prediction", "low", "high", "outside"].map((name) => unlike(inputs, name))];
  const chunks = [`${head.join(",")}\n`];
  const first: Prediction[] = [];
  let outsideRows = 0;
  let notFinite = 0;
  let firstNotFinite = -1;
  inSlices(rows.rows, pace, ROW_WORK.draw * (4 + inputs.length), (from, to) => {
    const values = terms.map((term) => valuesOf(term, rows.columns, {}, from, to, pace));
    let chunk = "";
    for (let row = from; row < to; row += 1) {
      const x = values.map((column) => column[row - from] as number);
      const outside = columns.some((column, index) => !isWithin(column[row] as number, ranges[index] as Range));
      const prediction = { ...predicted(x, fit, model, reach), outside };
      if (outside) outsideRows += 1;
      if (prediction.prediction === null) {
        if (notFinite === 0) firstNotFinite = row;
        notFinite += 1;
      }
      if (row < MOST_SHOWN) {
        first.push({ inputs: Object.fromEntries(inputs.map((name, index) => [name, columns[index]?.[row] as number])), ...prediction });
      }
      const cells = [...columns.map((column) => column[row]), prediction.prediction, prediction.low, prediction.high, outside];
      chunk += `${cells.join(",")}\n`;
    }
    chunks.push(chunk);
  });
  const notes: string[] = [];
  if (notFinite > 0) {
    const values = inputs.map((name, index) => `${name} = ${columns[index]?.[firstNotFinite]}`);
    const where = values.slice(0, MOST_NAMED).join(", ");
    notes.push(
      `The law has no finite value on ${notFinite} of ${rows.rows} rows, first on row ${firstNotFinite + 1}${where && `, where ${where}`}.`,
    );
  }
  if (outsideRows > 0) {
    const spans = inputs.map((name, index) => `${name} from ${ranges[index]?.low} to ${ranges[index]?.high}`);
    const shown = spans.slice(0, MOST_NAMED).join(", ") + (spans.length > MOST_NAMED ? ", …" : "");
    notes.push(`${outsideRows} of ${rows.rows} rows lie outside the dataset, which has ${shown}: there the law is extrapolated.`);
  }
  if (reach === null) notes.push("The dataset has too few rows for intervals.");
  return {
    summary: { artifact: "predictions.csv", rows: rows.rows, not_finite: notFinite, outside: outsideRows, notes, first },
    csv: chunks.join(""),
  };
}

function predicted(x: readonly number[], fit: Fit, { transform, noise }: Model, reach: number | null): Omit<Prediction, "outside"> {
  const value = undone(
    x.reduce((total, term, index) => total + (fit.coefficients[index] as number) * term, 0),
    transform,
  );
  if (!Number.isFinite(value)) return { prediction: null, low: null, high: null };
  if (reach === null) return { prediction: value, low: null, high: null };
  const size = noise === "relative" ? value : 1;
  const half = reach * Math.sqrt(size ** 2 + ((fit.factorisation?.spread(x) ?? 0) / slope(value, transform)) ** 2);
  const [low, high] = [value - half, value + half];
  return Number.isFinite(low) && Number.isFinite(high) ? { prediction: value, low, high } : { prediction: value, low: null, high: null };
}

interface Range {
  low: number;
  high: number;
}

function rangeOf(column: Float64Array, pace: Pace): Range {
  const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  inSlices(column.length, pace, ROW_WORK.plain, (from, to) => {
    for (const value of column.subarray(from, to)) {
      if (value < range.low) range.low = value;
      if (value > range.high) range.high = value;
    }
  });
  return range;
}

function isWithin(value: number, { low, high }: Range): boolean {
  return value >= low && value <= high;
}

/** The name with as many underscores as make it another than those of the inputs. */
function unlike(inputs: readonly string[], name: string): string {
  return inputs.includes(name) ? unlike(inputs, `${name}_`) : name;
}
