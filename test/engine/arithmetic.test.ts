import fc from "fast-check";
import { Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { fLimit, normalQuantile, tLimit } from "../../src/engine/distributions.ts";
import { kernelOf } from "../../src/engine/kernel.ts";
import { PURPOSE, philox, shuffled, stream } from "../../src/engine/philox.ts";
import { powerOf } from "../../src/engine/power.ts";
import { factorise } from "../../src/engine/qr.ts";
import { permutationsOf } from "../../src/engine/sample.ts";
import { penalty } from "../../src/engine/score.ts";
import { subsetsOf } from "../../src/engine/subsets.ts";
import { idle, uniforms } from "./support.ts";

describe("Philox4x32-10", () => {
  // Known answers of the authors' Random123 distribution (kat_vectors).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("gives the known answer for counter %j", (counter, key, words) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect([...out]).toEqual([...words]);
  });

  test("draws do not depend on the order in which they are made", () => {
    const [forward, backward] = [stream(1, PURPOSE.noise, 2, 3), stream(1, PURPOSE.noise, 2, 3)];
    const rows = Array.from({ length: 50 }, (_, row) => row);
    const there = rows.map((row) => forward.uniform(row, 0));
    const back = rows.reverse().map((row) => backward.uniform(row, 0));
    expect(back.reverse()).toEqual(there);
    expect(stream(1, PURPOSE.noise, 2, 4).uniform(0, 0)).not.toBe(there[0]);
    expect(stream(1, PURPOSE.holdout, 2, 3).uniform(0, 0)).not.toBe(there[0]);
  });

  test("shuffles into every order of three about equally often", () => {
    const counts = new Map<string, number>();
    for (let trial = 0; trial < 6_000; trial += 1) {
      const order = shuffled(3, stream(9, PURPOSE.permutation, 0, trial), idle).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

test("permutations of few rows are all different, and none is the identity", () => {
  const ordersOf = (rows: number) => Array.from(permutationsOf(rows, 39, 1, idle), (order) => order.join());
  expect(ordersOf(2)).toHaveLength(1);
  expect(ordersOf(4)).toHaveLength(23);
  const orders = ordersOf(5);
  expect(new Set(orders).size).toBe(39);
  expect(orders).not.toContain("0,1,2,3,4");
});

describe("quantiles", () => {
  test.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.01, -2.3263478740408408],
    [1e-10, -6.361340902404056],
  ])("of the normal distribution at %f", (p, quantile) => {
    expect(normalQuantile(p)).toBeCloseTo(quantile, 13);
  });

  test.each([
    [0.05, 1, 12.706204736],
    [0.05, 5, 2.570581836],
    [0.05, 30, 2.042272456],
    [0.05, 100_000, 1.959987708],
    [0.001, 10, 4.586893859],
  ])("of t at tail %f and %i degrees of freedom", (tail, freedom, limit) => {
    expect(tLimit(tail, freedom)).toBeCloseTo(limit, 7);
  });

  test.each([
    [0.05, 3, 10, 3.708264819],
    [0.01, 2, 5, 13.273933612],
    [0.001, 4, 20, 7.096034],
  ])("of F at tail %f with %i and %i degrees of freedom", (tail, top, bottom, limit) => {
    expect(fLimit(tail, top, bottom)).toBeCloseTo(limit, 4);
  });
});

describe("powers", () => {
  test("agree with the library within a few units in the last place", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.integer({ min: -400, max: 400 }), (x, hundredths) => {
        const [own, other] = [powerOf(hundredths / 100)(x), x ** (hundredths / 100)];
        expect(Math.abs(own - other)).toBeLessThanOrEqual(1e-13 * other);
      }),
    );
  });

  test.each([
    [0, 0, 1],
    [0, 2, 0],
    [0, -1, Number.POSITIVE_INFINITY],
    [0, 0.3, 0],
    [-2, 3, -8],
    [-2, -2, 0.25],
    [-2, 0.5, Number.NaN],
    [-2, 0.3, Number.NaN],
    [Number.NaN, 1e300, Number.NaN],
    [Number.NaN, 65, Number.NaN],
    [4, 0.5, 2],
    [16, 0.75, 8],
    [16, -0.25, 0.5],
  ])("of %f to %f are %f", (x, exponent, value) => {
    expect(powerOf(exponent)(x)).toBe(value);
  });
});

describe("the Householder factorisation", () => {
  const draw = uniforms(2);
  const columns = Array.from({ length: 3 }, () => Float64Array.from({ length: 20 }, () => draw() - 0.5));
  const z = Float64Array.from({ length: 20 }, () => draw());
  const factorised = (given: readonly Float64Array[]) => factorise(given.length, (index) => (given[index] ?? z).slice(), idle);

  test("solves the normal equations", () => {
    const factorisation = factorised(columns);
    const coefficients = factorisation.solve(z);
    const residual = z.map(
      (value, row) => value - columns.reduce((total, column, index) => total + (column[row] ?? 0) * (coefficients[index] ?? 0), 0),
    );
    for (const column of columns) expect(column.reduce((total, value, row) => total + value * (residual[row] ?? 0), 0)).toBeCloseTo(0, 12);
    expect(factorisation.residualSquares(z)).toBeCloseTo(
      residual.reduce((total, value) => total + value * value, 0),
      12,
    );
  });

  test("agrees with another library's least squares", () => {
    const draw = uniforms(12);
    const columns = Array.from({ length: 4 }, (_, power) => Float64Array.from({ length: 30 }, () => draw() * 10 ** power));
    const y = Float64Array.from({ length: 30 }, () => draw() - 0.5);
    const rows = [...y.keys()].map((row) => columns.map((column) => column[row] as number));
    const expected = solve(new Matrix(rows), Matrix.columnVector(y), true).to1DArray();
    const found = factorise(4, (index) => (columns[index] as Float64Array).slice(), idle).solve(y);
    for (const [index, value] of found.entries()) expect(value / (expected[index] as number)).toBeCloseTo(1, 10);
  });

  test("has leverages that add up to the number of columns", () => {
    const factorisation = factorised(columns);
    const total = Array.from(z.keys(), (row) => factorisation.spread(columns.map((column) => column[row] ?? 0)) ** 2).reduce(
      (sum, value) => sum + value,
      0,
    );
    expect(total).toBeCloseTo(3, 12);
  });

  test("leaves out columns in the span of earlier ones", () => {
    const [first = z, second = z] = columns;
    const mixed = first.map((value, row) => 2 * value - (second[row] ?? 0));
    expect(factorised([first, second, mixed, z]).kept).toEqual([0, 1, 3]);
    expect(factorised([new Float64Array(20), first]).kept).toEqual([1]);
  });
});

test("numbered subsets are those of the walk", () => {
  const subsets = subsetsOf([0, 1, 2, 3], 2);
  const all = Array.from({ length: 10 }, (_, index) => subsets.at(index));
  expect(all.map((terms) => terms.join(""))).toEqual(["0", "01", "02", "03", "1", "12", "13", "2", "23", "3"]);
  expect(all.map((terms) => subsets.indexOf(terms))).toEqual([...all.keys()]);
  const turned = subsetsOf([2, 0, 1], 3);
  const numbered = Array.from({ length: 7 }, (_, index) => turned.at(index));
  expect(numbered.map((terms) => terms.join(""))).toEqual(["2", "02", "012", "12", "0", "01", "1"]);
  expect(numbered.map((terms) => turned.indexOf(terms))).toEqual([...numbered.keys()]);
});

test("the penalty is that of the extended BIC with a small-sample term and a price per term", () => {
  const size = { rows: 20, terms: 2, exponents: 1, logGrid: Math.log(33), library: 3 };
  expect(penalty(size)).toBeCloseTo(3 * Math.log(20) + Math.log(33) + Math.log(3) + 24 / 16 + 10, 12);
  expect(penalty({ ...size, rows: 4 })).toBe(Number.POSITIVE_INFINITY);
});

test("the kernel adds up even and odd rows apart, whatever stands beside a column", () => {
  const rows = 8;
  const kernel = kernelOf(rows, 40 * rows, 11);
  const [a, b] = [kernel.array(10 * rows), kernel.array(20 * rows)];
  const draw = uniforms(17);
  for (const array of [a, b]) for (let at = 0; at < array.length; at += 1) array[at] = (draw() - 0.5) * 10 ** Math.round(6 * draw());
  b[19 * rows] = Number.NaN;
  for (const [i, j, count] of [
    [0, 0, 11],
    [3, 7, 1],
    [9, 12, 6],
    [5, 15, 4],
  ] as const) {
    kernel.dots(a, i, b, j, count);
    for (let column = 0; column < count; column += 1) {
      const sums = [0, 0];
      for (let row = 0; row < rows; row += 1) {
        sums[row % 2] = (sums[row % 2] ?? 0) + (a[i * rows + row] ?? 0) * (b[(j + column) * rows + row] ?? 0);
      }
      expect(kernel.sums[column]).toBe((sums[0] ?? 0) + (sums[1] ?? 0));
    }
  }
});
