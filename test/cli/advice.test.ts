import { expect, test } from "vitest";
import { adviceLines } from "../../src/cli/advice.ts";
import { unitOfTerm, unitsOf } from "../../src/cli/units.ts";
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
  ["a rival as good", { rivals: [{ text: "T = a^2", score_difference: 0.594 }] }, [/^Rival: T = a\^2 scores only 0.59 worse/]],
  ["a rival that is worse", { rivals: [{ text: "T = a^2", score_difference: 2.1 }] }, []],
  ["a test passed narrowly", { margins: { lack_of_fit: { value: 6.08, limit: 6.81 } } }, [/^lack_of_fit: .* 6.08 of at most 6.81/]],
])("the reader of %s is told what to look at", (_, change, expected) => {
  const lines = adviceLines({ ...CALM, ...change }, EVIDENCE);
  expect(lines).toEqual([RANGE, ...expected.map((pattern) => expect.stringMatching(pattern))]);
});

test("a law of several inputs is not said to have a range", () => {
  expect(adviceLines(CALM, { ...EVIDENCE, axis: "fitted value", axis_unit: "d" })).toEqual([]);
  expect(adviceLines(CALM, undefined)).toEqual([]);
});

test("each reason of a rejection comes with a remedy, and too few rows with that alone", () => {
  const rejected: Result = { ...CALM, verdict: "rejected", reasons: ["lack_of_fit", "unstable"] };
  expect(adviceLines(rejected, EVIDENCE)).toEqual([expect.stringMatching(/^The residuals/), expect.stringMatching(/^The rivals/)]);
  expect(adviceLines({ ...rejected, fit: { ...RESULT.fit, rows: 4 } }, EVIDENCE)).toEqual([expect.stringMatching(/^More rows/)]);
});

test.each<[Law["transform"], Record<string, number>, string]>([
  ["identity", { a: 1.5 }, "d AU^-1.5"],
  ["identity", {}, "d"],
  ["identity", { a: -2, b: 1 }, "d AU^2"],
  ["reciprocal", { a: 1 }, "d^-1 AU^-1"],
  ["log", { b: 1 }, ""],
])("the coefficient of a term under %s with %j has the unit %j", (transform, exponents, unit) => {
  expect(unitOfTerm({ ...LAW, transform }, { ...termOf("", 1, [0, 2]), exponents }, unitsOf(EVIDENCE))).toBe(unit);
});

test("a unit of several parts is bracketed before it is raised", () => {
  const units = { T: "kcal/d", a: "km/s" };
  expect(unitOfTerm(LAW, { ...termOf("", 1, [0, 2]), exponents: { a: 0.75 } }, units)).toBe("kcal/d (km/s)^-0.75");
});
