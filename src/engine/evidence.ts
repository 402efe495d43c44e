import { type Expression, namesIn } from "../contract/expression.ts";
import type { Evidence } from "../contract/result.ts";
import type { Sample } from "./sample.ts";

/** Most rows that are kept for the plots. */
const MOST_ROWS = 2_000;

/** The rows behind the plots, against the law's only column, or against the fitted value where the law has none or several. */
export function evidenceOf(terms: readonly Expression[], fitted: Float64Array, sample: Sample): Evidence {
  const { table, target, y, heldOut } = sample;
  const used = [...new Set(terms.flatMap((term) => namesIn(term, "column")))];
  const others = Object.keys(table.columns).filter((name) => name !== target);
  const candidates = used.length === 0 ? others : used;
  const only = candidates.length === 1 ? candidates[0] : undefined;
  const x = only === undefined ? fitted : (table.columns[only] as Float64Array);
  const count = Math.min(table.rows, MOST_ROWS);
  const shown = Array.from({ length: count }, (_, index) => Math.floor((index * table.rows) / count));
  // Both lists ascend; a set of half a million rows would be slow to build.
  let next = 0;
  const held = shown.map((row) => {
    while ((heldOut[next] ?? row) < row) next += 1;
    return heldOut[next] === row;
  });
  const unitOf = (name: string) => (Object.hasOwn(table.units, name) ? (table.units[name] ?? null) : null);
  return {
    target,
    unit: unitOf(target),
    axis: only ?? "fitted value",
    axisUnit: unitOf(only ?? target),
    x: shown.map((row) => x[row] as number),
    observed: shown.map((row) => y[row] as number),
    fitted: shown.map((row) => fitted[row] as number),
    heldOut: held.flatMap((isHeld, index) => (isHeld ? [index] : [])),
  };
}
