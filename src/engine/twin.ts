import { namesIn } from "../contract/expression.ts";
import type { Contender } from "./contender.ts";
import { type Pace, ROW_WORK, sumRows } from "./control.ts";
import { predictions } from "./fit.ts";
import type { Sample } from "./sample.ts";

/** A rival that says with other columns what the law says. */
export interface Twin {
  rival: Contender;
  /** Square sum, over the rows, of what the two say differently, in standard deviations of the noise of each. */
  distance: number;
}

/**
 * The rival nearest to a law among those that do without one of its columns. Their likelihoods differ by about the
 * distance, so below 1 the rows do not say which columns are meant, as with z = x^2 beside x: only the prices of the two
 * would. A rival with the same columns, such as another exponent, is what intervals are for, and one with further columns
 * as well says more. Null without any.
 */
export function twinOf(law: Contender, rivals: readonly Contender[], sample: Sample, pace: Pace): Twin | null {
  const { rows } = sample.table;
  const variance = law.fit.rss / Math.max(1, law.fit.freedom);
  const own = predictions(law.design, law.fit.coefficients, pace);
  const relative = law.hypothesis.model.noise === "relative";
  let nearest: Twin | null = null;
  for (const rival of rivals) {
    const columns = new Set(columnsOf(rival));
    if (columnsOf(law).every((name) => columns.has(name))) continue;
    const other = predictions(rival.design, rival.fit.coefficients, pace);
    const squares = sumRows(rows, pace, ROW_WORK.plain, (row) => {
      const value = own[row] as number;
      return (((other[row] as number) - value) / (relative ? value : 1)) ** 2;
    });
    const distance = squares / variance;
    if (!nearest || distance < nearest.distance) nearest = { rival, distance };
  }
  return nearest;
}

function columnsOf({ hypothesis }: Contender): string[] {
  return hypothesis.terms.flatMap((term) => namesIn(term, "column"));
}
