import { OrreryError } from "../../contract/errors.ts";
import type { Pace } from "../control.ts";
import { ROW_WORK } from "../control.ts";
import type { TgefdTable } from "./document.ts";
import { columnKey, type Feature, featureValues, type Shape } from "./expression.ts";

/** The distinct columns that the features have at any shape; equal columns have one number. */
export interface Library {
  features: readonly Feature[];
  columns: readonly Float64Array[];
  /** The column of each feature. Throws `invalid_request` if one has a value that is not finite. */
  columnsAt(shape: Shape): number[];
}

export function libraryOf(features: readonly Feature[], { x, y }: TgefdTable, pace: Pace): Library {
  const values = featureValues(x, y.length, pace);
  const columns: Float64Array[] = [];
  const byKey = new Map<string, number>();
  const byProbe = new Map<number, number[]>();
  const add = (feature: Feature, shape: Shape) => {
    const column = values(feature, shape);
    refuseInfinite(feature, shape, column);
    pace.work(ROW_WORK.plain * y.length);
    // Equal columns under different names, such as x and x^1, agree in their sum.
    let probe = 0;
    for (const value of column) probe += value;
    const alike = byProbe.get(probe) ?? [];
    const same = alike.find((index) => (columns[index] as Float64Array).every((value, row) => value === column[row]));
    if (same !== undefined) return same;
    columns.push(column);
    byProbe.set(probe, [...alike, columns.length - 1]);
    return columns.length - 1;
  };
  return {
    features,
    columns,
    columnsAt: (shape) =>
      features.map((feature) => {
        const key = columnKey(feature, shape);
        const known = byKey.get(key) ?? add(feature, shape);
        byKey.set(key, known);
        return known;
      }),
  };
}

function refuseInfinite(feature: Feature, { p, q }: Shape, column: Float64Array): void {
  const row = column.findIndex((value) => !Number.isFinite(value));
  if (row < 0) return;
  const detail = `the feature ${feature.text} is not finite on row ${row + 1} at p = ${p}, q = ${q}`;
  throw new OrreryError("invalid_request", `The features cannot be computed: ${detail}; leave the row, the feature or the exponent out.`, {
    faults: [{ pointer: "/hypothesis_space/features", detail }],
  });
}
