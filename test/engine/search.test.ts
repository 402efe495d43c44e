import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namesIn } from "../../src/contract/expression.ts";
import { type Grid, gridsOf, subsetsWithin } from "../../src/contract/grid.ts";
import { KEPT, mergeFound, type ShardFound } from "../../src/engine/found.ts";
import { regionsOf } from "../../src/engine/landscape.ts";
import { cellAt, indexOf, pairOf, usedGrid } from "../../src/engine/layout.ts";
import { buildProblem, type Problem } from "../../src/engine/problem.ts";
import { penalty } from "../../src/engine/score.ts";
import { searchCells } from "../../src/engine/search.ts";
import { control, prepared, uniforms } from "./support.ts";

/** Every subset of up to `most` of the numbers below `count`. */
function* subsets(count: number, most: number, first = 0): Generator<number[], void> {
  for (let next = first; next < count; next += 1) {
    yield [next];
    if (most > 1) for (const rest of subsets(count, most - 1, next + 1)) yield [next, ...rest];
  }
}

/** Residual square sum of a subset in a cell for one right-hand side, by Gaussian elimination; null if it is refused. */
function residual(problem: Problem, cell: number, chosen: readonly number[], gram: number, side: number): number | null {
  const { layout, plan } = problem;
  const { products, targets, squares, usable, sides } = problem.grams[gram] as Problem["grams"][number];
  const { digits } = cellAt(plan, cell);
  const columns = chosen.map((term) => {
    const { offset = 0, mask = 0 } = layout.terms[term] ?? {};
    return offset + indexOf(layout.sizes, mask, digits);
  });
  if (columns.some((column) => usable[column] === 0)) return null;
  const between = (i: number, j: number): number => {
    if (i === j) return 1;
    const mask = (layout.terms[i]?.mask ?? 0) | (layout.terms[j]?.mask ?? 0);
    const pair = layout.pairs[pairOf(Math.min(i, j), Math.max(i, j))] as number;
    return products[pair + indexOf(layout.sizes, mask, digits)] as number;
  };
  const rows = chosen.map((i, row) => [...chosen.map((j) => between(i, j)), targets[(columns[row] as number) * sides + side] as number]);
  let left = squares[side] as number;
  for (const [at, row] of rows.entries()) {
    const lead = row[at] as number;
    if (lead < 1e-6) return null;
    left -= (row.at(-1) as number) ** 2 / lead;
    for (const other of rows.slice(at + 1)) {
      const factor = (other[at] as number) / lead;
      row.forEach((value, index) => {
        other[index] = (other[index] as number) - factor * value;
      });
    }
  }
  return left;
}

/** What a search must find, by the plainest means: each subset in each cell of the grid of exactly its exponents. */
function naive(problem: Problem) {
  const { plan, layout, models } = problem;
  const rows = problem.sample.training.length;
  let fits = 0;
  const landscape = new Float64Array(plan.cells).fill(Number.POSITIVE_INFINITY);
  const structures = new Map<string, number>();
  const nulls = Array.from({ length: problem.permutations }, () => Number.POSITIVE_INFINITY);
  const trials = models.map((): number[] => []);
  for (const chosen of subsets(plan.terms.length, plan.maxTerms)) {
    const used = chosen.reduce((mask, term) => mask | (layout.terms[term]?.mask ?? 0), 0);
    const grid = plan.grids.find(({ mask }) => mask === used) as Grid;
    const price = penalty({ rows, terms: chosen.length, ...usedGrid(layout.sizes, used), library: plan.terms.length });
    if (price === Number.POSITIVE_INFINITY) continue;
    for (let cell = grid.from; cell < grid.from + grid.cells; cell += 1) {
      problem.grams.forEach((gram, index) => {
        for (const [own, { model, trials: drawn, permutations }] of gram.segments.entries()) {
          const { jacobian = 0 } = models[model] ?? {};
          const scores = trials[model] as number[];
          const scale = Math.exp(price / rows) * Math.exp(jacobian);
          const score = (side: number) => {
            const rss = residual(problem, cell, chosen, index, side);
            if (rss === null) return Number.POSITIVE_INFINITY;
            fits += 1;
            return Math.max(rss, 1e-14 * (gram.squares[side] as number)) * scale;
          };
          const target = score(own);
          landscape[cell] = Math.min(landscape[cell] as number, target);
          const key = `${model} ${plan.terms.map(({ text }, term) => (chosen.includes(term) ? text : "")).join(" ")}`;
          structures.set(key, Math.min(structures.get(key) ?? Number.POSITIVE_INFINITY, target));
          for (let side = drawn.from; side < drawn.to; side += 1) {
            const trial = side - drawn.from;
            scores[trial] = Math.min(scores[trial] ?? Number.POSITIVE_INFINITY, score(side));
          }
          for (let side = permutations.from; side < permutations.to; side += 1) {
            const trial = side - permutations.from;
            nulls[trial] = Math.min(nulls[trial] as number, score(side));
          }
        }
      });
    }
  }
  return { fits, landscape, nulls, trials, best: [...structures.values()].filter(Number.isFinite).sort((a, b) => a - b) };
}

const library = ["1", "x", "x^p", "w^q", "x^p*w^q", "x^r", "w^p", "x^q*w^p", "log(x)", "x^p*w^q*v^r", "v"];
const ranges = { p: { from: -1, to: 1.5, step: 0.5 }, q: { from: -1, to: 2, step: 1 }, r: { from: -2, to: 2, step: 2 } };

function problemOf(terms: string[], seed: number, more: object = {}): Problem {
  const draw = uniforms(seed);
  const rows = 9 + (seed % 30);
  const columns = Object.fromEntries(["x", "w", "v"].map((name) => [name, Array.from({ length: rows }, () => 0.5 + 3 * draw())]));
  const { x = [], w = [] } = columns;
  const y = x.map((value, row) => 2 * value ** 1.5 + (w[row] ?? 1) ** -1 + 0.3 * draw());
  const exponents = Object.fromEntries(Object.entries(ranges).filter(([name]) => terms.some((term) => term.includes(`^${name}`))));
  const hypothesis = { terms, exponents, max_terms: 1 + (seed % 3), transforms: ["identity", "log"] };
  const { request, table, plan } = prepared({ ...columns, y }, { hypothesis, noise: { levels: [0, 0.05], trials: 2 }, seed, ...more });
  return buildProblem(request, plan, table, control);
}

const whole = (problem: Problem) => searchCells(problem, { from: 0, to: problem.plan.cells }, control);
const problems = fc.record({ terms: fc.uniqueArray(fc.constantFrom(...library), { minLength: 1, maxLength: 6 }), seed: fc.nat(1_000) });

test("a search finds what a naive one finds", () => {
  fc.assert(
    fc.property(problems, ({ terms, seed }) => {
      const problem = problemOf(terms, seed, { decision: { false_acceptance: 0.2 } });
      const found = whole(problem);
      const expected = naive(problem);
      expect(found.fits).toBe(expected.fits);
      expect(found.fits).toBeLessThanOrEqual(problem.plan.fits);
      const close = (values: readonly number[], others: readonly number[]) => {
        expect(values).toHaveLength(others.length);
        values.forEach((value, index) => {
          expect(value / (others[index] as number)).toBeCloseTo(1, 6);
        });
      };
      close(found.nulls, expected.nulls);
      expected.trials.forEach((scores, model) => {
        close(found.trials[model]?.map((trial) => trial?.q ?? Number.NaN) ?? [], scores);
      });
      expect(found.landscape[0]?.values).toHaveLength(problem.plan.cells);
      expected.landscape.forEach((value, cell) => {
        const kept = found.landscape[0]?.values[cell] ?? Number.NaN;
        if (Number.isFinite(value)) expect(kept).toBeCloseTo(Math.log(value), 4);
        else expect(kept).toBe(Number.POSITIVE_INFINITY);
      });
      // Exponents of different grids cannot be exchanged, so each set of terms is a structure of its own.
      close(
        found.best.map(({ q }) => q),
        expected.best.slice(0, KEPT),
      );
    }),
    { numRuns: 60 },
  );
});

test("the grids of a library have each subset once, in the grid of its exponents", () => {
  const masks = fc.array(fc.nat(15), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(masks, fc.integer({ min: 1, max: 4 }), (terms, most) => {
      const sizes = [2, 1, 3, 5];
      const expected = new Map<number, number>();
      for (const chosen of subsets(terms.length, most)) {
        const mask = chosen.reduce((union, term) => union | (terms[term] as number), 0);
        expected.set(mask, (expected.get(mask) ?? 0) + 1);
      }
      const grids = gridsOf(terms, sizes, most);
      expect(new Map(grids.map(({ mask, subsets: count }) => [mask, count]))).toEqual(expected);
      let from = 0;
      for (const grid of grids) {
        expect(grid.from).toBe(from);
        expect(grid.cells).toBe(sizes.reduce((product, size, exponent) => (grid.mask & (1 << exponent) ? product * size : product), 1));
        from += grid.cells;
      }
      const parts = [0, 1, 2].map((part) => ({ from: Math.floor((from * part) / 3), to: Math.floor((from * (part + 1)) / 3) }));
      const counted = parts.reduce((total, part) => total + subsetsWithin(grids, part), 0);
      expect(counted).toBe(grids.reduce((total, grid) => total + grid.cells * grid.subsets, 0));
    }),
  );
});

describe("the candidates that a search keeps", () => {
  const exponents = { p: ranges.p, q: ranges.p, r: ranges.p };
  const problem = problemOf(["1", "x^p", "x^q", "w^r", "x^p*w^r", "x^q*w^p"], 32, {
    hypothesis: { terms: ["1", "x^p", "x^q", "w^r", "x^p*w^r", "x^q*w^p"], exponents, max_terms: 3 },
  });

  test("are of different structures, whatever their exponents are called", () => {
    const { best } = whole(problem);
    expect(new Set(best.map(({ structure, model }) => `${structure} ${model}`)).size).toBe(best.length);
    // By the columns of each factor, in the order of the exponents' first use: x^p w^q is x^q w^p here, 1 + x^p is 1 + x^q.
    const plain = (index: number) => problem.subsets.at(index).filter((term) => problem.layout.terms[term]?.mask !== 0);
    const single = best.filter(({ subset }) => plain(subset).length === 1 && problem.subsets.at(subset).length === 1);
    const columns = single.map(({ subset, model }) => {
      const [term] = plain(subset);
      return `${model} ${namesIn(problem.plan.terms[term ?? 0]?.expression ?? { type: "constant", value: 1 }, "column").join()}`;
    });
    expect(new Set(columns).size).toBe(columns.length);
  });

  test("do not depend on how the cells are cut and in which order the pieces are joined", () => {
    const uncut = whole(problem);
    fc.assert(
      fc.property(fc.array(fc.nat(problem.plan.cells), { maxLength: 9 }), fc.infiniteStream(fc.nat()), (cuts, keys) => {
        const edges = [...new Set([0, ...cuts, problem.plan.cells])].sort((a, b) => a - b);
        const pieces = edges
          .slice(1)
          .map((to, index) => ({
            key: keys.next().value as number,
            found: searchCells(problem, { from: edges[index] as number, to }, control),
          }))
          .sort((a, b) => a.key - b.key)
          .map(({ found }): ShardFound => found);
        const half = Math.ceil(pieces.length / 2);
        const groups = [pieces.slice(0, half), pieces.slice(half)].filter((group) => group.length > 0);
        expect(mergeFound(groups.map(mergeFound))).toEqual(uncut);
      }),
      { numRuns: 20 },
    );
  });
});

test("a column that is excluded is in no law", () => {
  const problem = problemOf(["1", "x^p", "w^q"], 32);
  const { request, sample, plan } = problem;
  const [one, other] = plan.exponents;
  // Of x^p only the first value, of w^q only the last but one.
  const excluded = (term: number, [p, q]: readonly number[]) => (term === 1 && p !== 0) || (term === 2 && q !== 2);
  const found = whole(buildProblem(request, { ...plan, excluded }, sample.table, control));
  const digits = found.best.map(({ subset, cell }) => ({ terms: problem.subsets.at(subset), digits: cellAt(plan, cell).digits }));
  expect([one?.values.length, other?.values.length]).toEqual([6, 4]);
  expect(digits.length).toBeGreaterThan(2);
  for (const { terms, digits: at } of digits) expect(terms.some((term) => excluded(term, at))).toBe(false);
});

test("the regions of the landscape are the grids of the exponents of a law, and of some of them", () => {
  const { plan } = problemOf(["1", "x^p", "w^q", "x^p*w^q", "v^r"], 41);
  const found = whole(problemOf(["1", "x^p", "w^q", "x^p*w^q", "v^r"], 41));
  const regions = regionsOf(plan.grids, found.landscape, 0b111);
  expect(regions.map(({ mask, values }) => [mask, values.length])).toEqual(
    plan.grids.filter(({ mask }) => mask > 0).map(({ mask, cells }) => [mask, cells]),
  );
  expect(regionsOf(plan.grids, found.landscape, 0b011).map(({ mask }) => mask)).toEqual([0b001, 0b010, 0b011]);
  expect(regionsOf(plan.grids, [], 0b011)).toEqual([]);
  const lowest = Math.min(...regions.flatMap(({ values }) => [...values]));
  expect(lowest).toBeCloseTo(Math.log(found.best[0]?.q ?? 0), 5);
});
