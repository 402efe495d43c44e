import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFound } from "../../src/activities/shard-file.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { result as resultSchema } from "../../src/contract/result.ts";
import { drawPlots } from "../../src/engine/plot/plots.ts";
import { buildProblem } from "../../src/engine/problem.ts";
import { searchCells } from "../../src/engine/search.ts";
import { type ColumnValues, control, discover, evaluate, prepared, uniforms } from "./support.ts";
import { balmer, boyle, galileo, kepler, ohm } from "./tables.ts";

const ALL_TRANSFORMS = { hypothesis: { transforms: ["identity", "reciprocal", "log"] } };

describe("a discover job", () => {
  test("finds Kepler's third law from the eight planets alone", () => {
    const { result, evidence } = discover(kepler);
    expect(resultSchema.parse(result)).toEqual(result);
    expect(result).toMatchObject({ verdict: "accepted", reasons: [], p_value: 0.025 });
    expect(result.candidate).toBeUndefined();
    const [term] = result.law?.terms ?? [];
    expect(term).toMatchObject({ text: "a^1.5", exponents: { a: 1.5 } });
    expect(term?.coefficient).toBeCloseTo(365.2, 0);
    const [low, high] = term?.interval ?? [0, 0];
    expect(low).toBeLessThan(365.25);
    expect(high).toBeGreaterThan(365.25);
    expect(result.law).toMatchObject({ text: "T = 365.2 a^1.5", latex: "T = 365.2 \\, a^{1.5}", transform: "identity", noise: "relative" });
    expect(evidence).toMatchObject({ axis: "a", target: "T", x: kepler.a, observed: kepler.T });
    expect(evidence.held_out).toHaveLength(2);
  });

  test("gives a law whose JavaScript computes the target from the columns", () => {
    const { result, evidence } = discover(ohm, ALL_TRANSFORMS);
    ohm.x.forEach((x, row) => {
      expect(runInNewContext(result.law?.javascript ?? "", { x })).toBeCloseTo(evidence.fitted[row] ?? Number.NaN, 9);
    });
  });

  test.each<[string, ColumnValues, object, string]>([
    ["Boyle", boyle, {}, "P = 1408 V^-1"],
    ["Galileo", galileo, {}, "d = 32.9 t^2"],
    ["Ohm", ohm, ALL_TRANSFORMS, "1/X = 0.00278 + 0.000138 x"],
    // The lines are known to a millionth; noise of a hundredth would hide the constant.
    ["Balmer", balmer, { ...ALL_TRANSFORMS, noise: { levels: [0.0001] } }, "1/L = 0.002742737 - 0.01097097 n^-2"],
  ])("accepts the law of %s", (_, columns, more, text) => {
    expect(discover(columns, more).result).toMatchObject({ verdict: "accepted", law: { text } });
  });

  test("finds a product of powers of two inputs, and a sum of squares of three, with the default library", () => {
    const draw = uniforms(5);
    const rows = Array.from({ length: 60 }, () => [1 + 4 * draw(), 1 + 4 * draw(), 1 + 4 * draw(), 1 + 0.02 * (draw() - 0.5)] as const);
    const [x, y, z] = [rows.map(([value]) => value), rows.map(([, value]) => value), rows.map(([, , value]) => value)];
    const product = discover({ x, y, T: rows.map(([a, b, , noise]) => 3 * a ** 1.5 * b ** -2 * noise) }).result;
    expect(product).toMatchObject({ verdict: "accepted", law: { terms: [{ text: "x^1.5 y^-2", exponents: { x: 1.5, y: -2 } }] } });
    const squares = discover({ x, y, z, T: rows.map(([a, b, c, noise]) => (a ** 2 + b ** 2 + c ** 2) * noise) }).result;
    expect(squares.verdict).toBe("accepted");
    expect(squares.law?.terms.map(({ text }) => text)).toEqual(["x^2", "y^2", "z^2"]);
  });

  test("takes columns with names that every object inherits, and says their exponents", () => {
    const draw = uniforms(9);
    const names = ["constructor", "toString", "valueOf", "hasOwnProperty"];
    const values = names.map(() => Array.from({ length: 40 }, () => 1 + 4 * draw()));
    const columns: ColumnValues = Object.fromEntries(names.map((name, index) => [name, values[index] ?? []]));
    for (const [index, name] of names.entries()) {
      const T = (values[index] ?? []).map((value) => 3 * value ** 2 * (1 + 0.01 * (draw() - 0.5)));
      const { result } = discover({ ...columns, T });
      expect(result).toMatchObject({ verdict: "accepted", law: { terms: [{ text: `${name}^2`, exponents: { [name]: 2 } }] } });
      const given = evaluate({ ...columns, T }, `T = ${name}^2`, { constants: "refit" }).result;
      expect(given).toMatchObject({ verdict: "accepted", law: { terms: [{ exponents: { [name]: 2 } }] } });
      expect(resultSchema.parse(result)).toEqual(result);
    }
    const [x = []] = values;
    const target = { x, valueOf: x.map((value) => 5 / value) };
    expect(discover(target, { hypothesis: { terms: ["x^toString"] } }).result).toMatchObject({ law: { terms: [{ text: "x^-1" }] } });
  });

  test("accepts exact data with the simplest law that is exact", () => {
    const x = Array.from({ length: 30 }, (_, row) => 1 + row / 3);
    expect(discover({ x, T: x }).result).toMatchObject({ verdict: "accepted", law: { text: "T = x" } });
    expect(discover({ x, T: x.map((value) => 1 + 3 * value ** 2) }).result).toMatchObject({
      verdict: "accepted",
      law: { text: "T = 1 + 3 x^2" },
    });
  });

  test.each([
    [1.6, "T = 2 x^1.6"],
    [1.37, "T = 2 x^1.37"],
    [-2 / 3, "T = 2 x^(-2/3)"],
  ])("finds the exponent %f between the values of the grid", (exponent, text) => {
    const x = Array.from({ length: 30 }, (_, row) => 1 + row / 3);
    const { result } = discover({ x, T: x.map((value) => 2 * value ** exponent) });
    expect(result).toMatchObject({ verdict: "accepted", law: { text } });
  });

  test("rejects a curve that no law of the library has, and names its best candidate", () => {
    const x = Array.from({ length: 200 }, (_, row) => 0.5 + row / 40);
    const { result } = discover(
      { x, T: x.map((value) => Math.tanh(3 * (value - 2)) + 2) },
      { hypothesis: { terms: ["1", "x^p", "sin(x)"] } },
    );
    expect(result).toMatchObject({ verdict: "rejected" });
    expect(result.reasons).toEqual(expect.arrayContaining(["lack_of_fit", "outside_library"]));
    expect(result.law).toBeUndefined();
    expect(result.candidate?.text).toBeDefined();
  });

  test("leaves out powers that a zero or a negative value does not allow", () => {
    const x = Array.from({ length: 21 }, (_, row) => row - 10);
    const { result } = discover({ x, T: x.map((value, row) => 3 * value ** 2 + (row % 2 ? 0.1 : -0.1)) });
    expect(result).toMatchObject({ verdict: "accepted", law: { noise: "additive", terms: [{ text: "x^2" }] } });
  });

  test("names terms that no exponent makes a column of", () => {
    const x = [-1, 1, 2, 3, 4, 5, 6, 7];
    const { result } = discover({ x, T: x.map((value) => value ** 2) }, { hypothesis: { terms: ["log(x)", "x^p", "sin(x)"] } });
    expect(result.library).toMatchObject({ terms: 3, unusable: ["log(x)"] });
    expect(discover({ x, T: x }, { hypothesis: { terms: ["x^p"] } }).result.library).not.toHaveProperty("unusable");
    const { result: none } = discover({ x, T: x.map((value) => value ** 2) }, { hypothesis: { terms: ["log(x)"] } });
    expect(none).toMatchObject({ verdict: "rejected", library: { unusable: ["log(x)"] } });
    expect(resultSchema.parse(none)).toEqual(none);
  });

  test.each([2, 3, 4])("rejects a table of %i rows for want of a signal", (rows) => {
    const x = [1, 2, 3.5, 5].slice(0, rows);
    const { result } = discover({ x, T: x.map((value) => 2 * value) });
    expect(resultSchema.parse(result)).toEqual(result);
    expect(result).toMatchObject({ verdict: "rejected", fit: { rows, holdout_rmse: null } });
    expect(result.reasons).toContain("no_signal");
  });

  test("accepts pure noise no more often than the nominal rate", () => {
    // 120 tables, half of them skewed; at 2.5 % more than 8 accepted have a probability below 0.5 %.
    const accepted = Array.from({ length: 120 }, (_, index) => {
      const draw = uniforms(index);
      const rows = [6, 8, 12, 20][index % 4] ?? 8;
      const x = Array.from({ length: rows }, draw);
      const y = x.map(() => (index % 8 < 4 ? draw() - 0.5 : Math.exp(3 * draw())));
      const library = index % 2 ? { hypothesis: { terms: ["1", "x^p", "sin(x)"] } } : {};
      return discover({ x, y }, { ...library, seed: index }).result.verdict;
    }).filter((verdict) => verdict === "accepted");
    expect(accepted.length).toBeLessThanOrEqual(8);
  });

  test("says that a constant is no signal", () => {
    const draw = uniforms(3);
    const x = Array.from({ length: 20 }, draw);
    const { result } = discover({ x, y: x.map(() => 5 + 0.01 * draw()) });
    expect(result).toMatchObject({ verdict: "rejected", p_value: 1 });
    expect(result.reasons).toContain("no_signal");
  });

  test("refuses transforms that the target does not allow", () => {
    const x = [1, 2, 3, 4, 5, 6];
    expect(() => discover({ x, y: [1, 2, -3, 4, 5, 6] }, { hypothesis: { transforms: ["log"] } })).toThrow(
      /row 3 of "y", which is -3; add "identity"/,
    );
  });
});

describe("the same request gives the same bytes", () => {
  const draw = uniforms(11);
  const x = Array.from({ length: 40 }, () => 1 + 4 * draw());
  const y = Array.from({ length: 40 }, () => 1 + 4 * draw());
  const T = x.map((value, row) => 2 * value ** 1.5 + (y[row] ?? 1) ** -1 * (1 + 0.1 * draw()));
  const more = {
    hypothesis: {
      terms: ["1", "x^p", "y^q", "x^p*y^q", "x*y"],
      exponents: { p: { from: -2, to: 2, step: 0.25 }, q: { from: -2, to: 2, step: 0.25 } },
      transforms: ["identity", "log"],
    },
    noise: { levels: [0, 0.05], trials: 3 },
  };
  const whole = discover({ x, y, T }, more);

  test.each([7, 64, 289])("when the grid is searched in %i pieces and merged in reverse order", (pieces) => {
    const other = discover({ x, y, T }, more, pieces);
    expect(encodeFound(other.found).equals(encodeFound(whole.found))).toBe(true);
    expect(JSON.stringify(other.result)).toBe(JSON.stringify(whole.result));
  });

  test("and what a piece found stays below 16 KiB", () => {
    for (const piece of [whole.found, ...discover({ x, y, T }, more, 64).pieces]) {
      expect(encodeFound(piece).length).toBeLessThan(16_384);
    }
  });

  test("and another seed holds out other rows", () => {
    expect(discover({ x, y, T }, { ...more, seed: 7 }).evidence.held_out).not.toEqual(whole.evidence.held_out);
  });
});

test("a search reports its fits as it goes, and stops when it is told to", () => {
  const { request, table, plan } = prepared(
    { x: kepler.a, T: kepler.T },
    { hypothesis: { terms: ["1", "x^p", "x^q"], exponents: { p: { from: -4, to: 4, step: 0.05 }, q: { from: -4, to: 4, step: 0.05 } } } },
  );
  let reported = 0;
  let largest = 0;
  const problem = buildProblem(request, plan, table, control);
  const found = searchCells(
    problem,
    { from: 0, to: plan.cells },
    {
      advance(fits) {
        reported += fits;
        largest = Math.max(largest, fits);
      },
    },
  );
  expect(reported).toBe(plan.fits);
  expect(found.fits).toBeLessThanOrEqual(plan.fits);
  expect(largest).toBeLessThan(150_000);
  class Stopped extends Error {}
  const stop = {
    advance() {
      throw new Stopped();
    },
  };
  expect(() => buildProblem(request, plan, table, stop)).toThrow(Stopped);
  expect(() => searchCells(problem, { from: 0, to: plan.cells }, stop)).toThrow(Stopped);
});

test("any table of numbers, however odd, is judged or refused with a code, and its result is a document", () => {
  const odd = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 1e300, 5e-324),
  );
  const tame = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ min: 0.1, max: 10, noNaN: true }),
    fc.constantFrom(1e49, -1e49, 1e-49),
  );
  const columns = fc.integer({ min: 2, max: 14 }).chain((rows) => {
    const of = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: rows, maxLength: rows });
    return fc.record({ x: fc.oneof(of(odd), of(tame)), w: fc.oneof(of(odd), of(tame)), y: of(tame) });
  });
  const job = fc.constantFrom(
    (table: ColumnValues) => discover(table, ALL_TRANSFORMS),
    (table: ColumnValues) => evaluate(table, "y = 2 x + 1 + w"),
    (table: ColumnValues) => evaluate(table, "y = x + w^2", { constants: "refit" }),
  );
  fc.assert(
    fc.property(columns, job, (table, run) => {
      try {
        const { result, evidence } = run(table);
        expect(resultSchema.safeParse(JSON.parse(JSON.stringify(result))).error).toBeUndefined();
        for (const { svg } of drawPlots(evidence)) expect(svg).not.toMatch(/NaN|Infinity/);
      } catch (error) {
        if (!(error instanceof OrreryError)) throw error;
      }
    }),
    {
      numRuns: 400,
      // A column whose square sum is beyond doubles, under weights that bring it nearer to that.
      examples: [
        [
          {
            x: [3.784090899975654e307, 0, 0, 0, 0, 0, 1.7574149105257743e308, 0, 0, 0, 0],
            w: [1e-49, 0, 0.1, 0.1, 0.1, 0, 0, 1e49, 0, 0, 0.1],
            y: [0, 0.1, 1e49, 0.1, 0, 0.1, 1e49, 0, 0, 0, 0.1],
          },
          (table: ColumnValues) => discover(table, ALL_TRANSFORMS),
        ],
      ],
    },
  );
});
