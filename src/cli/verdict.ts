import type { Result } from "../contract/result.ts";
import { REASON_TEXT, TESTS } from "../contract/wording.ts";
import { figure } from "./figures.ts";
import { aligned, type Paint } from "./terminal.ts";

/** Stands before a test that failed. */
const FAILED = "✗";

/** Of a test's figure and its limit. */
const DIGITS = 3;

/** Tables with fewer rows are always rejected. */
const FEWEST_ROWS = 5;

/** The verdict with its reasons and, for each test, which side of its limit the value must be on. */
export function verdictLines(result: Result, paint: Paint): string[] {
  const { verdict, reasons, margins, method } = result;
  const rows = Object.entries(margins).map(([test, { value, limit }]) => [
    test,
    figure(value, DIGITS),
    `${TESTS[test]?.side ?? "limit"} ${figure(limit, DIGITS)}`,
    TESTS[test]?.says ?? "",
  ]);
  const failed = Object.entries(margins).map(([test, margin]) => hasFailed(test, margin));
  const marked = failed.includes(true) ? rows.map((row, index) => [failed[index] ? FAILED : "", ...row]) : rows;
  return [
    paint([verdict === "accepted" ? "green" : "yellow", "bold"], verdict),
    ...reasons.flatMap((reason) => [`${reason}: ${REASON_TEXT[reason]}`, ...(reason === "ambiguous" ? rivalLines(result) : [])]),
    ...(verdict !== "accepted" && method.name === "v2" && hasTooFewRows(result)
      ? [`With ${result.fit.rows} rows no law can be accepted at this rate; send more rows.`]
      : []),
    ...(method.name === "tgefd-v1"
      ? ["By the policy of TGEFD, which accepts noise at least as often as a law; decide with method v2."]
      : []),
    ...aligned(marked).map((line) => (line.startsWith(FAILED) ? paint("bold", line) : line)),
  ];
}

function hasFailed(test: string, { value, limit }: Result["margins"][string]): boolean {
  const side = TESTS[test]?.side;
  return side === "at most" ? value > limit : side === "at least" && value < limit;
}

/** The other law that the rows leave open, where it is another law that does and not a weak constant or too few rows. */
function rivalLines({ margins: { lead, reselection }, rivals }: Result): string[] {
  const close = lead && hasFailed("lead", lead);
  if (!close && !(reselection && hasFailed("reselection", reselection))) return [];
  // The nearest rivals may say the same in more words; the lead is over the first that does not.
  const rival = rivals.find(({ score_difference: worse }) => lead && Math.abs(worse - lead.value) <= 1e-9 * Math.abs(lead.value));
  return rival ? [`rival: ${rival.text} scores only ${figure(rival.score_difference, DIGITS)} worse`] : [];
}

/** Whether even a target that no permutation matches has a p-value above its limit: n rows have n! orders. */
export function hasTooFewRows({ fit, margins }: Result): boolean {
  if (fit.rows < FEWEST_ROWS) return true;
  let orders = 1;
  for (let factor = 2; factor <= fit.rows && Number.isFinite(orders); factor += 1) orders *= factor;
  return 1 / orders > (margins.p_value?.limit ?? 1);
}
