import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OrreryError } from "../../src/contract/errors.ts";
import { type Expression, linearTerms } from "../../src/contract/expression.ts";
import { parseExpression, parseFormula } from "../../src/contract/formula.ts";
import { type Law, type Result, result as resultSchema } from "../../src/contract/result.ts";
import { type ColumnValues, discover, evaluate } from "./support.ts";
import { balmer, boyle, galileo, kepler, ohm } from "./tables.ts";

function lawOf(result: Result): Law {
  const law = result.law ?? result.candidate;
  if (!law) throw new Error("no law");
  return law;
}

const jobs: [string, ColumnValues, object][] = [
  ["Kepler", kepler, {}],
  ["Boyle", boyle, {}],
  ["Galileo", galileo, {}],
  ["Balmer, of the reciprocal", balmer, { hypothesis: { transforms: ["reciprocal"] } }],
  ["Ohm, of the reciprocal", ohm, { hypothesis: { transforms: ["reciprocal"], terms: ["1", "x"] } }],
  ["Kepler, of the logarithm", kepler, { hypothesis: { transforms: ["log"], terms: ["1", "log(a)"] } }],
];

describe.each(jobs)("a law that was found goes back into evaluate: %s", (_, table, more) => {
  const found = discover(table, more).result;
  const law = lawOf(found);
  const tree = JSON.parse(JSON.stringify({ target: law.target, transform: law.transform, ast: law.ast })) as object;

  test("as its tree, with every digit", () => {
    const given = evaluate(table, tree).result;
    expect(lawOf(given)).toMatchObject({ ast: law.ast, python: law.python, transform: law.transform });
    expect(given.fit.rmse).toBeCloseTo(found.fit.rmse, 12);
  });

  test("as its tree with the constants fitted again, which are the same", () => {
    const refitted = evaluate(table, tree, { constants: "refit" }).result;
    // Only the intervals can differ: an exponent that was chosen has taken a degree of freedom.
    expect(lawOf(refitted)).toMatchObject({ ast: law.ast, python: law.python, noise: law.noise });
    expect(refitted.fit.rmse).toBe(found.fit.rmse);
  });

  test("as the Python expression of the target itself", () => {
    const python = evaluate(table, law.python, { target: law.target }).result;
    expect(python.fit.rmse / found.fit.rmse).toBeCloseTo(1, 6);
    expect(lawOf(python).transform).toBe("identity");
  });

  test("as its text, rounded to what the intervals support", () => {
    const columns = Object.keys(table);
    const formula = parseFormula(law.text, { columns }, "");
    expect(formula).toMatchObject({ target: law.target, transform: law.transform });
    const [rounded, exact] = [linearTerms(formula.expression), linearTerms(law.ast as Expression)];
    expect(rounded.map(({ term }) => term)).toEqual(exact.map(({ term }) => term));
    law.terms.forEach(({ text, interval }, index) => {
      expect(parseExpression(text, { columns }, "")).toEqual(exact[index]?.term);
      const { coefficient } = rounded[index] ?? { coefficient: Number.NaN };
      if (interval) expect(coefficient >= interval[0] && coefficient <= interval[1]).toBe(true);
    });
  });
});

describe("any law", () => {
  const columns = { a: [1, 2, 3, 4, 5, 6, 7, 8], b: [-2, -1, 0, 0.5, 1, 3, 9, 27], T: [3, 1, 4, 1.5, 9, 2, 6, 5] };
  const number = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constantFrom(0, 1, -1, 0.5, 1e-300, 1e300, -1e60, 1e-60, Number.MAX_VALUE, Number.MIN_VALUE),
  );
  const { tree } = fc.letrec<{ tree: object }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom("a", "b").map((name) => ({ type: "column", name })),
      number.map((value) => ({ type: "constant", value })),
      fc.record({ type: fc.constant("power"), base: tie("tree"), exponent: tie("tree") }),
      fc.record({ type: fc.constant("product"), factors: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ type: fc.constant("sum"), terms: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ type: fc.constant("call"), function: fc.constantFrom("sin", "cos", "exp", "log"), argument: tie("tree") }),
    ),
  }));

  test("is scored with finite figures, or refused with a code and a sentence", () => {
    let scored = 0;
    fc.assert(
      fc.property(
        tree,
        fc.constantFrom("identity", "reciprocal", "log"),
        fc.constantFrom("given", "refit"),
        (ast, transform, constants) => {
          const predict = { source: "inline", columns: { a: [0, -1, 1e300], b: [1e-300, 0, -5] } };
          let result: Result;
          try {
            result = evaluate(columns, { ast, transform }, { constants, predict }).result;
          } catch (error) {
            if (!(error instanceof OrreryError)) throw error;
            expect(["law_not_finite", "collinear_terms", "budget_exceeded"]).toContain(error.code);
            expect(error.message).toMatch(/^[A-Z].*\.$/s);
            expect(error.message).not.toMatch(/undefined|\[object/);
            return;
          }
          scored += 1;
          expect(resultSchema.parse(result)).toEqual(result);
          const law = lawOf(result);
          expect(parseFormula(law.text, { columns: ["a", "b", "T"] }, "")).toMatchObject({ target: "T", transform });
        },
      ),
      { numRuns: 600 },
    );
    expect(scored).toBeGreaterThan(100);
  });
});
