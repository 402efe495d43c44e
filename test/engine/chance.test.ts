import { describe, expect, test } from "vitest";
import { normalQuantile } from "../../src/engine/distributions.ts";
import { discover, evaluate, uniforms } from "./support.ts";

describe("a search under models of which none weighs rows alike", () => {
  const lens = (seed: number, rows = 30) => {
    const draw = uniforms(seed);
    const x = Array.from({ length: rows }, () => 0.5 + 3 * draw());
    return { x, y: x.map((value) => (1 / (0.5 + 2 * value)) * (1 + 0.01 * normalQuantile(draw()))) };
  };
  const reciprocal = {
    hypothesis: { terms: ["1", "x", "x^p"], exponents: { p: { from: -2, to: 2, step: 0.5 } }, transforms: ["reciprocal"] },
  };

  test("has a permutation null, and accepts a law of 1/y", () => {
    const { result, found, plan } = discover(lens(5), reciprocal);
    expect(found.nulls.length).toBe(39);
    expect(found.fits).toBeLessThanOrEqual(plan.fits);
    expect(result).toMatchObject({ verdict: "accepted", p_value: 0.025, law: { transform: "reciprocal" } });
    expect(result.law?.terms.map(({ text }) => text)).toEqual(["1", "x"]);
  });

  test("has the p-value of its nominal rate on noise", () => {
    const values = Array.from({ length: 60 }, (_, seed) => {
      const draw = uniforms(1_000 + seed);
      const x = Array.from({ length: 20 }, draw);
      return discover({ x, y: x.map(() => 1 + draw()) }, reciprocal).result.p_value ?? 1;
    });
    // Of 60 uniform values 0.025 to 1, 15 are at most a quarter; 29 or more have a probability of 1e-5.
    expect(values.filter((p) => p <= 0.25).length).toBeLessThan(29);
    expect(values.filter((p) => p > 0.5).length).toBeGreaterThan(15);
  });

  test("gives the same bytes however it is cut", () => {
    const results = [1, 5].map((pieces) => JSON.stringify(discover(lens(6), reciprocal, pieces).result));
    expect(results[1]).toBe(results[0]);
  });
});

describe("the p-value of few rows", () => {
  const fall = (rows: number) => {
    const t = Array.from({ length: rows }, (_, row) => row + 1);
    return { t, y: t.map((value) => 4.9 * value ** 2) };
  };
  const library = { hypothesis: { terms: ["t^p"] } };

  test.each([5, 6, 7])("%i rows can pass at the default rate in a search, as they can for a law that was given", (rows) => {
    expect(discover(fall(rows), library).result).toMatchObject({ verdict: "accepted", p_value: 0.025, law: { text: "y = 4.9 t^2" } });
    expect(evaluate(fall(rows), "y = t^2", { constants: "refit" }).result).toMatchObject({ verdict: "accepted", p_value: 0.025 });
  });

  test("four rows can pass in neither", () => {
    expect(discover(fall(4), library).result.reasons).toContain("no_signal");
    expect(evaluate(fall(4), "y = t^2", { constants: "refit" }).result.reasons).toContain("no_signal");
  });

  test("a search over one law has the p-value of that law", () => {
    const single = { hypothesis: { terms: ["x"] } };
    for (let seed = 0; seed < 20; seed += 1) {
      const draw = uniforms(500 + seed);
      const x = Array.from({ length: 12 }, draw);
      // On both sides of zero, so that the noise can be additive only.
      const y = x.map((value) => value - 0.5 + 2 * (draw() - 0.5));
      expect(discover({ x, y }, single).result.p_value).toBe(evaluate({ x, y }, "y = x", { constants: "refit" }).result.p_value);
    }
  });
});
