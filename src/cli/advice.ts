import type { Reason } from "../contract/names.ts";
import type { Evidence, Result, ShownRows } from "../contract/result.ts";
import { TESTS } from "../contract/wording.ts";
import { figure, labelled } from "./figures.ts";
import { hasTooFewRows } from "./verdict.ts";

/** What is known of the rows behind a result. */
export type Rows = ShownRows & Partial<Pick<Evidence, "inputs">>;

/** The axis of a law with several inputs. */
export const FITTED = "fitted value";

/** What to do about each reason of a rejection. */
const REMEDIES: Record<Reason, string> = {
  no_signal: "Is it the right target (--target)? Does the table hold what the target depends on? If so, more rows may show it.",
  unstable: "The rivals are nearly as good: ask for fewer terms (--max-terms), or name the library that you believe in (--terms).",
  lack_of_fit: "The residuals of the plot have a shape: it tells which term the law lacks, or where it ends.",
  holdout_disagrees: "The rows marked x in the plot are off: is one of them an outlier, or has the law too many terms?",
  ambiguous: "More rows, where the rivals differ most, would decide; so would a smaller library.",
  no_stable_components: "The policy of TGEFD judges the search's own grid; method v2 judges the law.",
  no_h1: "The policy of TGEFD judges the search's own grid; method v2 judges the law.",
  pi_energy_unavailable: "Raise topology.persistent_homology.max_dim to 1, or use method v2.",
  pi_energy_below_threshold: "The policy of TGEFD judges the search's own grid; method v2 judges the law.",
  topological_instability: "The policy of TGEFD judges the search's own grid; method v2 judges the law.",
  outside_library: "Name functions that could be behind the target (--terms), or a wider grid (--exponent).",
};

/** The same where the law was given, so that nothing was searched. */
const OF_GIVEN: Partial<Record<Reason, string>> = {
  no_signal: "Is it the right target, and the right law? Shuffled values of the target fit it as well.",
  ambiguous: "A constant is hardly told from zero: leave its term out, or send more rows.",
};

/** Below this many rows, a handful of them decides everything. */
const FEW_ROWS = 12;
/** Half an interval over its coefficient from which on the constant is hardly known. */
const WIDE = 0.1;
/** Share of a limit from which on its test was passed narrowly. */
const NARROW = 0.8;

/** What a careful reader of this result looks at next, the most important first. */
export function adviceLines(result: Result, evidence: Rows | undefined): string[] {
  if (result.verdict !== "accepted") {
    if (hasTooFewRows(result)) return ["More rows; with so few, chance cannot be ruled out."];
    if (result.kind === "evaluate") return [...result.reasons.map((reason) => OF_GIVEN[reason] ?? REMEDIES[reason]), nextLaw(result)];
    return result.reasons.map((reason) => REMEDIES[reason]);
  }
  return [rangeOf(evidence), rivals(result), fewRows(result), leastChance(result), wideIntervals(result), narrowTests(result)].flat();
}

/** What to try after a given law was not accepted: constants that were kept can be to blame, else it is the form. */
function nextLaw({ candidate }: Result): string {
  return candidate?.terms.every(({ interval }) => interval === null)
    ? "--refit fits the constants to these rows: does the form hold with others?"
    : "npx orrery discover looks for another form in the same table.";
}

function rangeOf(evidence: Rows | undefined): string[] {
  if (!evidence) return [];
  const single = { name: evidence.axis, unit: evidence.axis_unit, values: evidence.x };
  const seen = (evidence.axis === FITTED ? (evidence.inputs ?? []) : [single]).map(({ name, unit, values }) => {
    const [least, most] = values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)] as const, [Infinity, -Infinity] as const);
    return `${labelled(name, unit)} from ${figure(least)} to ${figure(most)}`;
  });
  return seen.length === 0 ? [] : [`Range: seen for ${seen.join(", ")}; beyond that it is a guess.`];
}

/** Evaluate is told one law, so that it cannot know of others. */
function rivals({ kind }: Result): string[] {
  return kind === "evaluate" ? ["Rivals: this law alone was tested; whether another fits as well, discover says."] : [];
}

function fewRows({ fit }: Result): string[] {
  return fit.rows < FEW_ROWS ? [`Rows: there are only ${fit.rows}, so the hold-out test rests on very few.`] : [];
}

/** A permutation test of n shuffles knows no chance below 1 / (n + 1), and a limit asks for just enough of them. */
function leastChance({ p_value: p, margins }: Result): string[] {
  const limit = margins.p_value?.limit;
  if (p === null || limit === undefined || Math.abs(p * Math.ceil(1 / limit) - 1) > 1e-6) return [];
  return [
    `Chance: p = ${figure(p, 3)} is the least that so many shuffles can show; --false-acceptance ${figure(limit / 10, 2)} makes more.`,
  ];
}

function wideIntervals({ law }: Result): string[] {
  const wide = (law?.terms ?? []).flatMap(({ text, coefficient, interval }) => {
    const share = interval ? (interval[1] - interval[0]) / 2 / Math.abs(coefficient) : 0;
    return share >= WIDE ? [`${text === "1" ? "the constant" : `the coefficient of ${text}`} to ±${figure(share * 100, 2)} %`] : [];
  });
  return wide.length > 0 ? [`Constants: these rows give ${wide.join(" and ")} only.`] : [];
}

/** The p-value, a count of few shuffles, and the constants have lines of their own. */
function narrowTests({ margins }: Result): string[] {
  return Object.entries(margins).flatMap(([test, { value, limit }]) => {
    if (test === "p_value" || test === "constants") return [];
    const side = TESTS[test]?.side;
    // What must stay below its limit is a ratio of variances, about 1 for a right law.
    const narrow = side === "at most" ? value - 1 > NARROW * (limit - 1) : side === "at least" && NARROW * value < limit;
    return narrow ? [`${test}: passed narrowly, ${figure(value, 3)} of ${side} ${figure(limit, 3)}.`] : [];
  });
}
