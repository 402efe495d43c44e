import { namesIn } from "../contract/expression.ts";
import type { Contender } from "./contender.ts";
import { type Pace, ROW_WORK, sumRows } from "./control.ts";
import { predictions } from "./fit.ts";
import type { Sample } from "./sample.ts";

/** Two laws this far apart, in squared standard deviations of the noise over all rows, are told apart by no such table. */
export const TWIN_LIMIT = 1;

/** A rival that says with other columns what the law says. */
export interface Twin {
  rival: Contender;
  /** Square sum, over the rows, of what the two say differently, in standard deviations of the noise of each. */
  distance: number;
}

/**
 * The rival nearest to a law among those that do without one of its columns, if it is nearer than the rows can tell: their
 * likelihoods differ by about the distance, so the rows do not say which columns are meant, as with z = x^2 beside x; only
 * the prices of the two would. A rival with the same columns, such as another exponent, is what intervals are for, and one
 * with further columns as well says more. `rows`: those of the table that the sample was taken from.
 */
export function twinOf(law: Contender, rivals: readonly Contender[], sample: Sample, rows: number, pace: Pace): Twin | null {
  const compared = sample.table.rows;
  const variance = law.fit.rss / Math.max(1, law.fit.freedom);
  const own = predictions(law.design, law.fit.coefficients, pace);
  const relative = law.hypothesis.model.noise === "relative";
  const used = new Set(columnsOf(law));
  const twins = rivals.flatMap((rival): Twin[] => {
    const others = new Set(columnsOf(rival));
    if ([...used].every((name) => others.has(name))) return [];
    const other = predictions(rival.design, rival.fit.coefficients, pace);
    const squares = sumRows(compared, pace, ROW_WORK.plain, (row) => {
      const value = own[row] as number;
      return (((other[row] as number) - value) / (relative ? value : 1)) ** 2;
    });
    const distance = (squares / variance / compared) * rows;
    return distance < TWIN_LIMIT ? [{ rival, distance }] : [];
  });
  return twins.reduce<Twin | null>((nearest, twin) => (nearest && nearest.distance <= twin.distance ? nearest : twin), null);
}

function columnsOf({ hypothesis }: Contender): string[] {
  return hypothesis.terms.flatMap((term) => namesIn(term, "column"));
}
