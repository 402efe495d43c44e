import { namesIn } from "../contract/expression.ts";
import type { Evidence, LandscapeView, Result } from "../contract/result.ts";
import type { Pace } from "./control.ts";
import { type Design, type Fit, valueAt } from "./fit.ts";
import { undone } from "./model.ts";
import { suitLogarithms } from "./plot/scale.ts";
import type { Sample } from "./sample.ts";
import { valuesOf } from "./values.ts";

/** Most rows that are kept for the plots, most columns of theirs, and points of the curve. */
const MOST_ROWS = 2_000;
const MOST_INPUTS = 3;
const CURVE_POINTS = 241;

/** A law fitted to all rows of a sample, and what it says of the target on each. */
interface Fitted {
  design: Design;
  fit: Fit;
  fitted: Float64Array;
  sample: Sample;
}

/** What the plots of a result are drawn from; see `Evidence`. */
export function evidenceOf({ design, fit, fitted, sample }: Fitted, result: Result, landscape: LandscapeView | null, pace: Pace): Evidence {
  const { table, target, y, heldOut } = sample;
  const { terms, model } = design.hypothesis;
  const used = [...new Set(terms.flatMap((term) => namesIn(term, "column")))];
  const others = Object.keys(table.columns).filter((name) => name !== target);
  // A constant is drawn against the only column there is.
  const candidates = used.length === 0 ? others : used;
  const only = candidates.length === 1 ? candidates[0] : undefined;
  const columnOf = (name: string) => table.columns[name] as Float64Array;
  const unitOf = (name: string) => (Object.hasOwn(table.units, name) ? (table.units[name] ?? null) : null);

  const count = Math.min(table.rows, MOST_ROWS);
  const shown = Array.from({ length: count }, (_, index) => Math.floor((index * table.rows) / count));
  const picked = (values: Float64Array) => shown.map((row) => values[row] as number);
  const x = picked(only === undefined ? fitted : columnOf(only));
  const observed = picked(y);
  const sigma = Math.sqrt(fit.rss / Math.max(1, fit.freedom));
  return {
    verdict: result.verdict,
    law: (result.law ?? result.candidate)?.text ?? "",
    transform: model.transform,
    noise: model.noise,
    target,
    unit: unitOf(target),
    axis: only ?? "fitted value",
    axis_unit: unitOf(only ?? target),
    rows: table.rows,
    x,
    observed,
    fitted: picked(fitted),
    residuals: shown.map((row) => {
      const residual = ((design.z[row] as number) - valueAt(design, fit.coefficients, row)) / (design.scale[row] as number) / sigma;
      return Number.isFinite(residual) ? residual : 0;
    }),
    held_out: placesOf(heldOut, shown),
    inputs: used.length < 2 ? [] : used.slice(0, MOST_INPUTS).map((name) => ({ name, unit: unitOf(name), values: picked(columnOf(name)) })),
    curve: only === undefined ? null : curveOf(design, fit, only, spread(x, suitLogarithms(x, observed).x), pace),
    pareto: result.pareto,
    stability: { limit: result.margins.stability?.limit ?? null, levels: result.stability.levels },
    landscape,
  };
}

/** Where the held-out rows are among those shown. Both lists ascend; a set of half a million rows would be slow to build. */
function placesOf(heldOut: Uint32Array, shown: readonly number[]): number[] {
  let next = 0;
  return shown.flatMap((row, place) => {
    while ((heldOut[next] ?? row) < row) next += 1;
    return heldOut[next] === row ? [place] : [];
  });
}

/** Even steps from the least to the largest value, of their logarithms where the axis is logarithmic. */
function spread(values: readonly number[], logarithmic: boolean): Float64Array {
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  return Float64Array.from({ length: CURVE_POINTS }, (_, step) => {
    const share = step / (CURVE_POINTS - 1);
    if (logarithmic) return Math.exp(Math.log(low) * (1 - share) + Math.log(high) * share);
    return low * (1 - share) + high * share;
  });
}

function curveOf(design: Design, fit: Fit, name: string, x: Float64Array, pace: Pace): Evidence["curve"] {
  const { terms, model } = design.hypothesis;
  const columns = terms.map((term) => valuesOf(term, { [name]: x }, {}, 0, x.length, pace));
  const y = Array.from(x, (_, at) => {
    const right = columns.reduce((sum, column, term) => sum + (fit.coefficients[term] as number) * (column[at] as number), 0);
    const value = undone(right, model.transform);
    return Number.isFinite(value) ? value : null;
  });
  return { x: [...x], y };
}
