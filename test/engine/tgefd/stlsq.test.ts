import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFeature } from "../../../src/engine/tgefd/expression.ts";
import { libraryOf } from "../../../src/engine/tgefd/library.ts";
import { factorise } from "../../../src/engine/tgefd/panel.ts";
import { solverOf } from "../../../src/engine/tgefd/solve.ts";
import { searchOf, targetOf } from "../../../src/engine/tgefd/stlsq.ts";
import { idle, uniforms } from "../support.ts";

function fitted(expressions: readonly string[], x: Float64Array, y: Float64Array, grid: { p: number[]; q: number[]; lambda: number[] }) {
  const library = libraryOf(
    expressions.map((expression) => readFeature(expression, 1)),
    { x: [x], y },
    idle,
  );
  return searchOf(library, idle).fit(grid, targetOf(y));
}

const grid = (count: number, high: number) => Float64Array.from({ length: count }, (_, index) => (high * index) / (count - 1));

describe("thresholded least squares", () => {
  test("the ancestor's demonstration without noise", () => {
    const x = grid(120, 6);
    const y = x.map((value) => 1.5 + 0.8 * value + 2 * Math.sin(value) ** 2 - 0.3 * Math.exp(-value));
    const { models } = fitted(["1", "x", "x^p", "sin(x)", "sin(x)^q", "exp(-x)"], x, y, { p: [2], q: [2], lambda: [0.001, 0.01] });
    expect(models).toHaveLength(2);
    for (const model of models) {
      expect(model.error).toBeLessThan(1e-12);
      expect(model.l0).toBe(4);
      expect(model.l1).toBeCloseTo(4.6, 12);
      [1.5, 0.8, 0, 0, 2, -0.3].forEach((value, index) => {
        expect(model.coefficients[index]).toBeCloseTo(value, 12);
      });
    }
  });

  test("equal columns share their coefficient evenly, and the threshold sees the share", () => {
    const x = grid(30, 3);
    const { models } = fitted(["x", "x^p", "1"], x, x, { p: [1], q: [1], lambda: [0.4, 0.6] });
    expect(models.map(({ l0 }) => l0)).toEqual([2, 0]);
    expect(models[0]?.coefficients[0]).toBeCloseTo(0.5, 14);
    expect(models[0]?.coefficients[1]).toBeCloseTo(0.5, 14);
    expect(models[1]?.error).toBeCloseTo(Math.sqrt(x.reduce((sum, value) => sum + value * value, 0)), 12);
  });

  test("a negative threshold removes nothing, and a model is the same to the bit wherever its columns are", () => {
    const x = grid(25, 2);
    const draw = uniforms(3);
    const y = x.map((value) => 1 + value * value + draw());
    const { models, error } = fitted(["1", "x^p", "x"], x, y, { p: [2, 3], q: [1, 2], lambda: [-1, 1e9] });
    expect(models.map(({ l0 }) => l0)).toEqual([3, 0, 3, 0, 3, 0, 3, 0]);
    expect(error[0]).toBe(error[2]);
    expect(error[4]).toBe(error[6]);
    expect(new Set([error[1], error[3], error[5], error[7]]).size).toBe(1);
  });

  test("a column that is not finite is refused by its feature and row", () => {
    expect(() => fitted(["x^-1"], grid(5, 1), grid(5, 1), { p: [1], q: [1], lambda: [0.1] })).toThrow(
      "the feature x^-1 is not finite on row 1",
    );
  });
});

/** A matrix of `count` columns of which the last are sums of multiples of the first `rank`. */
const dependent = fc
  .record({ rows: fc.integer({ min: 1, max: 12 }), rank: fc.integer({ min: 1, max: 4 }), extra: fc.integer({ min: 0, max: 3 }) })
  .chain(({ rows, rank, extra }) => {
    const column = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: rows, maxLength: rows });
    const mix = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: rank, maxLength: rank });
    return fc.record({
      base: fc.array(column, { minLength: rank, maxLength: rank }),
      mixes: fc.array(mix, { minLength: extra, maxLength: extra }),
      y: column,
    });
  });

test("the coefficients are those of least norm among the best, whatever the rank", () => {
  fc.assert(
    fc.property(dependent, ({ base, mixes, y }) => {
      const mixed = mixes.map((mix) =>
        y.map((_, row) => mix.reduce((sum, weight, place) => sum + weight * ((base[place] as number[])[row] as number), 0)),
      );
      const columns = [...base, ...mixed].map((column) => Float64Array.from(column));
      const panel = factorise(columns, idle);
      const solver = solverOf(
        panel,
        columns.map((_, index) => index),
      );
      const { coefficients, error } = solver.solve(panel.project(Float64Array.from(y)));
      const residual = y.map((value, row) =>
        columns.reduce((rest, column, index) => rest - (coefficients[index] as number) * (column[row] as number), value),
      );
      const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a, (value, index) => value * (b[index] as number)).reduce((sum, value) => sum + value, 0);
      expect(error).toBeCloseTo(Math.sqrt(dot(residual, residual)), 9);
      for (const column of columns) expect(dot(column, residual)).toBeCloseTo(0, 8);
      // Orthogonal to what the columns map to 0, of which these vectors are a part.
      mixes.forEach((mix, place) => {
        const nothing = [...mix, ...mixes.map((_, other) => (other === place ? -1 : 0))];
        expect(dot(coefficients, nothing)).toBeCloseTo(0, 8);
      });
    }),
    { numRuns: 300 },
  );
});
