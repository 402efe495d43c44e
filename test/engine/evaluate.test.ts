import { describe, expect, test } from "vitest";
import { OrreryError } from "../../src/contract/errors.ts";
import { result as resultSchema } from "../../src/contract/result.ts";
import { discover, evaluate, uniforms } from "./support.ts";
import { balmer, kepler } from "./tables.ts";

function codeOf(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    if (error instanceof OrreryError) return [error.code, error.message];
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an evaluate job", () => {
  test("accepts Kepler's law with its constant as given", () => {
    const { result } = evaluate(kepler, "T = 365.2*a^1.5");
    expect(resultSchema.parse(result)).toEqual(result);
    expect(result).toMatchObject({
      verdict: "accepted",
      p_value: 0.025,
      stability: { trials: 0, share: null },
      law: { text: "T = 365.2 a^1.5", terms: [{ coefficient: 365.2, interval: null }] },
    });
  });

  test("rejects a proportional law, and a power that is slightly off, for lack of fit", () => {
    expect(evaluate(kepler, "T = 100*a").result).toMatchObject({
      verdict: "rejected",
      reasons: ["lack_of_fit"],
      candidate: { text: "T = 100 a" },
    });
    expect(evaluate(kepler, "T = 365.25 a^1.53").result.reasons).toContain("lack_of_fit");
  });

  test("fits the constants to the data when asked, with intervals", () => {
    const { result } = evaluate(kepler, "T = a^1.5", { constants: "refit" });
    expect(result).toMatchObject({ verdict: "accepted", law: { text: "T = 365.2 a^1.5" } });
    const [low, high] = result.law?.terms[0]?.interval ?? [0, 0];
    expect([low < 365.25, high > 365.25]).toEqual([true, true]);
  });

  test("agrees with discover on the law that discover found", () => {
    const found = discover(kepler).result;
    const given = evaluate(kepler, found.law?.text ?? "", { constants: "refit" }).result;
    expect(given.law?.terms[0]?.coefficient).toBe(found.law?.terms[0]?.coefficient);
    expect(given.fit).toEqual(found.fit);
  });

  test("reads a law of the reciprocal of the target", () => {
    const { result } = evaluate(balmer, "1/L = 1 + n^-2", { constants: "refit" });
    expect(result).toMatchObject({ verdict: "accepted", law: { transform: "reciprocal", text: "1/L = 0.002742737 - 0.01097097 n^-2" } });
  });

  test("finds no signal in a law about noise, or about nothing", () => {
    const draw = uniforms(1);
    const x = Array.from({ length: 30 }, draw);
    const y = x.map(() => 1 + draw());
    expect(evaluate({ x, y }, "y = x", { constants: "refit" }).result.reasons).toContain("no_signal");
    expect(evaluate({ x, y }, "y = 1.5").result).toMatchObject({ verdict: "rejected", p_value: 1 });
    expect(evaluate({ x: [1, 2, 3], y: [2, 4, 6] }, "y = 2 x").result).toMatchObject({ reasons: ["no_signal"], p_value: null });
  });

  test("refuses a law without a finite value on some row, and names the row", () => {
    const table = { x: [1, 2, 0, 4, 5, 6], y: [1, 2, 3, 4, 5, 7] };
    expect(codeOf(() => evaluate(table, "y = 1/x"))).toEqual([
      "law_not_finite",
      expect.stringMatching(/is Infinity on row 3, where x = 0/),
    ]);
    expect(codeOf(() => evaluate(table, "y = log(x)", { constants: "refit" }))[0]).toBe("law_not_finite");
    expect(codeOf(() => evaluate({ ...table, y: [1, 2, -3, 4, 5, 7] }, "log(y) = x"))).toEqual([
      "law_not_finite",
      expect.stringMatching(/row 3 does not have: it is -3/),
    ]);
  });

  test("refuses to fit terms that the data cannot tell apart", () => {
    const table = { x: [1, 2, 3, 4, 5, 6], z: [2, 4, 6, 8, 10, 12], y: [1, 2, 3, 4, 5, 7] };
    expect(codeOf(() => evaluate(table, "y = x + z", { constants: "refit" }))).toEqual([
      "collinear_terms",
      expect.stringMatching(/the term z is a combination of the others/),
    ]);
  });
});
