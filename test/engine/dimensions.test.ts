import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ColumnValues, discover, evaluate, uniforms } from "./support.ts";
import { kepler } from "./tables.ts";

const withUnits = (columns: ColumnValues, units: Record<string, string>, hypothesis: object = {}) => ({
  dataset: { source: "inline", columns, units },
  hypothesis,
});

/** Distance of free fall, with a little noise. */
function fall(rows: number): ColumnValues {
  const draw = uniforms(11);
  const t = Array.from({ length: rows }, (_, row) => 0.3 + row / 7);
  const g = t.map(() => 8 + 3 * draw());
  return { t, g, d: t.map((time, row) => (g[row] ?? 0) * time ** 2 * (0.5 + 0.002 * (draw() - 0.5))) };
}

describe("a search that keeps to the dimension of the target", () => {
  const grid = { from: -3, to: 3, step: 0.5 };
  const hypothesis = { terms: ["t^p*g^q", "t^p"], exponents: { p: grid, q: grid }, dimensions: "strict", max_terms: 1 };

  test("finds the law among the few products that are left", () => {
    const columns = fall(30);
    const { result, plan } = discover(columns, withUnits(columns, { t: "s", g: "m/s^2", d: "m" }, hypothesis));
    expect(plan.cells).toBe(13 * 13);
    expect(result).toMatchObject({ verdict: "accepted", library: { terms: 1, dimensions: "strict", excluded: ["t^p"] } });
    expect(result.law?.terms).toMatchObject([{ text: expect.stringMatching(/t\^2/), exponents: { t: 2, g: 1 } }]);
    expect(result.rivals).toEqual([]);
  });

  test("is the same for any number of pieces", () => {
    const columns = fall(30);
    const more = withUnits(columns, { t: "s", g: "m/s^2", d: "m" }, hypothesis);
    expect(discover(columns, more, 7).result).toEqual(discover(columns, more).result);
  });

  test("does not reach a law that the units deny", () => {
    const columns = fall(30);
    const { result } = discover(columns, withUnits(columns, { t: "s", g: "m/s", d: "m" }, hypothesis));
    expect(result.verdict).toBe("rejected");
    expect(result.candidate?.terms).toMatchObject([{ exponents: { t: 1, g: 1 } }]);
  });
});

describe("units and the law", () => {
  test("terms that take functions of dimensioned columns are left out and named", () => {
    const hypothesis = { terms: ["1", "a^p", "sin(a)"], dimensions: "functions" };
    expect(discover(kepler, withUnits(kepler, { a: "AU", T: "d" }, hypothesis)).result.library).toEqual({
      terms: 2,
      dimensions: "functions",
      excluded: ["sin(a)"],
    });
    expect(discover(kepler, { hypothesis: { ...hypothesis, dimensions: "off" } }).result.library).toEqual({
      terms: 3,
      dimensions: "off",
      excluded: [],
    });
  });

  test("a column in another unit has the same law", () => {
    const columns = fall(24);
    const lengths = fc.constantFrom<[string, number]>(["m", 1], ["km", 1e-3], ["cm", 100], ["ft", 1 / 0.3048], ["AU", 1 / 1.495978707e11]);
    const times = fc.constantFrom<[string, number]>(["s", 1], ["min", 1 / 60], ["ms", 1_000], ["yr", 1 / 31_557_600]);
    const rules = fc.constantFrom("functions", "strict");
    const grid = { from: -2, to: 2, step: 1 };
    fc.assert(
      fc.property(lengths, lengths, times, times, rules, ([m, metre], [m2, metre2], [s, second], [s2, second2], dimensions) => {
        const scaled = {
          t: (columns.t ?? []).map((value) => value * second),
          g: (columns.g ?? []).map((value) => (value * metre) / second2 ** 2),
          d: (columns.d ?? []).map((value) => value * metre2),
        };
        const hypothesis = { terms: ["1", "t^p*g^q", "sin(t)"], exponents: { p: grid, q: grid }, max_terms: 2, dimensions };
        const { result } = discover(scaled, withUnits(scaled, { t: s, g: `${m}/${s2}^2`, d: m2 }, hypothesis));
        expect(result.verdict).toBe("accepted");
        expect(result.law?.terms.map(({ exponents }) => exponents)).toEqual([{ t: 2, g: 1 }]);
        expect(result.library?.excluded).toEqual(dimensions === "strict" ? ["1", "sin(t)"] : ["sin(t)"]);
        const inSi = ((result.law?.terms[0]?.coefficient ?? 0) * metre * second ** 2) / second2 ** 2 / metre2;
        expect(inSi).toBeCloseTo(0.5, 2);
      }),
      { numRuns: 25 },
    );
  });
});

describe("the units of coefficients", () => {
  const lawOf = (
    law: string,
    units: Record<string, string>,
    columns: ColumnValues = { a: [1, 2, 3, 5], t: [2, 5, 4, 1], T: [3, 1, 4, 6] },
  ) => {
    const { result } = evaluate(columns, law, { dataset: { source: "inline", columns, units } });
    return result.law ?? result.candidate;
  };
  const units = { a: "AU", t: "km/s", T: "d" };

  test.each([
    ["T = 2 a^1.5", "d AU^-1.5"],
    ["T = 2 a t^-2", "d AU^-1 (km/s)^2"],
    ["T = 2 + 3 a", "d"],
    ["1/T = 2 a", "d^-1 AU^-1"],
    ["log(T) = 2 a", "AU^-1"],
    ["T = 2 a sin(t)", "d AU^-1"],
    ["T = 2 (1 + a)^2", null],
  ])("%s: %s", (law, unit) => {
    expect(lawOf(law, units)?.terms[0]?.unit).toBe(unit);
  });

  test("are not known without those of the columns, and cancel", () => {
    expect(lawOf("T = 2 a", { T: "d" })?.terms[0]?.unit).toBe(null);
    expect(lawOf("T = 2 a", { a: "d", T: "d" })?.terms[0]?.unit).toBe("");
    expect(lawOf("T = 2 a", { a: "%", T: "" })?.terms[0]?.unit).toBe("%^-1");
  });

  test("and functions of pure numbers make a law consistent", () => {
    expect(lawOf("T = 2 a^1.5", units)?.dimensions).toBe("consistent");
    expect(lawOf("T = 2 sin(a)", units)?.dimensions).toBe("inconsistent");
    expect(lawOf("T = 2 sin(a)", { T: "d" })?.dimensions).toBe(null);
    expect(lawOf("T = 2 sin(a)", {})?.dimensions).toBe(null);
  });
});
