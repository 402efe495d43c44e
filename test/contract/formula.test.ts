import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OrreryError } from "../../src/contract/errors.ts";
import {
  bind,
  call,
  column,
  columnExponents,
  constant,
  type Expression,
  FUNCTIONS,
  linearTerms,
  parameter,
  power,
  product,
  sum,
} from "../../src/contract/expression.ts";
import { parseExpression, parseFormula } from "../../src/contract/formula.ts";
import { printJavaScript, printLatex, printPython, printText } from "../../src/contract/formula-print.ts";

const names = { columns: ["a", "b", "x_1"], parameters: ["p"] };
const read = (text: string) => parseExpression(text, names, "/law");

function errorOf(run: () => unknown): OrreryError {
  try {
    run();
  } catch (error) {
    if (error instanceof OrreryError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Numbers whose sums and products cannot leave the range of a double. */
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Number(value.toPrecision(6)) + 0);
const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    number.map(constant),
    fc.constantFrom(...names.columns).map(column),
    fc.constant(parameter("p")),
    fc
      .tuple(tie("tree"), fc.oneof(fc.constantFrom(-2, -1, -0.5, 0.25, 1.5, 3).map(constant), tie("tree")))
      .map(([base, exponent]) => power(base, exponent)),
    fc.array(tie("tree"), { minLength: 1, maxLength: 4 }).map(product),
    fc.array(tie("tree"), { minLength: 1, maxLength: 4 }).map(sum),
    fc.tuple(fc.constantFrom(...FUNCTIONS), tie("tree")).map(([name, argument]) => call(name, argument)),
  ),
}));
/** Deep trees print with many parentheses; those that the parser refuses for their length are not of interest here. */
const readable = tree.filter((expression) => printText(expression).length < 500 && !/Infinity|NaN/.test(printText(expression)));

describe("the formula language", () => {
  test("reads back what it prints", () => {
    fc.assert(
      fc.property(readable, (expression) => {
        expect(read(printText(expression))).toEqual(expression);
      }),
      { numRuns: 500 },
    );
  });

  test("prints JavaScript that computes what the Python text says", () => {
    // Both dialects share every rule but the name of the functions, so one of them is run.
    fc.assert(
      fc.property(readable, fc.double({ min: 0.5, max: 2, noNaN: true }), (expression, a) => {
        const bound = bind(expression, { p: 2 });
        const javascript = printJavaScript(bound);
        expect(javascript.replaceAll("Math.", "")).toBe(printPython(bound));
        const at = { a, b: 1.25, x_1: 0.75 };
        expect(close(runInNewContext(javascript, at) as number, evaluated(bound, at))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("reads Python and JavaScript without Math as the same formula", () => {
    const values = { a: 1.5, b: 1.25, x_1: 0.75, p: 2 };
    fc.assert(
      fc.property(readable, (expression) => {
        const python = printPython(expression);
        fc.pre(python.length < 2_000);
        // -x^2 and (-1)*x**2 are the same number, but a bare sign is no factor of its own.
        expect(close(evaluated(read(python), values), evaluated(expression, values))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("prints LaTeX that is balanced, with every brace, delimiter and raised part in its place", () => {
    fc.assert(
      fc.property(readable, (expression) => {
        const latex = printLatex(expression);
        expect(latex).not.toMatch(/NaN|Infinity|undefined|\^[^{]|\}\^\{[^}]*\}\^|(?<!\\)_/);
        const open: string[] = [];
        for (const [mark] of latex.matchAll(/\\left\(|\\right\)|[{}()]/g)) {
          const partner = { "}": "{", "\\right)": "\\left(" }[mark];
          if (partner === undefined) open.push(mark);
          else expect(open.pop()).toBe(partner);
        }
        expect(open).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(printLatex(column("_"))).toBe("\\mathrm{\\_}");
  });

  test.each([
    ["365.2 a^1.5", "365.2 a^1.5"],
    ["365.2*a**1.5", "365.2 a^1.5"],
    ["1.5e-3a", "0.0015 a"],
    ["2exp(a)", "2 exp(a)"],
    ["-a^2", "-a^2"],
    ["2^-3", "0.125"],
    ["a^b^2", "a^(b^2)"],
    ["1/a^2", "a^-2"],
    ["a/b/2", "0.5 a b^-1"],
    ["sqrt(a) / 2", "0.5 a^0.5"],
    ["a^(3/2)", "a^1.5"],
    ["1 - -2a", "1 + 2 a"],
    ["3 - 2 (a + b)", "3 - 2 (a + b)"],
    ["a^p", "a^p"],
    ["a*2^b", "a*2^b"],
    ["a - 1 + 3", "a + 2"],
    ["(a)", "a"],
  ])("reads %s as %s", (text, printed) => {
    expect(printText(read(text))).toBe(printed);
  });

  test("reads the left side as the target and its transform", () => {
    expect(parseFormula("b = 2 a", names, "/law")).toMatchObject({ target: "b", transform: "identity" });
    expect(parseFormula("1/b = 2 a", names, "/law")).toMatchObject({ target: "b", transform: "reciprocal" });
    expect(parseFormula(" log( b )=2 a", names, "/law")).toMatchObject({ target: "b", transform: "log" });
    expect(parseFormula("2 a", names, "/law")).toMatchObject({ target: null, transform: "identity", expression: read("2a") });
  });

  test("prints LaTeX with raised exponents and escaped names", () => {
    expect(printLatex(read("1e-7 x_1^1.5 + sin(a)"))).toBe("1 \\cdot 10^{-7} \\, \\mathrm{x\\_1}^{1.5} + \\sin\\left(a\\right)");
  });

  test("splits a law into coefficients and terms, equal terms added up", () => {
    const parts = linearTerms(read("2 a^1.5 + 3 - a^1.5 + b/2"));
    expect(parts.map(({ coefficient, term }) => [coefficient, printText(term)])).toEqual([
      [1, "a^1.5"],
      [3, "1"],
      [0.5, "b"],
    ]);
    expect(columnExponents(read("a^1.5*b/sin(a)"))).toEqual({ a: 1.5, b: 1 });
  });

  test("keeps exponents by names that every object inherits", () => {
    const inherited = ["constructor", "toString", "valueOf", "hasOwnProperty"];
    for (const name of inherited) {
      const term = parseExpression(`${name}^1.5`, { columns: inherited }, "");
      expect(columnExponents(term)).toEqual({ [name]: 1.5 });
      expect(bind(power(column("a"), parameter(name)), {})).toEqual(power(column("a"), parameter(name)));
    }
  });

  test("takes an unknown name for an exponent only where the caller allows it, and only after ^", () => {
    expect(printText(parseExpression("a^q", { ...names, openExponents: true }, ""))).toBe("a^q");
    expect(errorOf(() => parseExpression("q^2", { ...names, openExponents: true }, "")).code).toBe("unknown_term");
    expect(errorOf(() => read("a^q")).code).toBe("unknown_term");
  });
});

describe("a formula that cannot be read", () => {
  test.each([
    ["", "formula_invalid", /at the end: expected a number, a name or "\("/],
    ["a +", "formula_invalid", /at the end/],
    ["a ^^ 2", "formula_invalid", /"\^ 2" at character 4/],
    ["(a", "formula_invalid", /expected an operator or "\)"/],
    ["a)", "formula_invalid", /"\)" at character 2: expected an operator/],
    ["a 2", "formula_invalid", /"2" at character 3: a number cannot follow/],
    ["sin a", "formula_invalid", /the function sin needs an argument/],
    ["1e999 a", "formula_invalid", /1e999 is too large/],
    ["a ; b", "formula_invalid", /"; b" at character 3/],
    ["2 A + c", "unknown_term", /"A" at character 3 .* Did you mean "a"\?/],
    ["sine(a)", "unknown_term", /Did you mean "sin"\?/],
    ["velocity", "unknown_term", /Known names: a, b, x_1, p;/],
    ["__proto__", "unknown_term", /neither a column/],
    ["tan(a)", "unknown_term", /"tan" at character 1/],
  ])("%j is %s with the place and the next step", (text, code, message) => {
    const error = errorOf(() => read(text));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.faults).toMatchObject([{ pointer: "/law" }]);
  });

  test.each([
    ["ten thousand parentheses", "(".repeat(10_000)],
    ["parentheses within the length", `${"(".repeat(900)}a${")".repeat(900)}`],
    ["a tower of powers", "a^".repeat(900)],
    ["a tower of functions", `${"sin(".repeat(450)}a`],
    ["a long text", "a+".repeat(50_000)],
  ])("%s is refused at once and without exhausting the stack", (_, text) => {
    expect(errorOf(() => read(text)).code).toBe("formula_invalid");
    expect(errorOf(() => parseFormula(text, names, "")).message.length).toBeLessThan(300);
  });

  test("any text is read or refused with a code, never another error", () => {
    const noise = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc
        .array(fc.constantFrom("a", "b", "p", "1", "2.5", "e", "(", ")", "+", "-", "*", "**", "^", "/", " ", "sin", "sqrt", ".", "="), {
          maxLength: 40,
        })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseFormula(text, names, "/law");
        } catch (error) {
          expect(error).toBeInstanceOf(OrreryError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function close(left: number, right: number): boolean {
  return (
    (Number.isNaN(left) && Number.isNaN(right)) ||
    left === right ||
    Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right))
  );
}

/** A direct reading of the tree, as the reference for what is printed. */
function evaluated(expression: Expression, at: Record<string, number>): number {
  switch (expression.type) {
    case "constant":
      return expression.value;
    case "column":
    case "parameter":
      return at[expression.name] ?? Number.NaN;
    case "power":
      return evaluated(expression.base, at) ** evaluated(expression.exponent, at);
    case "product":
      return expression.factors.reduce((value, factor) => value * evaluated(factor, at), 1);
    case "sum":
      return expression.terms.reduce((value, term) => value + evaluated(term, at), 0);
    case "call":
      return Math[expression.function](evaluated(expression.argument, at));
  }
}
