import { describe, expect, test } from "vitest";
import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { dimensionCheckOf, dimensionFault } from "../../src/contract/dimensions.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { parseExpression } from "../../src/contract/formula.ts";
import { parseDocument } from "../../src/contract/parse.ts";
import { planDiscover } from "../../src/contract/plan.ts";
import { type DimensionRule, discoverRequest } from "../../src/contract/request.ts";

const units = { x: "m", y: "km", t: "s", f: "1/s", n: "%", v: "m/s" };
const names = { columns: [...Object.keys(units), "u"], parameters: ["p", "q"] };

function faultOf(rule: Exclude<DimensionRule, "off">, text: string, bound: Record<string, number> = {}): string | undefined {
  const check = dimensionCheckOf({ rule, target: "v", transforms: ["identity"], terms: [], units });
  if (!check) throw new Error("no check");
  return dimensionFault(parseExpression(text, names, ""), bound, check);
}

describe("functions of dimensioned quantities", () => {
  test.each([
    "1",
    "x^1.5",
    "x*t",
    "(x + t)^2",
    "sin(n)",
    "exp(x/y)",
    "log(2 f*t)",
    "sin(u)",
    "exp(u/x)",
    "sin((x + y)/y)",
    "2^n",
    "u^n",
    "exp(x^0)",
  ])("%s is allowed", (text) => {
    expect(faultOf("functions", text)).toBeUndefined();
  });

  test.each([
    ["sin(x)", "sin(x) takes a function of length"],
    ["x sin(2 t)", "sin(2 t) takes a function of time"],
    ["exp(-x/t)", "exp(-x t^-1) takes a function of length time^-1"],
    ["log(1 + x)", "1 + x adds a pure number and length"],
    ["sin(cos(x))", "cos(x) takes a function of length"],
    ["sin(x + t)", "x + t adds length and time"],
    ["2^t", "2^t has an exponent that is time"],
    ["exp(x^n)", "x^n has a dimension that varies with its exponent"],
  ])("%s is not", (text, fault) => {
    expect(faultOf("functions", text)).toBe(fault);
  });

  test("depend on the values of free exponents", () => {
    expect(faultOf("functions", "exp(x^p*y^q)", { p: 1, q: -1 })).toBeUndefined();
    expect(faultOf("functions", "exp(x^p*y^q)", { p: 1, q: 1 })).toMatch(/function of length\^2/);
  });
});

describe("terms of the dimension of the target", () => {
  test.each(["x/t", "v", "y*f", "v*sin(x/y)", "n v", "u", "sqrt(v^2 + (x/t)^2)", "x*exp(n)/t"])("%s is allowed", (text) => {
    expect(faultOf("strict", text)).toBeUndefined();
  });

  test.each([
    ["1", "1 is a pure number"],
    ["x", "x is length"],
    ["v + x", "v + x adds length time^-1 and length"],
    ["v^2", "v^2 is length^2 time^-2"],
    ["x/t + 1", "x t^-1 + 1 adds length time^-1 and a pure number"],
    ["v sin(x)", "sin(x) takes a function of length"],
  ])("%s is not", (text, fault) => {
    expect(faultOf("strict", text)).toBe(fault);
  });

  test("depend on the values of free exponents, and names them", () => {
    expect(faultOf("strict", "x^p*t^q", { p: 1, q: -1 })).toBeUndefined();
    expect(faultOf("strict", "x^p*t^q", { p: 0.3 * 3 + 0.1, q: -1 })).toBeUndefined();
    expect(faultOf("strict", "x^p*t^q", { p: 2, q: -1 })).toBe("x^2 t^-1 is length^2 time^-1");
  });
});

describe("the plan of a search", () => {
  const columns = { x: [1, 2, 3, 4], t: [1, 2, 4, 7], n: [2, 4, 3, 9], v: [1, 4, 9, 17] };
  const plan = (hypothesis: object, given: Record<string, string> = { x: "m", t: "s", n: "", v: "m/s" }, more: object = {}) =>
    planDiscover(
      parseDocument(discoverRequest, { dataset: { source: "inline", columns, units: given }, hypothesis, ...more }),
      headerOf(tableOf(columns, given)),
    );
  const errorOf = (...args: Parameters<typeof plan>) => {
    try {
      plan(...args);
    } catch (error) {
      if (error instanceof OrreryError) return error;
      throw error;
    }
    throw new Error("nothing was thrown");
  };

  test("leaves given terms alone unless it is asked to look at units", () => {
    const terms = ["1", "sin(t)", "x"];
    expect(plan({ terms })).toMatchObject({ dimensions: null, leftOut: [], terms: [{ text: "1" }, { text: "sin(t)" }, { text: "x" }] });
    expect(plan({ terms, dimensions: "functions" })).toMatchObject({
      leftOut: ["sin(t)"],
      terms: [{ text: "1" }, { text: "x" }],
      maxTerms: 2,
    });
    expect(plan({ terms: ["sin(n)", "sin(x)"], dimensions: "functions" }, { x: "rad" }).leftOut).toEqual([]);
  });

  test("looks at functions of the default library", () => {
    expect(plan({}).dimensions?.rule).toBe("functions");
    expect(plan({ dimensions: "off" }).dimensions).toBe(null);
    expect(plan({}, {}).dimensions).toBe(null);
  });

  test("drops what has no place in any cell, with the exponents that only it names", () => {
    const terms = ["x^p*t^q", "x^r", "n*x/t"];
    const asked = plan({
      terms,
      dimensions: "strict",
      exponents: { p: { from: -2, to: 2, step: 1 }, q: { from: -2, to: 2, step: 1 }, r: { from: -4, to: 4, step: 0.25 } },
    });
    expect(asked).toMatchObject({ leftOut: ["x^r"], terms: [{ text: "x^p t^q" }, { text: "n x t^-1" }] });
    expect(asked.exponents.map(({ name }) => name)).toEqual(["p", "q"]);
    const digits = [0, 1, 2, 3, 4];
    const cells = digits.flatMap((p) => digits.map((q) => [p, q]));
    expect(cells.filter((cell) => !asked.excluded?.(0, cell))).toEqual([[3, 1]]);
    expect(cells.filter((cell) => asked.excluded?.(1, cell))).toEqual([]);
  });

  test("holds the reciprocal of the target against the terms, where that is modelled", () => {
    const terms = ["t/x", "x/t"];
    expect(plan({ terms, dimensions: "strict", transforms: ["reciprocal"] }).leftOut).toEqual(["x t^-1"]);
    expect(plan({ terms, dimensions: "strict" }).leftOut).toEqual(["t x^-1"]);
    const pure = { x: "m", t: "m", n: "", v: "" };
    expect(plan({ terms, dimensions: "strict", transforms: ["identity", "reciprocal", "log"] }, pure).leftOut).toEqual([]);
  });

  test("is refused where nothing is left, with the dimensions spelled out", () => {
    const none = errorOf({ terms: ["1", "x", "t^p"], dimensions: "strict" });
    expect(none).toMatchObject({ code: "dimensions_disagree", faults: [{ pointer: "/hypothesis/terms" }] });
    expect(none.message).toMatch(/1 is a pure number, x is length, t\^p: t\^-4 is time\^-4; what is modelled is length time\^-1\. Correct/);
    expect(errorOf({ terms: ["1", "sin(x)"], dimensions: "functions" }).message).toMatch(/sin\(x\) takes a function of length\. Correct/);
  });

  test("is refused where a unit is missing or transforms cannot share a library", () => {
    const missing = errorOf({ terms: ["x/t"], dimensions: "strict" }, { x: "m", v: "m/s" });
    expect(missing).toMatchObject({ code: "invalid_request", faults: [{ pointer: "/hypothesis/dimensions" }] });
    expect(missing.message).toMatch(/the unit of column "t"; send it/);
    expect(errorOf({ dimensions: "strict" }, {}).message).toMatch(/the unit of column "v"/);
    for (const transforms of [["log"], ["identity", "reciprocal"]]) {
      expect(errorOf({ terms: ["x/t"], dimensions: "strict", transforms })).toMatchObject({
        code: "dimensions_disagree",
        faults: [{ pointer: "/hypothesis/transforms" }],
      });
    }
    expect(errorOf({ dimensions: "loose" }).faults).toMatchObject([{ pointer: "/hypothesis/dimensions" }]);
  });

  test("does not build more grids than a search may have", () => {
    const range = { from: -20, to: 20, step: 0.004 };
    const wide = errorOf({ terms: ["x^p*t^q"], dimensions: "strict", exponents: { p: range, q: range } });
    expect(wide.code).toBe("budget_exceeded");
  });
});
