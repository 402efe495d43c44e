import type { Reason } from "../contract/names.ts";
import type { Result } from "../contract/result.ts";
import { figure } from "./figures.ts";
import { aligned, type Paint } from "./terminal.ts";

/** What each reason of a rejection means for the reader of the result. */
const REASON_TEXT: Record<Reason, string> = {
  no_signal: "permuted targets are explained as well: no sign of a law",
  unstable: "another family of terms wins when a little noise is added",
  lack_of_fit: "the residuals keep a pattern that the law does not explain",
  holdout_disagrees: "the rows kept out of the search are predicted worse than the noise allows",
  ambiguous: "another law explains the data as well; see the rivals",
  outside_library: "no law of the given library fits; add terms or a wider exponent grid",
};

/** Of a test's figure and its limit. */
const DIGITS = 3;

/** Tables with fewer rows are always rejected. */
const FEWEST_ROWS = 5;

/** What the figure of each test says. */
const TEST_TEXT: Record<string, string> = {
  p_value: "how often shuffled targets are explained as well",
  lack_of_fit: "pattern left in the residuals, in units of their scatter",
  holdout: "squared error on the rows kept out, in units of the others'",
  stability: "share of noise trials that find the same law",
  reselection: "share of tables drawn from the law that lead back to it",
};

/** Tests of a share that was kept; all others measure a fault. */
const SHARES: readonly string[] = ["stability", "reselection"];

/** The verdict with its reasons and, for each test, which side of its limit the value must be on. */
export function verdictLines(result: Result, paint: Paint): string[] {
  const { verdict, reasons, margins } = result;
  const rows = Object.entries(margins).map(([test, { value, limit }]) => [
    test,
    figure(value, DIGITS),
    `${SHARES.includes(test) ? "at least" : "at most"} ${figure(limit, DIGITS)}`,
    TEST_TEXT[test] ?? "",
  ]);
  return [
    paint([verdict === "accepted" ? "green" : "yellow", "bold"], verdict),
    ...reasons.map((reason) => `${reason}: ${REASON_TEXT[reason]}`),
    ...(verdict !== "accepted" && hasTooFewRows(result)
      ? [`With ${result.fit.rows} rows no law can be accepted at this rate; send more rows.`]
      : []),
    ...aligned(rows),
  ];
}

/** Whether even a target that no permutation matches has a p-value above its limit: n rows have n! orders. */
export function hasTooFewRows({ kind, fit, margins }: Result): boolean {
  if (fit.rows < FEWEST_ROWS) return true;
  // A search permutes the rows that are not held out, which is all but one at most.
  const permuted = kind === "discover" ? fit.rows - 1 : fit.rows;
  let orders = 1;
  for (let factor = 2; factor <= permuted && Number.isFinite(orders); factor += 1) orders *= factor;
  return 1 / orders > (margins.p_value?.limit ?? 1);
}
