import type { Reason } from "../contract/names.ts";
import type { Result } from "../contract/result.ts";
import { figure } from "./figures.ts";
import { aligned, type Paint } from "./terminal.ts";

/** What each reason of a rejection means for the reader of the result. */
const REASON_TEXT: Record<Reason, string> = {
  no_signal: "permuted targets are explained as well: no sign of a law",
  unstable: "another family of terms wins when a little noise is added",
  lack_of_fit: "the residuals keep a pattern that the law does not explain",
  holdout_disagrees: "the rows kept out of the fit are predicted worse than the noise allows",
  ambiguous: "the rows leave open which law it is; the tests below say where",
  outside_library: "there is a signal, but no law of the library has its shape",
  no_stable_components: "no family of terms is stable in every noise trial",
  no_h1: "the landscape of the fits has no loop above the threshold, and the policy asks for one",
  pi_energy_unavailable: "the landscape of the fits has no energy; topology.persistent_homology.max_dim is 0",
  pi_energy_below_threshold: "the energy of the landscape's loops is below min_pi_energy",
  topological_instability: "the energy of the landscape's loops varies more between trials than the tolerance allows",
};

/** Stands before a test that failed. */
const FAILED = "✗";

/** Of a test's figure and its limit. */
const DIGITS = 3;

/** Tables with fewer rows are always rejected. */
const FEWEST_ROWS = 5;

/** On which side of its limit the figure of each test must be, and what it says. */
export const TESTS: Record<string, { side: "at most" | "at least"; says: string }> = {
  p_value: { side: "at most", says: "how often shuffled targets are explained as well" },
  lack_of_fit: { side: "at most", says: "pattern left in the residuals, in units of their scatter" },
  holdout: { side: "at most", says: "squared error on the rows kept out, in units of the others'" },
  stability: { side: "at least", says: "share of noise trials that find the same law" },
  constants: { side: "at least", says: "least certain constant, in half widths of its interval" },
  rows: { side: "at least", says: "rows, for as many constants" },
  lead: { side: "at least", says: "by how much the best law of another kind scores worse" },
  points: { side: "at least", says: "different rows of the inputs, for as many constants" },
  likeness: { side: "at most", says: "correlation of a column of the law with another input, squared" },
  exponents: { side: "at least", says: "how far off a simpler exponent is, in half widths of its interval" },
  twin: { side: "at least", says: "what the nearest law of other columns says differently, in squared units of the noise" },
  reselection: { side: "at least", says: "share of tables drawn from the law that lead back to it" },
  stable_components: { side: "at least", says: "patterns of terms that every noise level keeps" },
  significant_h1: { side: "at least", says: "loops of the landscape above the threshold" },
  pi_energy: { side: "at least", says: "mean energy of those loops" },
  pi_energy_cv: { side: "at most", says: "how much that energy varies between trials" },
};

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
