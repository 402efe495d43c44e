import { expect, test } from "vitest";
import { adviceLines } from "../../src/cli/advice.ts";
import type { Law, Result } from "../../src/contract/result.ts";
import { EVIDENCE, RESULT } from "./planets.ts";

const LAW = RESULT.law as Law;

/** A result with nothing to add but where the law was seen. */
const CALM: Result = { ...RESULT, p_value: 0.001, fit: { ...RESULT.fit, rows: 200 } };
const RANGE = "Range: seen for a (AU) from 0.387 to 30.07; beyond that it is a guess.";

function termOf(text: string, coefficient: number, interval: [number, number]): Law["terms"][number] {
  return { text, coefficient, interval, exponents: {}, exponent_intervals: {} };
}

test.each<[string, Partial<Result>, RegExp[]]>([
  ["a law without a doubt", {}, []],
  ["few rows", { fit: { ...RESULT.fit, rows: 8 } }, [/^Rows: there are only 8/]],
  [
    "as little chance as 39 shuffles can show",
    { p_value: 1 / 40, margins: { p_value: { value: 1 / 40, limit: 0.025 } } },
    [/^Chance: p = 0.025 .*0.0025/],
  ],
  [
    "wide intervals",
    { law: { ...LAW, terms: [termOf("1", 10, [9.5, 10.5]), termOf("x", -40, [-50, -30])] } },
    [/^Constants: .* the coefficient of x to ±25 % only/],
  ],
  ["a rival as good", { margins: { lead: { value: 3.2, limit: 3 } } }, [/^lead: .* 3.2 of at least 3/]],
  ["a rival that is worse", { margins: { lead: { value: 3.8, limit: 3 } } }, []],
  ["a ratio near 1 under a limit near 1", { margins: { holdout: { value: 1.08, limit: 1.32 } } }, []],
  ["a test passed narrowly", { margins: { lack_of_fit: { value: 6.08, limit: 6.81 } } }, [/^lack_of_fit: .* 6.08 of at most 6.81/]],
])("the reader of %s is told what to look at", (_, change, expected) => {
  const lines = adviceLines({ ...CALM, ...change }, EVIDENCE);
  expect(lines).toEqual([RANGE, ...expected.map((pattern) => expect.stringMatching(pattern))]);
});

test("a law of several inputs was seen in a range of each", () => {
  const inputs = [
    { name: "x", unit: "m", values: [3, 1, 2] },
    { name: "y", unit: null, values: [-1, 0.5] },
  ];
  const several = { ...EVIDENCE, axis: "fitted value", axis_unit: "d" };
  expect(adviceLines(CALM, { ...several, inputs })).toEqual([
    "Range: seen for x (m) from 1 to 3, y from -1 to 0.5; beyond that it is a guess.",
  ]);
  expect(adviceLines(CALM, several)).toEqual([]);
  expect(adviceLines(CALM, undefined)).toEqual([]);
});

test("a given law that is not accepted has advice of its own, and what to try next", () => {
  const { law: _, ...rest } = CALM;
  const given = { ...LAW, terms: LAW.terms.map((term) => ({ ...term, interval: null })) };
  const rejected = (candidate: Law): Result => ({ ...rest, kind: "evaluate", verdict: "rejected", reasons: ["ambiguous"], candidate });
  expect(adviceLines(rejected(given), EVIDENCE)).toEqual([expect.stringMatching(/^A constant/), expect.stringMatching(/^--refit/)]);
  expect(adviceLines(rejected(LAW), EVIDENCE)[1]).toMatch(/^npx orrery discover/);
});

test("each reason of a rejection comes with a remedy, and too few rows with that alone", () => {
  const rejected: Result = { ...CALM, verdict: "rejected", reasons: ["lack_of_fit", "unstable"] };
  expect(adviceLines(rejected, EVIDENCE)).toEqual([expect.stringMatching(/^The residuals/), expect.stringMatching(/^The rivals/)]);
  expect(adviceLines({ ...rejected, fit: { ...RESULT.fit, rows: 4 } }, EVIDENCE)).toEqual([expect.stringMatching(/^More rows/)]);
});
