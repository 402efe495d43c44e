import { describe, expect, test } from "vitest";
import { normalQuantile } from "../../src/engine/distributions.ts";
import { discover, evaluate, uniforms } from "./support.ts";

const ROWS = 60;
const DECLARED = { hypothesis: { terms: ["1", "x", "x^p", "log(x)"], exponents: { p: { from: -3, to: 3, step: 0.5 } }, max_terms: 3 } };

/** y = offset + 3 x with a spread of about 9, and noise of a share of that. */
function line(offset: number, share: number) {
  const draw = uniforms(67);
  const x = Array.from({ length: ROWS }, () => 0.5 + 10 * draw());
  return { x, y: x.map((value) => offset + 3 * value + share * 8.7 * normalQuantile(draw())) };
}

/** The target rises by 30 over the range of an input that starts far from zero. */
function far(base: number, range: number, share: number) {
  const draw = uniforms(9);
  const x = Array.from({ length: ROWS }, () => base + Math.round(range * draw() * 1e3) / 1e3);
  return { x, y: x.map((value) => 5 + (30 * (value - base)) / range + share * 8.7 * normalQuantile(draw())) };
}

describe("a target with a large offset", () => {
  const cases = [1e4, 1e6, 1e8, 1e10, 1e12, -1e8, -1e12].flatMap((offset) => [0.01, 0].map((share): [number, number] => [offset, share]));

  test.each(cases)("%f + 3 x with noise of %f has its law accepted, with declared terms and with the default library", (offset, share) => {
    for (const more of [DECLARED, {}]) {
      const { result } = discover(line(offset, share), more);
      expect(result).toMatchObject({ verdict: "accepted", reasons: [] });
      const terms = result.law?.terms ?? [];
      expect(terms.map(({ text }) => text)).toEqual(["1", "x"]);
      for (const [index, value] of [offset, 3].entries()) {
        // The intervals of 95 % of several tables: twice their width holds in all.
        const { coefficient = Number.NaN, interval } = terms[index] ?? {};
        const half = ((interval?.[1] ?? Number.NaN) - (interval?.[0] ?? Number.NaN)) / 2;
        expect(Math.abs(coefficient - value)).toBeLessThan(Math.max(2 * half, 1e-15 * Math.abs(value)));
      }
    }
  });

  test("takes no other law than without it, however the search is cut", () => {
    const near = discover(line(1e4, 0.01), DECLARED).result.law;
    const pieces = [1, 7, 64].map((count) => discover(line(1e10, 0.01), DECLARED, count).result);
    expect(new Set(pieces.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(pieces[0]?.law?.terms[1]?.coefficient).toBeCloseTo(near?.terms[1]?.coefficient ?? Number.NaN, 5);
  });

  test("and nothing else has no law", () => {
    const draw = uniforms(3);
    const columns = { x: line(0, 0).x, y: Array.from({ length: ROWS }, () => 1e9 + draw()) };
    expect(discover(columns, DECLARED).result.reasons).toContain("no_signal");
    expect(evaluate(columns, "y = 1 + x", { constants: "refit" }).result.reasons).toContain("no_signal");
  });
});

describe("an input with a large offset", () => {
  // Milliseconds since 1970 over 17 minutes and over 12 days, and a range of 10 at 1e8.
  const cases: [number, number][] = [
    [1.7e12, 1e6],
    [1.7e12, 1e9],
    [1e8, 10],
  ];

  test.each(cases)("that is %f and varies by %f has its law accepted", (base, range) => {
    for (const more of [{ hypothesis: { terms: ["1", "x"] } }, DECLARED, {}]) {
      const { result } = discover(far(base, range, 0.01), more);
      expect(result).toMatchObject({ verdict: "accepted", law: { transform: "identity" } });
      expect(result.law?.terms.map(({ text }) => text)).toEqual(["1", "x"]);
      expect((result.law?.terms[1]?.coefficient ?? 0) * range).toBeCloseTo(30, 0);
    }
    const exact = discover(far(base, range, 0), { hypothesis: { terms: ["1", "x"] } }).result;
    expect(exact).toMatchObject({ verdict: "accepted", reasons: [] });
  });
});

test("columns that only a constant tells apart, or that add up to one, are told apart", () => {
  const draw = uniforms(21);
  const x = Array.from({ length: ROWS }, () => 6 * draw());
  const y = x.map((value) => 2 * Math.sin(value) ** 2 + 5 * Math.cos(value) ** 2 + 0.01 * normalQuantile(draw()));
  const { result } = discover({ x, y }, { hypothesis: { terms: ["sin(x)^2", "cos(x)^2", "x"] } });
  expect(result.verdict).toBe("accepted");
  expect(result.law?.terms.map(({ coefficient }) => Math.round(coefficient))).toEqual([2, 5]);
});
