import { describe, expect, test } from "vitest";
import { MAX_TREE } from "../../src/contract/ast.ts";
import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { column, constant, type Expression, power, product, sum } from "../../src/contract/expression.ts";
import { parseExpression } from "../../src/contract/formula.ts";
import { printText } from "../../src/contract/formula-print.ts";
import { parseDocument } from "../../src/contract/parse.ts";
import { planEvaluate } from "../../src/contract/plan.ts";
import { evaluateRequest } from "../../src/contract/request.ts";

const columns = { a: [1, 2, 3], b: [2, 3, 5], T: [1, 4, 9] };
const dataset = { source: "inline", columns };

function planOf(law: unknown, more: object = {}) {
  return planEvaluate(parseDocument(evaluateRequest, { dataset, law, ...more }), headerOf(tableOf(columns)));
}

function errorOf(run: () => unknown): OrreryError {
  try {
    run();
  } catch (error) {
    if (error instanceof OrreryError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the tree of a law", () => {
  const kepler = { type: "product", factors: [constant(365.2), power(column("a"), constant(1.5))] };

  test("says what the text says", () => {
    expect(planOf({ ast: kepler })).toEqual(planOf("365.2*a^1.5"));
    expect(planOf({ ast: kepler, target: "b", transform: "log" })).toEqual(planOf("log(b) = 365.2*a^1.5"));
  });

  test("is brought into normal form", () => {
    const { law } = planOf({ ast: { type: "product", factors: [{ type: "sum", terms: [kepler] }, constant(2), constant(1)] } });
    expect(printText(law)).toBe("730.4 a^1.5");
  });

  test("of the deepest and of a long text is accepted", () => {
    const deep = `${"2 sin(1 + b (".repeat(31)}a${")^2)^2 - 1".repeat(31)}`;
    for (const text of [deep, Array.from({ length: 60 }, (_, power) => `${power}.5 a^${power}.25 sin(b/${power + 1})`).join(" + ")]) {
      const ast = parseExpression(text, { columns: ["a", "b"] }, "");
      expect(planOf({ ast: JSON.parse(JSON.stringify(ast)) }).law).toEqual(planOf(text).law);
    }
  });

  test.each<[string, unknown, string, RegExp]>([
    ["a number", 3, "/law", /must be a formula in text, or an object/],
    ["no tree", { target: "T" }, "/law/ast", /is missing; it must be an object/],
    ["a long text", "a+".repeat(50_000), "/law", /at most 2000 characters/],
    ["an unknown key", { ast: kepler, targte: "T" }, "/law/targte", /did you mean "target"/],
    ["an unknown transform", { ast: kepler, transform: "sqrt" }, "/law/transform", /"identity" or "reciprocal" or "log"/],
    [
      "an unknown part",
      { ast: { type: "product", factors: [{ type: "tan" }] } },
      "/law/ast/factors/0/type",
      /must be constant, column, power/,
    ],
    ["a part with a typing error", { ast: { type: "column", nmae: "a" } }, "/law/ast/name", /is missing; it must be a text/],
    [
      "an unknown key in a part",
      { ast: { type: "sum", terms: [{ type: "column", name: "a", power: 2 }] } },
      "/law/ast/terms/0/power",
      /not a known key/,
    ],
    ["a text for a number", { ast: constant("2" as never) }, "/law/ast/value", /must be a number/],
    ["an infinite constant", { ast: constant(Number.POSITIVE_INFINITY) }, "/law/ast/value", /must be a number/],
    ["a free exponent", { ast: power(column("a"), { type: "parameter", name: "p" }) }, "/law/ast/exponent/type", /must be constant/],
    ["an unknown function", { ast: { type: "call", function: "tan", argument: column("a") } }, "/law/ast/function", /"sin" or "cos"/],
    ["an empty sum", { ast: { type: "sum", terms: [] } }, "/law/ast/terms", /at least 1 entries/],
  ])("is refused with the place: %s", (_, law, pointer, detail) => {
    const { code, faults } = errorOf(() => planOf(law));
    expect({ code, pointer: faults[0]?.pointer }).toEqual({ code: "invalid_request", pointer });
    expect(faults[0]?.detail).toMatch(detail);
  });

  test("is checked against the columns and the target", () => {
    expect(errorOf(() => planOf({ ast: column("c") }))).toMatchObject({ code: "column_unknown", faults: [{ pointer: "/law/ast" }] });
    expect(errorOf(() => planOf({ ast: column("__proto__") })).code).toBe("column_unknown");
    expect(errorOf(() => planOf({ ast: column("T") }))).toMatchObject({ code: "invalid_request", faults: [{ pointer: "/law" }] });
    expect(errorOf(() => planOf({ ast: column("a"), target: "b" }, { target: "T" })).message).toMatch(/make them agree/);
    expect(errorOf(() => planOf({ ast: column("a"), target: "c" })).code).toBe("column_unknown");
  });

  test.each([
    ["depth", 100_000, (inner: Expression): Expression => ({ type: "power", base: inner, exponent: constant(2) }), /parts deep/],
    ["depth of lists", 100_000, (inner: Expression): Expression => ({ type: "sum", terms: [inner] }), /parts deep/],
  ])("has a bounded %s", (_, levels, around, detail) => {
    let ast: Expression = column("a");
    for (let level = 0; level < levels; level += 1) ast = around(ast);
    expect(errorOf(() => planOf({ ast })).faults).toMatchObject([{ pointer: "/law/ast", detail: expect.stringMatching(detail) }]);
  });

  test("has a bounded number of parts and terms", () => {
    const wide = (count: number): Expression => ({ type: "sum", terms: Array.from({ length: count }, () => column("a")) });
    expect(errorOf(() => planOf({ ast: wide(MAX_TREE.parts) })).faults[0]?.detail).toMatch(/must have at most 2000 parts/);
    expect(planOf({ ast: wide(MAX_TREE.parts - 1) }).law.type).toBe("sum");
    const powers = Array.from({ length: 65 }, (_, index) => power(column("a"), constant(index + 2)));
    expect(errorOf(() => planOf({ ast: sum(powers) }))).toMatchObject({ code: "budget_exceeded", faults: [{ pointer: "/law" }] });
    expect(planOf({ ast: product(powers) }).inputs).toEqual(["a"]);
  });
});
