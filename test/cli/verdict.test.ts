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
