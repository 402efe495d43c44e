import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ColumnValues, discover, uniforms } from "./support.ts";

/** Rows that a law of two inputs and one of a single input are drawn on, with 1 % of noise. */
function drawn(seed: number, rows = 60) {
  const draw = uniforms(seed);
  const x = Array.from({ length: rows }, () => 0.5 + 3 * draw());
  const y = Array.from({ length: rows }, () => 0.5 + 3 * draw());
  const noise = Array.from({ length: rows }, () => 0.02 * (draw() - 0.5));
  return { x, y, noise };
}

const LIBRARY = { hypothesis: { terms: ["1", "x", "x^p*y^q", "x^p"], exponents: { p: HALVES(), q: HALVES() } } };
function HALVES() {
  return { from: -2, to: 2, step: 0.5 };
}

function lawOf(columns: ColumnValues, more: object = {}) {
  const { result } = discover(columns, more);
  const { terms = [], transform } = result.law ?? result.candidate ?? {};
  return {
    verdict: result.verdict,
    transform,
    terms: terms.map(({ text }) => text).sort(),
    coefficients: terms.map(({ coefficient }) => coefficient),
  };
}

const factor = fc.constantFrom(-1, 1e-6, 0.001, 0.3048, 7, 1000, 1e9);

describe("the law does not change", () => {
  const seeds = fc.integer({ min: 1, max: 50 });

  test("when the target is measured in another unit, or upside down", () => {
    fc.assert(
      fc.property(seeds, factor, (seed, unit) => {
        const { x, y, noise } = drawn(seed);
        const T = x.map((value, row) => 2 * value ** 1.5 * (y[row] as number) ** -1 * (1 + (noise[row] as number)));
        const plain = lawOf({ x, y, T }, LIBRARY);
        const other = lawOf({ x, y, T: T.map((value) => unit * value) }, LIBRARY);
        expect({ ...other, coefficients: [] }).toEqual({ ...plain, coefficients: [] });
        expect((other.coefficients[0] as number) / (plain.coefficients[0] as number) / unit).toBeCloseTo(1, 8);
      }),
      { numRuns: 8 },
    );
  });

  test("when an input is measured in another unit", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1e-6, 0.3048, 60, 1e6), (seed, unit) => {
        const { x, y, noise } = drawn(seed);
        const T = x.map((value, row) => 2 * value ** 1.5 * (y[row] as number) ** -1 * (1 + (noise[row] as number)));
        const plain = lawOf({ x, y, T }, LIBRARY);
        const other = lawOf({ x: x.map((value) => unit * value), y, T }, LIBRARY);
        expect({ ...other, coefficients: [] }).toEqual({ ...plain, coefficients: [] });
      }),
      { numRuns: 5 },
    );
  });

  test("when rows come in another order, columns in another order or under other names", () => {
    const { x, y, noise } = drawn(3, 80);
    const T = x.map((value, row) => 1.5 + 2 * value ** 2 * (y[row] as number) + (noise[row] as number));
    const plain = lawOf({ x, y, T });
    expect(plain).toMatchObject({ verdict: "accepted", terms: ["1", "x^2 y"] });
    const order = [...x.keys()].sort((a, b) => ((a * 37) % 80) - ((b * 37) % 80));
    const mixed = (values: number[]) => order.map((row) => values[row] as number);
    expect(lawOf({ x: mixed(x), y: mixed(y), T: mixed(T) })).toMatchObject({ verdict: "accepted", terms: plain.terms });
    expect(lawOf({ y, x, T })).toMatchObject({ verdict: "accepted", terms: ["1", "y x^2"] });
    expect(lawOf({ speed: x, mass: y, T })).toMatchObject({ verdict: "accepted", terms: ["1", "speed^2 mass"] });
  });

  test("when a column is added that has nothing to do with it", () => {
    const { x, y, noise } = drawn(5, 80);
    const T = x.map((value, row) => 3 * value ** 1.5 * (1 + (noise[row] as number)));
    expect(lawOf({ x, T })).toMatchObject({ verdict: "accepted", terms: ["x^1.5"] });
    expect(lawOf({ x, y, T })).toMatchObject({ verdict: "accepted", terms: ["x^1.5"] });
  });

  test("without noise", () => {
    const { x, y } = drawn(7);
    const T = x.map((value, row) => 2 * value - 3 * value * (y[row] as number));
    expect(lawOf({ x, y, T })).toMatchObject({ verdict: "accepted", terms: ["x", "x y"] });
  });
});

test("columns that are multiples of one another leave the law open, and this is said", () => {
  const { x, noise } = drawn(11);
  const T = x.map((value, row) => 3 * value ** 2 * (1 + (noise[row] as number)));
  const { result } = discover({ x, twice: x.map((value) => 2 * value), T });
  expect(result).toMatchObject({ verdict: "rejected" });
  expect(result.reasons).toContain("ambiguous");
  expect(result.margins).toHaveProperty("likeness");
});

test("a second way to the same question is told", () => {
  const { x, noise } = drawn(13);
  const T = x.map((value, row) => 2 + 3 * value ** 2 + (noise[row] as number));
  expect(discover({ x, T }).result).toMatchObject({ verdict: "accepted", stlsq: { agrees: true } });
});
