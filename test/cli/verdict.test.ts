import { expect, test } from "vitest";
import { verdictLines } from "../../src/cli/verdict.ts";
import type { Result } from "../../src/contract/result.ts";
import { RESULT } from "./planets.ts";

const plain = (_style: unknown, text: string) => text;

test("each test shows which side of its limit the value must be on", () => {
  expect(verdictLines(RESULT, plain)).toEqual([
    "accepted",
    "p_value    0.0031  at most 0.025  how often shuffled targets are explained as well",
    "stability       1  at least 0.8   share of noise trials that find the same law",
  ]);
});

test("a rejection marks the tests that failed, and names the rival that is too near", () => {
  const result: Result = {
    ...RESULT,
    verdict: "rejected",
    reasons: ["ambiguous"],
    margins: { p_value: { value: 0.025, limit: 0.025 }, lead: { value: 1.2, limit: 3 }, reselection: { value: 0.5, limit: 0.5 } },
    rivals: [
      { text: "T = 365 a^1.5 + 0 a", score_difference: 0.4 },
      { text: "1/T = 0.0027 a^-1.5", score_difference: 1.2 },
    ],
  };
  const weak = { ...result.margins, lead: { value: 9, limit: 3 }, constants: { value: 2, limit: 4 } };
  const bold: string[] = [];
  const lines = verdictLines(result, (style, text) => {
    if (style === "bold") bold.push(text);
    return text;
  });
  expect(lines.slice(2)).toEqual([
    "rival: 1/T = 0.0027 a^-1.5 scores only 1.2 worse",
    "   p_value      0.025  at most 0.025  how often shuffled targets are explained as well",
    "✗  lead           1.2  at least 3     by how much the best law of another kind scores worse",
    "   reselection    0.5  at least 0.5   share of tables drawn from the law that lead back to it",
  ]);
  expect(bold).toEqual(lines.filter((line) => line.startsWith("✗")));
  const other = verdictLines({ ...result, margins: weak }, plain);
  expect(other.join("\n")).not.toContain("rival:");
  expect(other.filter((line) => line.startsWith("✗"))).toEqual([expect.stringContaining("constants")]);
});

const TOO_FEW = "no law can be accepted at this rate; send more rows.";

test.each([
  ["discover", 4, 0.025, true],
  ["discover", 5, 0.025, false],
  ["discover", 5, 0.005, true],
  ["evaluate", 5, 0.025, false],
  ["evaluate", 5, 0.005, true],
  ["evaluate", 4, 0.5, true],
] as const)("%s on %i rows at %d: hopeless is %s", (kind, rows, limit, hopeless) => {
  const result: Result = {
    ...RESULT,
    kind,
    verdict: "rejected",
    reasons: ["no_signal"],
    margins: { p_value: { value: 0.6, limit } },
    fit: { ...RESULT.fit, rows },
  };
  expect(verdictLines(result, plain).join("\n").includes(`With ${rows} rows ${TOO_FEW}`)).toBe(hopeless);
});
