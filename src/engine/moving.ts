import { type Expression, namesIn } from "../contract/expression.ts";
import { inSlices, type Pace, ROW_WORK } from "./control.ts";
import { type Columns, valuesOf } from "./values.ts";

/** Terms on the rows of a table at changing values of their parameters. */
export interface Moving {
  /** One column for each term, each row multiplied by its weight. */
  at(values: Readonly<Record<string, number>>): Float64Array[];
}

/** Factors that are kept: those of some points near each other, 4 MB of a table of 8,192 rows. */
const MOST_KEPT = 64;

/**
 * From one point to the next few exponents move, often one: a factor whose parameters are as they were is not computed
 * again. In a product of four powers that is most of the work of a derivative by one exponent.
 */
export function movingOf(terms: readonly Expression[], columns: Columns, weights: Float64Array, pace: Pace): Moving {
  const rows = weights.length;
  const factors = terms.map((term) =>
    (term.type === "product" ? term.factors : [term]).map((factor) => ({ factor, parameters: namesIn(factor, "parameter") })),
  );
  /** In the order of last use. */
  const kept = new Map<string, Float64Array>();

  function valuesAt(name: string, factor: Expression, values: Readonly<Record<string, number>>): Float64Array {
    const known = kept.get(name);
    kept.delete(name);
    const column = known ?? new Float64Array(rows);
    if (!known) inSlices(rows, pace, 0, (from, to) => column.set(valuesOf(factor, columns, values, from, to, pace), from));
    kept.set(name, column);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return column;
  }

  return {
    at: (values) =>
      factors.map((own, term) => {
        const [first, ...others] = own.map(({ factor, parameters }, place) =>
          valuesAt(`${term} ${place} ${parameters.map((name) => values[name]).join()}`, factor, values),
        );
        const column = (first as Float64Array).slice();
        for (const other of others) multiply(column, other, pace);
        multiply(column, weights, pace);
        return column;
      }),
  };
}

function multiply(column: Float64Array, other: Float64Array, pace: Pace): void {
  for (let row = 0; row < column.length; row += 1) column[row] = (column[row] as number) * (other[row] as number);
  pace.work(column.length * ROW_WORK.plain);
}
