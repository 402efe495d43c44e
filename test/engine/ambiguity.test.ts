import { describe, expect, test } from "vitest";
import { normalQuantile } from "../../src/engine/distributions.ts";
import { neighbourFigure, orthonormal } from "../../src/engine/neighbours.ts";
import { orderOf } from "../../src/engine/shapes.ts";
import { type ColumnValues, discover, evaluate, idle, uniforms } from "./support.ts";
import { balmer, kepler } from "./tables.ts";

const draw = uniforms(31);
const ROWS = 40;
const x = Array.from({ length: ROWS }, () => 0.5 + 3.5 * draw());
const w = x.map(() => 0.5 + 3.5 * draw());
const squares = x.map((value) => value * value);
const sixDigits = squares.map((value) => Number(value.toPrecision(6)));
/** A target with noise of a share of 10, about the spread of those below. */
const target = (value: (x: number, w: number) => number, share: number) =>
  x.map((at, row) => value(at, w[row] ?? 0) + 10 * share * normalQuantile(draw()));

describe("a law that other columns say as well is left open, whatever it costs to say it with them", () => {
  const square = (at: number) => 3 * at * at;
  const sum = (at: number, other: number) => 3 * at * at + 2 * other;
  test.each<[string, ColumnValues, RegExp, RegExp]>([
    ["a square of x, exactly", { x, z: squares, y: x.map(square) }, /^y = 3 z$/, / x\^-?2$/],
    ["a square of x, under noise", { x, z: squares, y: target(square, 0.02) }, /^y = \S+ z$/, /^y = \S+ x\^2$/],
    ["a square of x to six digits, under noise", { x, z: sixDigits, y: target(square, 0.02) }, / z$/, /^y = \S+ x\^2$/],
    ["a square of x beside w", { x, z: squares, w, y: target(sum, 0.02) }, / z \+ \S+ w$/, / w \+ \S+ x\^2$/],
    [
      "a sum of x and w",
      { x, w, z: x.map((at, row) => at + (w[row] ?? 0)), y: target((a, b) => 2 * a + 2 * b, 0.02) },
      / z$/,
      / x \+ \S+ w$/,
    ],
  ])("%s", (_, columns, law, rival) => {
    const { result } = discover(columns);
    expect(result).toMatchObject({ verdict: "rejected", reasons: ["ambiguous"] });
    expect(result.candidate?.text).toMatch(law);
    expect(result.rivals.map(({ text }) => text)).toContainEqual(expect.stringMatching(rival));
    expect(result.margins.twin?.value).toBeLessThan(1);
  });

  test("also where the library has no such rival: a power, a logarithm or an exponential of an input is that input", () => {
    const product = target((at, other) => 3 * at * at * other, 0.02);
    for (const z of [squares, x.map(Math.log), x.map(Math.exp)]) {
      const { result } = discover({
        x,
        z,
        w,
        y: z === squares ? product : target((_, other) => other, 0).map((v, row) => v * (z[row] ?? 0)),
      });
      expect(result.verdict).toBe("rejected");
      expect(result.margins.likeness?.value ?? 0).toBeGreaterThan(1 - 1e-9);
    }
  });

  test("but not where the columns differ, nor for another exponent of the same column", () => {
    const near = squares.map((value) => value * (1 + 0.05 * normalQuantile(draw())));
    for (const columns of [
      { x, z: near, y: target(square, 0.01) },
      { x, w, y: target((at) => 2 * at ** 1.5, 0.01) },
    ]) {
      const { result } = discover(columns);
      expect(result).toMatchObject({ verdict: "accepted", reasons: [] });
      expect(result.margins.twin).toBeUndefined();
    }
  });
});

test("an exponent is left open while a simpler one lies in its interval", () => {
  const hypothesis = { terms: ["x^p", "x^q"], exponents: { p: { from: -6, to: 2, step: 1 }, q: { from: -6, to: 2, step: 1 } } };
  const verdicts = Array.from({ length: 12 }, () => {
    const r = Array.from({ length: 60 }, () => 0.8 + 3.2 * draw());
    const f = r.map((at) => 6 * at ** -3 - 2 / at + 0.25 * normalQuantile(draw()));
    const { law, margins, reasons } = discover({ x: r, f }, { hypothesis }).result;
    if (margins.exponents) expect(reasons).toContain("ambiguous");
    return {
      accepted: law !== undefined,
      open: margins.exponents !== undefined,
      exponents: law?.terms.map(({ exponents }) => exponents.x),
    };
  });
  expect(verdicts.filter(({ open }) => open).length).toBeGreaterThan(0);
  for (const { exponents } of verdicts) if (exponents) expect(new Set(exponents)).toEqual(new Set([-1, -3]));
});

describe("an input with two values", () => {
  const two = x.map((_, row) => 1 + (row % 2));
  test.each<[string, ColumnValues]>([
    ["alone", { two, y: two.map((value) => 3 * value ** 2 + 0.01 * draw()) }],
    ["beside another", { two, w, y: two.map((value, row) => 3 * value ** 2 * (w[row] ?? 0) + 0.01 * draw()) }],
  ])("does not say which power it has: %s", (_, columns) => {
    const { result } = discover(columns);
    expect(result.reasons).toContain("ambiguous");
    expect(result.margins.points?.value).toBe(2);
  });

  test("leaves nothing that could speak against a line, so the test of that is not made and the line is not accepted", () => {
    const { result } = evaluate({ two, y: two.map((value) => 2 + value + 0.1 * draw()) }, "y = 1 + two", { constants: "refit" });
    expect(result.margins.lack_of_fit).toBeUndefined();
    expect(result).toMatchObject({ verdict: "rejected", reasons: ["ambiguous"] });
  });
});

test.each([
  ["Balmer", balmer, { hypothesis: { transforms: ["reciprocal"] } }],
  ["Kepler", kepler, {}],
])("stability is tried at the noise that the law of %s leaves, if every level that was asked for is above it", (_, columns, more) => {
  const { stability, margins } = discover(columns, { ...more, noise: { levels: [0.05, 0.1], trials: 8 } }).result;
  expect(stability.levels.map(({ decides, own }) => [decides, own])).toEqual([
    [false, undefined],
    [false, undefined],
    [true, true],
  ]);
  expect(stability.levels[2]?.level).toBeLessThan(0.001);
  expect(stability).toMatchObject({ trials: 8, kept: 8, share: 1 });
  expect(margins.stability).toEqual({ value: 1, limit: 0.5 });
});

describe("residuals that are neighbours", () => {
  /** The limit as a Durbin-Watson d, of a line through so many even steps, at 5 %. */
  const limitOf = (rows: number) => {
    const steps = Float64Array.from({ length: rows }, (_, row) => row);
    const basis = orthonormal([steps.map(() => 1), steps], idle);
    const { limit } = neighbourFigure(
      steps.map((row) => row % 3),
      orderOf(steps, idle),
      basis,
      0.05,
      idle,
    ) ?? { limit: Number.NaN };
    return 4 / (1 + limit);
  };

  // Between the bounds of the tables of Durbin & Watson (1951), which hold for any regressor.
  test.each([
    [15, 1.08, 1.36],
    [20, 1.2, 1.41],
    [40, 1.44, 1.545],
    [100, 1.65, 1.695],
  ])("have the limit of Durbin and Watson: %i rows", (rows, low, high) => {
    expect(limitOf(rows)).toBeGreaterThan(low);
    expect(limitOf(rows)).toBeLessThan(high);
  });

  test("fail a right law as rarely as was asked", () => {
    const rows = 12;
    const steps = Float64Array.from({ length: rows }, (_, row) => (row + 1) ** 2);
    const basis = orthonormal([steps.map(() => 1), steps], idle);
    const failed = Array.from({ length: 4_000 }, () => {
      const noise = steps.map(() => normalQuantile(draw()));
      const residual = basis.reduce((left, direction) => {
        const part = left.reduce((sum, value, row) => sum + value * (direction[row] ?? 0), 0);
        return left.map((value, row) => value - part * (direction[row] ?? 0));
      }, noise);
      const { value, limit } = neighbourFigure(residual, orderOf(steps, idle), basis, 0.05, idle) ?? { value: 0, limit: 1 };
      return value > limit;
    }).filter(Boolean).length;
    // 200 are expected, with a standard deviation of 14.
    expect(failed).toBeGreaterThan(155);
    expect(failed).toBeLessThan(245);
  });

  test("tell a walk from a line, however many waves it makes", () => {
    const failed = Array.from({ length: 40 }, () => {
      let at = 0;
      const t = Array.from({ length: 120 }, (_, row) => row);
      const y = t.map((row) => {
        at += normalQuantile(draw());
        return 0.5 * row + at;
      });
      return evaluate({ t, y }, "y = 1 + t", { constants: "refit" }).result.reasons.includes("lack_of_fit");
    }).filter(Boolean).length;
    expect(failed).toBe(40);
  });
});

test("few rows of a law outside the library seldom pass for one of its sums", () => {
  const outside: ((at: number) => number)[] = [
    (at) => Math.tanh(at),
    (at) => 1 / (1 + 4 * Math.exp(-1.5 * at)),
    (at) => (at < 1.8 ? 1 + 0.4 * at : 1.72 + 1.5 * (at - 1.8)),
    (at) => at ** 3 / (Math.exp(at) - 1),
  ];
  const tables = outside.flatMap((law) =>
    [8, 10, 15, 20].flatMap((rows) =>
      Array.from({ length: 5 }, () => {
        const [scale, share] = [0.8 + 0.4 * draw(), 0.01 + 0.04 * draw()];
        const at = Array.from({ length: rows }, (_, row) => 0.2 + (3.6 * row) / (rows - 1));
        const exact = at.map((value) => law(scale * value));
        // About the standard deviation of what rises evenly over its range.
        const size = (share * (Math.max(...exact) - Math.min(...exact))) / Math.sqrt(12);
        return { at, y: exact.map((value) => value + size * normalQuantile(draw())) };
      }),
    ),
  );
  const accepted = tables.map((columns) => discover(columns).result).filter(({ verdict }) => verdict === "accepted");
  // Of 80, 5 % are 4.
  expect(accepted.map(({ law }) => law?.text).length).toBeLessThanOrEqual(4);
});
