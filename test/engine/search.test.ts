import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namesIn } from "../../src/contract/expression.ts";
import { type Grid, gridsOf, subsetsWithin } from "../../src/contract/grid.ts";
import {
  better,
  type Candidate,
  compareCandidates,
  KEPT,
  type Limits,
  limitsIn,
  lower,
  mergeFound,
  NOTHING,
  type ShardFound,
} from "../../src/engine/found.ts";
import { COLUMN, heightsOf } from "../../src/engine/gram.ts";
import { regionsOf } from "../../src/engine/landscape.ts";
import { cellAt, indexOf, pairOf, usedGrid } from "../../src/engine/layout.ts";
import { buildProblem, type Problem } from "../../src/engine/problem.ts";
import { penalty } from "../../src/engine/score.ts";
import { searchCells } from "../../src/engine/search.ts";
import { structuresOf } from "../../src/engine/structure.ts";
import { control, prepared, uniforms } from "./support.ts";

/** Every subset of up to `most` of the numbers below `count`. */
function* subsets(count: number, most: number, first = 0): Generator<number[], void> {
  for (let next = first; next < count; next += 1) {
    yield [next];
    if (most > 1) for (const rest of subsets(count, most - 1, next + 1)) yield [next, ...rest];
  }
}

/**
 * Residual square sums of a subset in a cell for some right-hand sides, in the arithmetic of a search: one row of the
 * Cholesky factor after the other, the terms in the order of the walk. Null if the subset is refused.
 */
function residuals(problem: Problem, cell: number, chosen: readonly number[], gram: number): Float64Array | null {
  const { layout, plan, subsets: numbered } = problem;
  const own = problem.grams[gram] as Problem["grams"][number];
  const { products, targets, squares, usable, slopes, sides } = own;
  const { digits } = cellAt(plan, cell);
  const terms = numbered.order.filter((term) => chosen.includes(term));
  const columns = terms.map((term) => {
    const { offset = 0, mask = 0 } = layout.terms[term] ?? {};
    return offset + indexOf(layout.sizes, mask, digits);
  });
  const between = (i: number, j: number): number => {
    const mask = (layout.terms[i]?.mask ?? 0) | (layout.terms[j]?.mask ?? 0);
    const pair = layout.pairs[pairOf(Math.min(i, j), Math.max(i, j))] as number;
    return products[pair + indexOf(layout.sizes, mask, digits)] as number;
  };
  const left = squares.slice();
  const heights = heightsOf(own);
  const directions: { term: number; row: number[]; climb: number; entries: Float64Array }[] = [];
  let constant = false;
  let share = 1;
  for (const [depth, term] of terms.entries()) {
    const column = columns[depth] as number;
    if (usable[column] === COLUMN.none) return null;
    const height = slopes[column] as number;
    let rest = usable[column] === COLUMN.constant ? 0 : 1;
    let climb = height;
    const row: number[] = [];
    for (const [i, before] of directions.entries()) {
      let entry = between(before.term, term);
      for (let k = 0; k < i; k += 1) entry -= (row[k] as number) * (before.row[k] as number);
      entry *= 1 / (before.row[i] as number);
      row.push(entry);
      rest -= entry * entry;
      climb -= entry * before.climb;
    }
    if (rest < 1e-12 && !constant && climb * climb >= 1e-6 * height * height) {
      constant = true;
      continue;
    }
    if (!(rest >= 1e-6)) return null;
    row.push(Math.sqrt(rest));
    const inverse = 1 / Math.sqrt(rest);
    climb *= inverse;
    const entries = Float64Array.from({ length: sides }, (_, side) => {
      let value = targets[column * sides + side] as number;
      directions.forEach((before, i) => {
        value -= (row[i] as number) * (before.entries[side] as number);
      });
      return value * inverse;
    });
    entries.forEach((value, side) => {
      left[side] = (left[side] as number) - value * value;
      heights[side] = (heights[side] as number) - climb * value;
    });
    share = 1 / (1 / share + climb * climb);
    directions.push({ term, row, climb, entries });
  }
  return constant ? left : left.map((across, side) => across + (heights[side] as number) * (heights[side] as number) * share);
}

/** What a search must find, to the last bit, by the plainest means: every subset in each cell, every right-hand side, no bound. */
function naive(problem: Problem) {
  const { plan, layout, models, subsets: numbered } = problem;
  const { rows } = problem.sample.table;
  const factors = models.map(({ jacobian }) => Math.exp(jacobian));
  let fits = 0;
  const landscape = new Float64Array(plan.cells).fill(Number.POSITIVE_INFINITY);
  const structures = new Map<string, Candidate>();
  const structureOf = structuresOf(plan, numbered);
  const nulls = Array.from({ length: problem.permutations }, () => NOTHING);
  const trials = models.map(() => Array.from({ length: problem.trials }, (): Candidate | null => null));
  const byComplexity = Array.from({ length: plan.maxTerms + plan.exponents.length + 1 }, (): Candidate | null => null);
  let signal = NOTHING;
  for (const chosen of subsets(plan.terms.length, plan.maxTerms)) {
    const used = chosen.reduce((mask, term) => mask | (layout.terms[term]?.mask ?? 0), 0);
    const grid = plan.grids.find(({ mask }) => mask === used) as Grid;
    const size = usedGrid(layout.sizes, used);
    const price = Math.exp(penalty({ rows, terms: chosen.length, ...size, library: plan.terms.length }) / rows);
    if (price === Number.POSITIVE_INFINITY) continue;
    const subset = numbered.indexOf(chosen);
    for (let cell = grid.from; cell < grid.from + grid.cells; cell += 1) {
      problem.grams.forEach((gram, index) => {
        const left = residuals(problem, cell, chosen, index);
        if (!left) return;
        fits += gram.sides;
        gram.segments.forEach(({ model, nominates, trials: drawn, permutations }, own) => {
          const scale = price * (factors[model] as number);
          const score = (side: number) => Math.max(left[side] as number, gram.floors[side] as number) * scale;
          const candidate = (q: number): Candidate => ({ q, cell, subset, structure: structureOf(subset), model });
          const target = candidate(score(own));
          if (gram.alike) signal = Math.min(signal, target.q);
          for (let side = permutations.from; side < permutations.to; side += 1) {
            nulls[side - permutations.from] = Math.min(nulls[side - permutations.from] as number, score(side));
          }
          if (!nominates) return;
          landscape[cell] = Math.min(landscape[cell] as number, target.q);
          const key = `${target.structure} ${model}`;
          structures.set(key, better(structures.get(key), target) as Candidate);
          const complexity = chosen.length + size.exponents;
          byComplexity[complexity] = better(byComplexity[complexity], target);
          const winners = trials[model] as (Candidate | null)[];
          for (let side = drawn.from; side < drawn.to; side += 1) {
            winners[side - drawn.from] = better(winners[side - drawn.from], candidate(score(side)));
          }
        });
      });
    }
  }
  const best = [...structures.values()].sort(compareCandidates).slice(0, KEPT);
  const values = Float32Array.from(landscape, Math.log);
  return { cells: plan.cells, fits, best, byComplexity, signal, nulls, trials, landscape: [{ from: 0, values }] };
}

const library = ["1", "x", "x^p", "w^q", "x^p*w^q", "x^r", "w^p", "x^q*w^p", "log(x)", "x^p*w^q*v^r", "v", "x^2", "x*w", "exp(-x)"];
// Powers so near to each other that few of their products can be told apart from rounding.
const ranges = { p: { from: -1, to: 1.5, step: 0.5 }, q: { from: -0.01, to: 0.02, step: 0.01 }, r: { from: -2, to: 2, step: 2 } };

interface Case {
  terms: string[];
  seed: number;
  /** How much there is to explain beyond a law: from nothing to nothing else. */
  noise: number;
  rows: number;
  most: number;
  /** What is added to the target. */
  offset: number;
  transforms: readonly string[];
}

/** A case, by default with a target near zero under two transforms. */
type Sketch = Partial<Case> & Omit<Case, "offset" | "transforms">;

function problemOf({ terms, seed, noise, rows, most, offset = 0.1, transforms = ["identity", "log"] }: Sketch, more: object = {}): Problem {
  const draw = uniforms(seed);
  const columns = Object.fromEntries(["x", "w", "v"].map((name) => [name, Array.from({ length: rows }, () => 0.5 + 3 * draw())]));
  const { x = [], w = [] } = columns;
  const y = x.map((value, row) => (2 * value ** 1.5 + (w[row] ?? 1) ** -1) * (1 - Math.min(1, noise)) + offset + noise * draw());
  const exponents = Object.fromEntries(Object.entries(ranges).filter(([name]) => terms.some((term) => term.includes(`^${name}`))));
  const hypothesis = { terms, exponents, max_terms: most, transforms };
  const asked = { hypothesis, noise: { levels: [0, 0.05], trials: 2 }, decision: { false_acceptance: 0.2 }, seed, ...more };
  const { request, table, plan } = prepared({ ...columns, y }, asked);
  return buildProblem(request, plan, table, control);
}

const whole = (problem: Problem) => searchCells(problem, { from: 0, to: problem.plan.cells }, control);
const cases = fc.record({
  terms: fc.uniqueArray(fc.constantFrom(...library), { minLength: 1, maxLength: 7 }),
  seed: fc.nat(1_000),
  noise: fc.constantFrom(0, 1e-6, 1e-3, 0.1, 1),
  rows: fc.integer({ min: 5, max: 40 }),
  most: fc.integer({ min: 1, max: 4 }),
  offset: fc.constantFrom(0.1, 0.1, 1e5, 1e9, -1e12),
  transforms: fc.constantFrom(["identity", "log"], ["reciprocal"], ["identity"]),
});

describe("a search", () => {
  test("finds to the last bit what one without bounds finds", () => {
    fc.assert(
      fc.property(cases, (job) => {
        const problem = problemOf(job);
        const { refused: _, ...found } = whole(problem);
        expect(found).toEqual(naive(problem));
        expect(found.fits).toBeLessThanOrEqual(problem.plan.fits);
      }),
      { numRuns: 80 },
    );
  });

  test("finds the same however its cells are cut, whatever is known and in which order pieces are joined", () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(10_000), { maxLength: 9 }), fc.infiniteStream(fc.nat()), (job, cuts, keys) => {
        const problem = problemOf(job);
        const { cells } = problem.plan;
        const edges = [...new Set([0, ...cuts.map((cut) => cut % cells), cells])].sort((a, b) => a - b);
        let known: Limits | undefined;
        const pieces = edges.slice(1).map((to, index) => {
          const found = searchCells(problem, { from: edges[index] as number, to }, control, known);
          const reached = limitsIn(found);
          if (known) lower(reached, known);
          known = reached;
          return { key: keys.next().value as number, found };
        });
        const shuffled = pieces.sort((a, b) => a.key - b.key).map(({ found }): ShardFound => found);
        const half = Math.ceil(shuffled.length / 2);
        const groups = [shuffled.slice(0, half), shuffled.slice(half)].filter((group) => group.length > 0);
        expect(mergeFound(groups.map(mergeFound))).toEqual(whole(problem));
      }),
      { numRuns: 40 },
    );
  });
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

test("candidates are of different structures, whatever their exponents are called", () => {
  const exponents = { p: ranges.p, q: ranges.p, r: ranges.p };
  const terms = ["1", "x^p", "x^q", "w^r", "x^p*w^r", "x^q*w^p"];
  const problem = problemOf({ terms, seed: 32, noise: 0.3, rows: 40, most: 3 }, { hypothesis: { terms, exponents, max_terms: 3 } });
  const { best } = whole(problem);
  expect(new Set(best.map(({ structure, model }) => `${structure} ${model}`)).size).toBe(best.length);
  // x^p and x^q are one law here, and so are x^p w^r and x^q w^p: by the columns of the term.
  const single = best.filter(({ subset }) => problem.subsets.at(subset).length === 1);
  const names = single.map(({ subset, model }) => {
    const [term = 0] = problem.subsets.at(subset);
    return `${model} ${namesIn(problem.plan.terms[term]?.expression ?? { type: "constant", value: 1 }, "column").join()}`;
  });
  expect(new Set(names).size).toBe(names.length);
});

test("a column that is excluded is in no law", () => {
  const problem = problemOf({ terms: ["1", "x^p", "w^q"], seed: 32, noise: 0.3, rows: 40, most: 3 });
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
  const { plan } = problemOf({ terms: ["1", "x^p", "w^q", "x^p*w^q", "v^r"], seed: 41, noise: 0.3, rows: 40, most: 3 });
  const found = whole(problemOf({ terms: ["1", "x^p", "w^q", "x^p*w^q", "v^r"], seed: 41, noise: 0.3, rows: 40, most: 3 }));
  const regions = regionsOf(plan.grids, found.landscape, 0b111);
  expect(regions.map(({ mask, values }) => [mask, values.length])).toEqual(
    plan.grids.filter(({ mask }) => mask > 0).map(({ mask, cells }) => [mask, cells]),
  );
  expect(regionsOf(plan.grids, found.landscape, 0b011).map(({ mask }) => mask)).toEqual([0b001, 0b010, 0b011]);
  expect(regionsOf(plan.grids, [], 0b011)).toEqual([]);
  const lowest = Math.min(...regions.flatMap(({ values }) => [...values]));
  expect(lowest).toBeCloseTo(Math.log(found.best[0]?.q ?? 0), 5);
});
