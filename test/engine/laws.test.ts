import { describe, expect, test } from "vitest";
import { type Expression, linearTerms } from "../../src/contract/expression.ts";
import { parseExpression, parseFormula } from "../../src/contract/formula.ts";
import type { Law, Result } from "../../src/contract/result.ts";
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
