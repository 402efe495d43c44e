import { bind } from "../contract/expression.ts";
import { type Contender, contenderOf } from "./contender.ts";
import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import type { Problem } from "./problem.ts";
import { factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";
import { valuesOf } from "./values.ts";

/** Thresholds: shares of the largest part that a term has in the fit, each half of the one after it. */
const THRESHOLDS = Array.from({ length: 14 }, (_, index) => 0.5 ** (14 - index));

/**
 * Sequentially thresholded least squares (STLSQ; Brunton, Proctor & Kutz 2016) on the whole library, at the exponents and
 * under the model of a contender: terms whose part in the fit, |c| times the length of the weighted column, is below a
 * share of the largest are left out and the others fitted again, until none leaves; then the share is doubled. Of the
 * sets of terms that are few enough for a law the one with the best score is returned: a second way to the same
 * question, which is told beside the best subset. Null if none can be scored.
 */
export function sparseContender(problem: Problem, { start, design }: Contender, sample: Sample, pace: Pace): Contender | null {
  const { plan } = problem;
  const bound = Object.fromEntries(
    plan.exponents.map(({ name, values }, index) => [name, values[start.digits[index] as number] as number]),
  );
  const rows = sample.table.rows;
  const over = (values: Float64Array) =>
    mapRows(rows, pace, ROW_WORK.plain, (row) => (values[row] as number) / (design.scale[row] as number));
  const target = over(design.z);
  const columns = plan.terms.map(({ expression }) => over(valuesOf(bind(expression, bound), sample.table.columns, {}, 0, rows, pace)));
  const lengths = columns.map((column) => Math.sqrt(column.reduce((sum, value) => sum + value * value, 0)));
  let terms = [...columns.keys()].filter((term) => Number.isFinite(lengths[term]) && (lengths[term] as number) > 0);
  const sets = new Map<string, number[]>();
  for (const threshold of THRESHOLDS) {
    for (let before = -1; before !== terms.length && terms.length > 0; ) {
      before = terms.length;
      const chosen = terms;
      const solution = factorise(chosen.length, (index) => (columns[chosen[index] as number] as Float64Array).slice(), pace).solve(target);
      const parts = solution.map((coefficient, index) => Math.abs(coefficient) * (lengths[chosen[index] as number] as number));
      const least = threshold * Math.max(...parts);
      terms = chosen.filter((_, index) => (parts[index] as number) > least);
    }
    if (terms.length > 0 && terms.length <= plan.maxTerms) sets.set(terms.join(), terms);
  }
  const found = [...sets.values()].flatMap((set) => contenderOf(problem, { ...start, terms: set }, sample, pace) ?? []);
  return found.reduce<Contender | null>((best, contender) => (best && best.score <= contender.score ? best : contender), null);
}
