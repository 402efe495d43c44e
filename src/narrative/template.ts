import type { Law, Result } from "../contract/result.ts";
import { REASON_TEXT, TESTS } from "../contract/wording.ts";

/** The verdict in one line, which heads every narrative, whoever words the rest. */
export function headline({ kind, verdict, law }: Result): string {
  if (verdict === "accepted") return `**Accepted**${law ? `: ${code(law.text)}` : ""}`;
  const what = kind === "evaluate" ? "the given law is not supported by this table" : "no law is supported by this table";
  return verdict === "inconclusive" ? `**Inconclusive**: ${what}, nor ruled out by it` : `**Rejected**: ${what}`;
}

/** What a result says, in paragraphs for people. The same result gives the same text. */
export function templateOf(result: Result): string {
  const law = result.law ?? result.candidate;
  return [
    opening(result, law),
    ...(result.reasons.length > 0
      ? [`What speaks against it:\n\n${bullets(result.reasons.map((reason) => `${REASON_TEXT[reason]} (${code(reason)})`))}`]
      : []),
    fitText(result),
    ...(law && law.terms.length > 0 ? [`Its constants:\n\n${bullets(law.terms.map(termText))}`] : []),
    ...(Object.keys(result.margins).length > 0 ? [`The tests that decided:\n\n${bullets(testLines(result))}`] : []),
    ...(result.predictions ? [predictionText(result.predictions)] : []),
  ].join("\n\n");
}

function opening({ kind, law, method }: Result, shown: Law | undefined): string {
  const by = method.name === "tgefd-v1" ? "By the policy of TGEFD, the" : "The";
  if (law) {
    const found = kind === "evaluate" ? "given law passed every test" : "search found a law that passed every test";
    return `${by} ${found}: it gives ${code(law.target)} from the other columns, with ${law.noise} noise.`;
  }
  if (!shown) return `${by} ${kind === "evaluate" ? "given law" : "search"} left no candidate to speak of.`;
  const best = kind === "evaluate" ? "given law" : "best candidate";
  return `${by} ${best} was ${code(shown.text)}. It did not pass every test, so it is not a finding.`;
}

function fitText({ fit, p_value: p, stability }: Result): string {
  return [
    `Over ${fit.rows} rows its root mean square error is ${figure(fit.rmse)} in the unit of the target, and R² is ${explained(fit.r2)}.`,
    ...(fit.holdout_rmse === null ? [] : [`On the rows kept out of the search the error is ${figure(fit.holdout_rmse)}.`]),
    ...(p === null ? [] : [`The share of shuffled targets that are explained as well is ${figure(p)}.`]),
    ...(stability.trials === 0
      ? []
      : [`With noise added, ${stability.kept} of ${stability.trials} trials led to the same family of terms.`]),
  ].join(" ");
}

function termText({ text, coefficient, interval, unit }: Law["terms"][number]): string {
  const range = interval ? `, with 95 % confidence between ${figure(interval[0])} and ${figure(interval[1])}` : ", as given";
  return `${text === "1" ? "the constant" : `the coefficient of ${code(text)}`} is ${figure(coefficient, 6)}${unit ? ` ${unit}` : ""}${range}`;
}

function testLines({ margins }: Result): string[] {
  return Object.entries(margins).map(([name, { value, limit }]) => {
    const test = TESTS[name];
    return `${test?.says ?? code(name)}: ${figure(value)}, ${test?.side ?? "with the limit"} ${figure(limit)}`;
  });
}

function predictionText({ rows, outside, notes }: NonNullable<Result["predictions"]>): string {
  return [`It was applied to ${rows} further rows, ${outside} of them outside the range of the dataset.`, ...notes].join(" ");
}

/** R², with two digits of what it lacks to 1: a fit that is nearly perfect is not called perfect. */
function explained(r2: number): string {
  const lack = 1 - r2;
  return lack > 0 && lack < 1 ? String(Number(r2.toFixed(Math.min(Math.max(1 + Math.ceil(-Math.log10(lack)), 4), 17)))) : figure(r2);
}

/** So many significant digits, and all before the decimal point. */
function figure(value: number, digits = 4): string {
  const whole = value === 0 ? 0 : Math.ceil(Math.log10(Math.abs(value)));
  return String(Number(value.toPrecision(Math.min(Math.max(digits, whole), 100))));
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** Names of columns come from the request: as code they are no markup. */
function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}
