import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { TableHeader } from "../../src/contract/dataset.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { type DiscoverPlan, planDiscover, planEvaluate } from "../../src/contract/plan.ts";
import { discoverRequest, evaluateRequest } from "../../src/contract/request.ts";
import { routeDiscover, routeEvaluate, shardCells } from "../../src/contract/route.ts";

const dataset = { source: "stored", dataset_id: `ds_${"0".repeat(64)}` } as const;

function header(columns: string[], rows = 100, constant: string[] = []): TableHeader {
  return { rows, columns, units: {}, constant };
}

function discover(table: TableHeader, more: object = {}): DiscoverPlan {
  return planDiscover(discoverRequest.parse({ dataset, ...more }), table);
}

function evaluate(table: TableHeader, law: string, more: object = {}) {
  return planEvaluate(evaluateRequest.parse({ dataset, law, ...more }), table);
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

describe("the defaults of a discover plan", () => {
  test("are the last column as target, two free powers and functions of the one input, under all transforms", () => {
    const plan = discover(header(["a", "T"]));
    expect(plan).toMatchObject({ target: "T", inputs: ["a"], maxTerms: 4, permutations: 39, cells: 1 + 2 * 42 + 42 ** 2 });
    expect(plan.transforms).toEqual(["identity", "reciprocal", "log"]);
    expect(plan.terms.map(({ text }) => text)).toEqual(["1", "a", "a^p", "a^q", "sin(a)", "cos(a)", "exp(-a)", "log(a)"]);
    const [p, q] = plan.exponents;
    expect(p?.values).toEqual(q?.values);
    expect(p?.values.filter((value) => Math.abs(value) <= 4)).toEqual(Array.from({ length: 33 }, (_, index) => -4 + index / 4));
  });

  const FUNCTIONS = (name: string) => [`sin(${name})`, `cos(${name})`, `exp(-${name})`, `log(${name})`];
  test.each([
    [2, ["1", "x1", "x2", "x1 x2", "x1^p", "x2^q", "x1^p x2^q", ...FUNCTIONS("x1"), ...FUNCTIONS("x2")], 18 ** 2],
    [3, ["1", "x1", "x2", "x3", "x1 x2", "x1 x3", "x2 x3", "x1^p", "x2^q", "x3^r", "x1^p x2^q x3^r"], 14 ** 3],
  ])("add the product of the powers for %i inputs, on a grid that stays small", (inputs, terms, cells) => {
    const plan = discover(header([...Array.from({ length: inputs }, (_, index) => `x${index + 1}`), "y"], 1_000));
    expect(plan.terms.map(({ text }) => text)).toEqual(terms);
    expect(plan.cells).toBe(cells);
    expect(plan.fits).toBeLessThan(1e8);
  });

  test("hold seven values of each exponent for four inputs", () => {
    const plan = discover(header(["a", "b", "c", "d", "y"]));
    expect(plan.terms).toHaveLength(1 + 4 + 6 + 4 + 1);
    expect(plan).toMatchObject({ maxTerms: 3, cells: expect.toSatisfy((cells: number) => cells > 7 ** 4 && cells <= 8 ** 4) });
    expect(plan.exponents[3]?.values).toEqual([-2, -1, -0.5, 0, 0.5, 1, 2]);
  });

  test("are products of pairs without free exponents for more inputs, and single inputs for very many", () => {
    expect(discover(header(["a", "b", "c", "d", "e", "y"])).terms).toHaveLength(1 + 5 + 15);
    expect(discover(header([...Array.from({ length: 20 }, (_, index) => `x${index}`), "y"])).terms).toHaveLength(21);
  });

  test("leave out inputs with one value, and name exponents apart from columns", () => {
    const plan = discover(header(["p", "c", "y"], 10, ["c"]));
    expect(plan.inputs).toEqual(["p"]);
    expect(plan.terms.map(({ text }) => text).slice(0, 4)).toEqual(["1", "p", "p^p_", "p^q"]);
  });

  test("give an exponent that a term names the grid from -4 to 4, unless the request declares it", () => {
    const terms = { terms: ["x^k", "1"] };
    expect(discover(header(["x", "y"]), { hypothesis: terms }).exponents[0]?.values).toHaveLength(33);
    const declared = discover(header(["x", "y"]), { hypothesis: { ...terms, exponents: { k: { from: 0, to: 0.3, step: 0.1 } } } });
    expect(declared.exponents).toEqual([{ name: "k", values: [0, 0.1, 0.2, 0.3] }]);
  });
});

test("names that every object inherits are names of columns and exponents like any other", () => {
  const inherited = ["constructor", "toString", "valueOf", "hasOwnProperty"];
  const plan = discover(header([...inherited, "y"]));
  expect(plan.inputs).toEqual(inherited);
  const open = discover(header(["x", "y"]), { hypothesis: { terms: inherited.map((name) => `x^${name}`), max_terms: 1 } });
  expect(open.exponents.map(({ name, values }) => [name, values.length])).toEqual(inherited.map((name) => [name, 33]));
  expect(evaluate(header([...inherited, "y"]), "y = constructor^2/toString")).toMatchObject({ inputs: ["constructor", "toString"] });
});

test("a grid has a zero where its steps miss it by rounding", () => {
  const exponents = { k: { from: -0.3, to: 0.3, step: 0.1 } };
  const [k] = discover(header(["x", "y"]), { hypothesis: { terms: ["x^k"], exponents } }).exponents;
  expect(k?.values).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
});

test("the default library of a very wide table is counted before it is made", () => {
  const wide = header([...Array.from({ length: 4_095 }, (_, index) => `x${index}`), "y"], 100);
  expect(errorOf(() => discover(wide))).toMatchObject({
    code: "budget_exceeded",
    message: expect.stringMatching(/fits, but budget.max_fits/),
  });
  expect(discover(wide, { hypothesis: { max_terms: 1 } }).terms).toHaveLength(4_096);
  expect(discover(header(wide.columns.slice(-401)), { hypothesis: { max_terms: 2 } }).terms).toHaveLength(401);
});

describe("a request that cannot be planned", () => {
  const table = header(["x", "c", "y"], 100, ["c"]);
  test.each([
    ["an unknown target", { target: "z" }, "column_unknown", "/target", /"x", "c", "y"/],
    ["an unknown input", { inputs: ["x", "z"] }, "column_unknown", "/inputs/1", /no column "z"/],
    ["a target that is an input", { inputs: ["y"] }, "invalid_request", "/inputs/0", /cannot be an input as well/],
    ["a constant target", { target: "c" }, "column_constant", "/target", /same value in every row/],
    ["a constant input that a term uses", { hypothesis: { terms: ["x", "c^2"] } }, "column_constant", "/hypothesis/terms/1", /"c"/],
    [
      "a term that uses the target",
      { hypothesis: { terms: ["y^2"] } },
      "unknown_term",
      "/hypothesis/terms/0",
      /"y" at character 1 is the target/,
    ],
    [
      "a term that is another with a factor",
      { hypothesis: { terms: ["x", "2*x"] } },
      "invalid_request",
      "/hypothesis/terms/1",
      /the same as term 1, x/,
    ],
    ["a term with an unknown name", { hypothesis: { terms: ["1", "X^2"] } }, "unknown_term", "/hypothesis/terms/1", /Did you mean "x"/],
    ["a term that is no formula", { hypothesis: { terms: ["x^"] } }, "formula_invalid", "/hypothesis/terms/0", /at the end/],
    [
      "an exponent that no term names",
      { hypothesis: { terms: ["x"], exponents: { k: { from: 0, to: 1, step: 1 } } } },
      "invalid_request",
      "/hypothesis/exponents/k",
      /no term names/,
    ],
    [
      "an exponent with the name of a column",
      { hypothesis: { exponents: { x: { from: 0, to: 1, step: 1 } } } },
      "invalid_request",
      "/hypothesis/exponents/x",
      /rename it/,
    ],
    [
      "more fits than the budget",
      { budget: { max_fits: 1_000 } },
      "budget_exceeded",
      "/budget/max_fits",
      /1849 grid cells and takes up to \d+ fits, but budget.max_fits is 1000/,
    ],
    [
      "a grid that is too fine",
      { hypothesis: { terms: ["x^k"], exponents: { k: { from: 0, to: 1, step: 1e-9 } } } },
      "budget_exceeded",
      "/hypothesis/exponents/k",
      /1000000000 values/,
    ],
    [
      "too many distinct columns",
      { hypothesis: { terms: ["x^k*sin(m*x)"], exponents: { k: { from: 0, to: 1, step: 0.01 }, m: { from: 0, to: 1, step: 0.01 } } } },
      "budget_exceeded",
      "/hypothesis",
      /10201 distinct term columns/,
    ],
  ])("%s is refused with its place", (_, more, code, pointer, message) => {
    const error = errorOf(() => discover(table, more));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.faults[0]?.pointer).toBe(pointer);
  });

  test("too many exponents are refused by their number, before a range is read", () => {
    const range = new Proxy({} as { from: number; to: number; step: number }, {
      get() {
        throw new Error("a range was read");
      },
    });
    for (const count of [25, 5_000]) {
      const exponents = Object.fromEntries(Array.from({ length: count }, (_, index) => [`e${index}`, range]));
      const request = discoverRequest.parse({ dataset, hypothesis: { terms: ["x^e0"] } });
      const error = errorOf(() => planDiscover({ ...request, hypothesis: { ...request.hypothesis, exponents } }, table));
      expect(error).toMatchObject({ code: "budget_exceeded", message: expect.stringContaining(`${count} free exponents; at most 24`) });
      expect(error.faults[0]?.pointer).toBe("/hypothesis/exponents");
    }
    const open = Array.from({ length: 40 }, (_, index) => `x^e${index}`);
    expect(errorOf(() => discover(table, { hypothesis: { terms: open } })).message).toMatch(/40 free exponents; at most 24/);
  });

  test("no grid is built for a search that is refused", () => {
    const built = vi.spyOn(Number.prototype, "toPrecision");
    const fine = { from: 0, to: 1, step: 0.0001 };
    const exponents = { k: fine, m: fine };
    const coarse = { from: 0, to: 4, step: 0.1 };
    const tooMany = { terms: ["x^k", "x^m"], exponents: { k: coarse, m: coarse } };
    expect(errorOf(() => discover(table, { hypothesis: { terms: ["x^k*sin(m*x)"], exponents } })).code).toBe("budget_exceeded");
    expect(errorOf(() => discover(table, { hypothesis: tooMany, budget: { max_fits: 1_000 } })).code).toBe("budget_exceeded");
    expect(built).not.toHaveBeenCalled();
    expect(discover(table, { hypothesis: tooMany }).cells).toBe(41 + 41 + 41 * 41);
    expect(built).toHaveBeenCalled();
    built.mockRestore();
  });

  test("a law with too many terms or columns for its rows is refused with the figures", () => {
    const names = Array.from({ length: 70 }, (_, index) => `x${index}`);
    const wide = header([...names, "y"], 1_000_000);
    expect(errorOf(() => evaluate(wide, names.join(" + ")))).toMatchObject({
      code: "budget_exceeded",
      message: expect.stringMatching(/has 70 terms; at most 64/),
    });
    expect(errorOf(() => evaluate(wide, names.join(" ")))).toMatchObject({
      code: "budget_exceeded",
      message: expect.stringMatching(/needs \d+ MiB of memory; at most 1024 MiB/),
    });
    expect(evaluate(header([...names, "y"], 1_000), names.join(" ")).inputs).toHaveLength(70);
  });

  test("a search that needs more memory than is given to one is refused with the figures", () => {
    const more = { decision: { false_acceptance: 0.001 } };
    expect(errorOf(() => discover(header(["x", "y"], 1_000_000), more)).message).toMatch(/needs \d+ MiB of memory; at most 1024 MiB/);
  });

  test("a table with one column has no input", () => {
    expect(errorOf(() => discover(header(["y"]))).code).toBe("column_unknown");
  });
});

describe("an evaluate plan", () => {
  const table = header(["a", "b", "T"]);

  test("takes the target from the request, else from the left side, else from the last column", () => {
    expect(evaluate(table, "a^1.5")).toMatchObject({ target: "T", inputs: ["a"], transform: "identity" });
    expect(evaluate(table, "1/b = a")).toMatchObject({ target: "b", transform: "reciprocal" });
    expect(evaluate(table, "a^2", { target: "b" })).toMatchObject({ target: "b" });
  });

  test.each([
    ["b = a", { target: "T" }, "invalid_request", /about "b" but the target is "T"/],
    ["T = a + T", {}, "invalid_request", /uses its own target/],
    ["c = a", {}, "column_unknown", /no column "c"/],
    ["T = c*a", {}, "unknown_term", /"c" at character 5/],
    ["T = ", {}, "formula_invalid", /at the end/],
    ["T^2 = a^3", {}, "formula_invalid", /has "T\^2" on the left of "="; write T = …/],
    ["T = 0/0", {}, "law_not_finite", /which is NaN on every row; give it a finite value/],
    ["T = 2*a + log(0)", {}, "law_not_finite", /has log\(0\), which is -Infinity on every row/],
  ])("refuses %j", (law, more, code, message) => {
    const error = errorOf(() => evaluate(table, law, more));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.faults).toHaveLength(1);
  });
});

describe("the route of a job", () => {
  const plan = discover(header(["x", "y"]));

  test("follows the estimated cost of a discover job", () => {
    expect(routeDiscover({ ...plan, seconds: 1, fits: 1e9 })).toEqual({ path: "single", pool: "light" });
    expect(routeDiscover({ ...plan, seconds: 2, fits: 1.99e8 })).toEqual({ path: "single", pool: "heavy" });
    expect(routeDiscover({ ...plan, seconds: 2, fits: 5e8, cells: 1_000 })).toEqual({ path: "sharded", shards: 3 });
    expect(routeDiscover({ ...plan, seconds: 2, fits: 1.3e10, cells: 1_000 })).toEqual({ path: "sharded", shards: 64 });
  });

  test("never shards one cell", () => {
    expect(routeDiscover({ ...plan, seconds: 2, fits: 1e9, cells: 1 })).toEqual({ path: "single", pool: "heavy" });
  });

  test("is local for an evaluate job of a few rows, and a pool for many", () => {
    expect(routeEvaluate(evaluate(header(["a", "T"], 8), "a^1.5"))).toEqual({ path: "local" });
    expect(routeEvaluate(evaluate(header(["a", "T"], 50_000), "a^1.5"))).toEqual({ path: "single", pool: "light" });
    expect(routeEvaluate(evaluate(header(["a", "T"], 1_000_000), "a^1.5"))).toEqual({ path: "single", pool: "heavy" });
  });
});

describe("the estimated seconds of a job", () => {
  const inputs = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
  const powers = (count: number) =>
    ["1", "x0", "x1", ...Array.from({ length: count }, (_, index) => `x${index % 2}^${2 + index}`)].slice(0, count);

  // As measured on one thread of the machine that the constants are of, in seconds; see contract/cost.ts.
  test.each([
    ["few rows", header([...inputs(2), "y"], 8), {}, 0.05],
    ["the default library", header([...inputs(1), "y"], 200), {}, 0.24],
    ["three inputs", header([...inputs(3), "y"], 1_000), {}, 2.5],
    ["four inputs", header([...inputs(4), "y"], 5_000), {}, 9.2],
    ["many rows", header([...inputs(4), "y"], 20_000), {}, 15.6],
    ["many terms", header([...inputs(2), "y"], 200), { hypothesis: { terms: powers(64), max_terms: 4 } }, 1.7],
    ["large laws", header([...inputs(2), "y"], 200), { hypothesis: { terms: powers(32), max_terms: 5 } }, 0.69],
    ["many permutations", header([...inputs(1), "y"], 2_000), { decision: { false_acceptance: 0.001 } }, 2.6],
    ["a small search on many rows", header([...inputs(2), "y"], 5_000), { hypothesis: { terms: powers(5), max_terms: 2 } }, 0.37],
  ])("of a search with %s are those that were measured, within a factor of 3", (_, table, more, measured) => {
    const { seconds } = discover(table, more);
    expect(seconds / measured).toBeGreaterThan(1 / 3);
    expect(seconds / measured).toBeLessThan(3);
  });

  test.each([
    [5_000, {}, 0, 0.08],
    [50_000, {}, 0, 0.45],
    [20_000, { decision: { false_acceptance: 0.001 } }, 0, 3.5],
    [50, {}, 200_000, 0.79],
  ])("of a law on %i rows are those that were measured, within a factor of 3", (rows, more, predicted, measured) => {
    const request = evaluateRequest.parse({ dataset, law: "T = 2*a^1.5 + 3", ...more });
    const { seconds } = planEvaluate(request, header(["a", "T"], rows), predicted > 0 ? header(["a"], predicted) : undefined);
    expect(seconds / measured).toBeGreaterThan(1 / 3);
    expect(seconds / measured).toBeLessThan(3);
  });
});

test("shards are contiguous, not empty and cover the grid", () => {
  const size = fc.integer({ min: 1, max: 1e7 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ cells: size, subsets: size }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 64 }),
      (sizes, shards) => {
        let cells = 0;
        const grids = sizes.map((grid, mask) => {
          const from = cells;
          cells += grid.cells;
          return { ...grid, mask, from };
        });
        const ranges = shardCells({ grids, cells }, shards);
        expect(ranges).toHaveLength(Math.min(cells, shards));
        expect(ranges[0]?.from).toBe(0);
        expect(ranges.at(-1)?.to).toBe(cells);
        ranges.forEach(({ from, to }, index) => {
          expect(to).toBeGreaterThan(from);
          if (index > 0) expect(ranges[index - 1]?.to).toBe(from);
        });
      },
    ),
  );
});
