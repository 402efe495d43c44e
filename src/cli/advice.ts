import type { Reason } from "../contract/names.ts";
import type { Result, ShownRows } from "../contract/result.ts";
import { figure, labelled } from "./figures.ts";
import { hasTooFewRows } from "./verdict.ts";

/** What to do about each reason of a rejection. */
const REMEDIES: Record<Reason, string> = {
  no_signal: "Is it the right target (--target)? Does the table hold what the target depends on? If so, more rows may show it.",
  unstable: "The rivals are nearly as good: ask for fewer terms (--max-terms), or name the library that you believe in (--terms).",
  lack_of_fit: "The residuals of the plot have a shape: it tells which term the law lacks, or where it ends.",
  holdout_disagrees: "The rows marked x in the plot are off: is one of them an outlier, or has the law too many terms?",
  ambiguous: "The rivals explain these rows as well; rows where they differ most would decide.",
  outside_library: "Name functions that could be behind the target (--terms), or a wider grid (--exponent).",
};

/** Below this many rows, a handful of them decides everything. */
const FEW_ROWS = 12;
/** Half an interval over its coefficient from which on the constant is hardly known. */
const WIDE = 0.1;
/** Rivals that score worse by less than this explain the rows as well, by the usual reading of information criteria (Burnham & Anderson 2002). */
const CLOSE = 2;
/** Share of its limit from which on a test was passed narrowly. */
const NARROW = 0.8;

/** What a careful reader of this result looks at next, the most important first. */
export function adviceLines(result: Result, evidence: ShownRows | undefined): string[] {
  if (result.verdict !== "accepted") {
    return hasTooFewRows(result)
      ? ["More rows; with so few, chance cannot be ruled out."]
      : result.reasons.map((reason) => REMEDIES[reason]);
  }
  return [rangeOf(evidence), fewRows(result), leastChance(result), wideIntervals(result), closeRival(result), narrowTests(result)].flat();
}

function rangeOf(evidence: ShownRows | undefined): string[] {
  // With several inputs the axis is the fitted value, which says nothing of where the inputs were seen.
  if (!evidence || evidence.axis === "fitted value") return [];
  const [least, most] = evidence.x.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)] as const, [
    Infinity,
    -Infinity,
  ] as const);
  return [
    `Range: seen for ${labelled(evidence.axis, evidence.axis_unit)} from ${figure(least)} to ${figure(most)}; beyond that it is a guess.`,
  ];
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

function closeRival({ rivals }: Result): string[] {
  const [rival] = rivals;
  return rival && rival.score_difference < CLOSE
    ? [`Rival: ${rival.text} scores only ${figure(rival.score_difference, 2)} worse; these rows do not decide between the two.`]
    : [];
}

function narrowTests({ margins }: Result): string[] {
  const narrow = Object.entries(margins).filter(
    ([test, { value, limit }]) => (test === "lack_of_fit" || test === "holdout") && value > NARROW * limit,
  );
  return narrow.map(([test, { value, limit }]) => `${test}: passed narrowly, ${figure(value, 3)} of at most ${figure(limit, 3)}.`);
}
