import { describe, expect, test } from "vitest";
import { GROUPS, judgeNegative, kindsOf } from "../../bench/engine/negatives.ts";
import { recover, SETS } from "../../bench/engine/recovery.ts";

const DRAW = { level: 0.01, seed: 7, rows: 200, library: "declared" } as const;

describe("at 1 % noise, with a declared library", () => {
  test.each(SETS.dev.map(({ name }, problem) => ({ name, problem })))("$name is recovered and accepted", ({ problem }) => {
    const { right, accepted, found } = recover({ ...DRAW, set: "dev", problem, jitter: 0 });
    expect({ right, accepted, found }).toMatchObject({ right: true, accepted: true });
  });

  test("so are 19 of 20 problems that no rule was chosen on", () => {
    const found = SETS.held.map((_, problem) => recover({ ...DRAW, set: "held", problem, jitter: 0.2 }));
    expect(found.filter(({ right }) => right).length).toBeGreaterThanOrEqual(19);
  });
});

test("of 90 tables without a law in the library, at most 3 of each third are given one", () => {
  const accepted = kindsOf(90).filter(({ kind, number }) => judgeNegative({ kind, number: 7 + number, library: "declared" }).accepted);
  for (const group of Object.keys(GROUPS)) expect(accepted.filter((table) => table.group === group).slice(3)).toEqual([]);
});
