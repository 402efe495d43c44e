import { describe, expect, test } from "vitest";
import { featureValues, labelOf, readFeature } from "../../../src/engine/tgefd/expression.ts";
import { general } from "../../../src/engine/tgefd/label.ts";
import { idle } from "../support.ts";

const X = Float64Array.from([-2, -1, 0, 1, 2]);
const at = (expression: string, shape = { p: 0.5, q: 2 }) => [...featureValues([X, X], X.length, idle)(readFeature(expression, 2), shape)];

function expectNear(values: readonly number[], expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  expected.forEach((value, row) => {
    expect(values[row]).toBeCloseTo(value, 7);
  });
}

describe("values of features", () => {
  test.each([
    ["x^p", [-Math.SQRT2, -1, 0, 1, Math.SQRT2]],
    ["x^q", [4, 1, 0, 1, 4]],
    ["x^3", [-8, -1, 0, 1, 8]],
    ["x^1.5", [-2.82842712, -1, 0, 1, 2.82842712]],
    ["sin(x)^q", [0.82682181, 0.70807342, 0, 0.70807342, 0.82682181]],
    ["exp(-x)", [7.3890561, Math.E, 1, 0.36787944, 0.13533528]],
    ["x*x^p", [2.82842712, 1, 0, 1, 2.82842712]],
    ["const", [1, 1, 1, 1, 1]],
    ["1^p", [1, 1, 1, 1, 1]],
    ["exp(-sin(x))", [-2, -1, 0, 1, 2].map((x) => Math.exp(-Math.sin(x)))],
    ["cos(sin(x))", [-2, -1, 0, 1, 2].map((x) => Math.cos(Math.sin(x)))],
    ["x ^ p", [-Math.SQRT2, -1, 0, 1, Math.SQRT2]],
    ["x0*x1^2", [-8, -1, 0, 1, 8]],
    ["x^0", [1, 1, 1, 1, 1]],
  ])("%s", (expression, expected) => expectNear(at(expression), expected));

  test("the power is even or odd only very near to a whole exponent, so the sign jumps beside it", () => {
    expect(at("x^2.0001")[0]).toBeCloseTo(-4.00027727, 8);
    expect(at("x^2.00001")[0]).toBeCloseTo(4, 4);
    expect(at("x^-1")).toEqual([-0.5, -1, Number.NaN, 1, 0.5]);
    expect(at("x^1e-3")[4]).toBeCloseTo(2 ** 0.001, 12);
  });
});

describe("what is not a feature", () => {
  test.each(["2*x", "sin(x*x)", "exp(x)", "x**2", "tan(x)", "", "x^2^3", "sin()", "y"])("%s is unsupported", (expression) => {
    expect(() => readFeature(expression, 2)).toThrow(`Unsupported feature expression '${expression}'`);
  });
  test.each([
    ["x0^2*x1", "2*x1"],
    ["x^2*sin(x)", "2*sin(x)"],
    ["x^2.", "2."],
    ["x^z", "z"],
  ])("%s has an undefined parameter", (expression, parameter) => {
    expect(() => readFeature(expression, 2)).toThrow(`Feature uses undefined parameter '${parameter}'`);
  });
  test("a column that the dataset does not have", () => {
    expect(() => readFeature("sin(x2)", 2)).toThrow("uses column x2");
  });
});

test("only the parameter of the trailing exponent is written out, in four digits", () => {
  const label = (expression: string) => labelOf(readFeature(expression, 2), { p: 1.75, q: 1.0625 }, general);
  expect(["x1*x0^q", "x^p", "x^p*x^q", "x^2", "sin(x)^p"].map(label)).toEqual([
    "x1*x0^1.062",
    "x^1.75",
    "x^p*x^1.062",
    "x^2",
    "sin(x)^1.75",
  ]);
});

test("numbers are written as Python's %.4g writes them", () => {
  const written: [number, string][] = [
    [1.5, "1.5"],
    [12_345.678, "1.235e+04"],
    [0.00001234, "1.234e-05"],
    [-0.02821, "-0.02821"],
    [1.0625, "1.062"],
    [1.1875, "1.188"],
    [2.0625, "2.062"],
    [100.25, "100.2"],
    [9_999.6, "1e+04"],
    [1e22, "1e+22"],
    [0.00012345, "0.0001234"],
    [1e-4, "0.0001"],
    [9.9996e-5, "0.0001"],
    [1_234.5, "1234"],
    [1_235.5, "1236"],
    [-3, "-3"],
    [0, "0"],
  ];
  expect(written.map(([value]) => general(value))).toEqual(written.map(([, text]) => text));
});
