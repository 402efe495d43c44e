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

/** How many of 30 tables of each group may be given a law that they do not show; docs/benchmarks.md has the figures of many more. */
const MOST: Record<string, number> = { "random targets": 2, "permuted targets": 2, "laws outside the library": 6 };

test.each(Object.keys(GROUPS))("few %s are accepted", (asked) => {
  const tables = kindsOf(90).filter(({ group }) => group === asked);
  const accepted = tables.filter(({ kind, number }) => judgeNegative({ kind, number: 7 + number, library: "declared" }).accepted);
  expect(accepted.length).toBeLessThanOrEqual(MOST[asked] ?? 0);
});
