import { OrreryError } from "./errors.ts";
import { namesIn } from "./expression.ts";
import { gridsOf, MOST_GRIDS, subsetsWithin } from "./grid.ts";
import type { DiscoverPlan } from "./plan.ts";
import { type DiscoverRequest, LIMITS } from "./request.ts";

// What a search or a law costs, computed from counts before anything is built, and the bounds that it must keep.

const MAX_DISTINCT_COLUMNS = 4_096;
/** Exponents are tracked as bits of a 32-bit word. */
const MAX_EXPONENTS = 24;
const MAX_BYTES = 1_073_741_824;
/** Rows that are expanded into term columns at a time; see `engine/gram.ts`. */
const ROW_BLOCK = 128;

/**
 * Seconds per unit of work, measured on one thread of a shared 2-core x86-64 machine (Node 24) and rounded up:
 * a value of a term column, a multiply-add of a product sum, a fit of the search, a grid cell, a value of a right-hand
 * side, a normal deviate, a row of a final fit, a row of a permutation, a number that is written as text.
 */
const COST = {
  value: 3e-8,
  product: 4e-10,
  fit: 1e-8,
  cell: 2e-6,
  side: 2e-8,
  noise: 1e-7,
  refit: 1.2e-6,
  shuffle: 1e-7,
  print: 4e-7,
  base: 5e-3,
} as const;
/** Candidates that the final step fits again, on how many rows at most, and how many of them on all; see `engine/judge.ts`. */
const REFITS = { candidates: 64, rows: 8_192, finalists: 4 } as const;

/** Shapes that the lack-of-fit test of a law of so many columns tries; see `engine/checks.ts`. */
function shapesOf(columns: number, rows: number): number {
  return Math.min(2 + 3 * columns, Math.max(2, Math.floor(rows / 5)));
}

/** Numbers for each row that the final step holds at once: the terms, twice in evaluate, what is left of them and of the shapes, and a few more. */
function finalDoubles(terms: number, shapes: number): number {
  return 3 * terms + shapes + 16;
}

interface Library extends Pick<DiscoverPlan, "inputs" | "terms" | "transforms" | "maxTerms" | "permutations"> {
  exponents: { name: string; count: number }[];
}

export function costOf(
  library: Library,
  request: DiscoverRequest,
  rows: number,
): Pick<DiscoverPlan, "grids" | "cells" | "targets" | "fits" | "bytes" | "seconds"> {
  const { inputs, terms, exponents, transforms, maxTerms, permutations } = library;
  const sizes = exponents.map(({ count }) => count);
  const masks = terms.map(({ expression }) =>
    namesIn(expression, "parameter").reduce((mask, name) => mask | (1 << exponents.findIndex((exponent) => exponent.name === name)), 0),
  );
  const grids = gridsOf(masks, sizes, maxTerms);
  if (grids.length > MOST_GRIDS) {
    throw tooCostly(`The library combines its exponents in more than ${MOST_GRIDS} ways. Use fewer exponents or lower max_terms.`);
  }
  const cells = grids.reduce((total, grid) => total + grid.cells, 0);
  const combinations = (mask: number) => sizes.reduce((product, size, index) => (mask & (1 << index) ? product * size : product), 1);
  const termsByMask = new Map<number, number>();
  for (const mask of masks) termsByMask.set(mask, (termsByMask.get(mask) ?? 0) + 1);
  const groups = [...termsByMask];
  const columns = groups.reduce((total, [mask, count]) => total + count * combinations(mask), 0);
  if (columns > MAX_DISTINCT_COLUMNS) {
    throw tooCostly(
      `The library has ${columns} distinct term columns; at most ${MAX_DISTINCT_COLUMNS} are searched. Raise the step of an exponent or use fewer exponents in one term.`,
    );
  }
  let products = 0;
  groups.forEach(([left, count], index) => {
    products += ((count * (count + 1)) / 2) * combinations(left);
    for (const [right, others] of groups.slice(index + 1)) products += count * others * combinations(left | right);
  });
  const trials = request.noise.levels.length * request.noise.trials;
  // Two models for each transform. Those that weigh rows alike, additive noise of y and relative noise under log, have
  // permuted targets; see weightPower of engine/model.ts.
  const alike = transforms.filter((transform) => transform !== "reciprocal").length;
  // Without one of these, the transform is fitted with rows alike for its permutations only; see emptyGrams of engine/gram.ts.
  const grams = Math.min(transforms.length + 1, 4) + (alike === 0 ? 1 : 0);
  const targets = 2 * transforms.length * (1 + trials) + (alike === 0 ? 1 + permutations : alike * permutations);
  const fits = targets * subsetsWithin(grids, { from: 0, to: cells });
  const named = terms.map(({ expression }) => namesIn(expression, "column").length).sort((a, b) => b - a);
  const most = Math.min(
    inputs.length,
    named.slice(0, maxTerms).reduce((total, count) => total + count, 0),
  );
  const doubles =
    // Sums of products, where the two columns of each product are (8 bytes), and about 16 bytes for each two terms.
    (grams + 1) * products +
    2 * terms.length ** 2 +
    targets * (columns + 2 * ROW_BLOCK) +
    (2 * columns + trials) * ROW_BLOCK +
    rows * (inputs.length + finalDoubles(maxTerms, shapesOf(most, rows)));
  return {
    grids,
    cells,
    targets,
    fits,
    bytes: 8 * doubles + 4 * rows * permutations,
    seconds:
      COST.base +
      rows *
        (columns * COST.value +
          (grams * products + targets * columns) * COST.product +
          targets * COST.side +
          trials * COST.noise +
          permutations * COST.shuffle) +
      // To move e exponents takes about e^2 fits.
      Math.max(1, exponents.length) ** 2 * (REFITS.candidates * Math.min(rows, REFITS.rows) + REFITS.finalists * rows) * COST.refit +
      cells * COST.cell +
      fits * COST.fit,
  };
}

export function refuseOverBudget(plan: Pick<DiscoverPlan, "cells" | "fits" | "bytes">, request: DiscoverRequest): void {
  const { max_fits: maxFits } = request.budget;
  if (plan.fits > maxFits) {
    throw tooCostly(
      `The search has ${plan.cells} grid cells and takes up to ${plan.fits} fits, but budget.max_fits is ${maxFits}. Raise an exponent's step, lower max_terms, noise.trials or the number of terms, or raise the budget.`,
      "/budget/max_fits",
    );
  }
  refuseBytes(plan.bytes, "/hypothesis", "Use fewer exponents in one term, a larger false_acceptance, or fewer rows.");
}

function refuseBytes(bytes: number, pointer: string, advice: string): void {
  if (bytes <= MAX_BYTES) return;
  const [needed, most] = [bytes, MAX_BYTES].map((size) => Math.ceil(size / 1_048_576));
  throw tooCostly(`The job needs ${needed} MiB of memory; at most ${most} MiB are given to one. ${advice}`, pointer);
}

export function refuseExponents(count: number, pointer: string): void {
  if (count > MAX_EXPONENTS) {
    throw tooCostly(`The library has ${count} free exponents; at most ${MAX_EXPONENTS} are searched. Fix some of them.`, pointer);
  }
}

/** What of a law decides its cost. */
interface LawSize {
  terms: number;
  /** Of its expression. */
  parts: number;
  columns: number;
  rows: number;
}

/** Estimated seconds of evaluating a law. Throws `budget_exceeded` for more than 64 terms, or more memory than is given to one job. */
export function costOfLaw(law: LawSize & { permutations: number }): number {
  const { terms, parts, columns, rows, permutations } = law;
  if (terms > LIMITS.terms) throw tooCostly(`The law has ${terms} terms; at most ${LIMITS.terms} are accepted. Use fewer.`, "/law");
  const shapes = shapesOf(columns, rows);
  refuseBytes(8 * rows * finalDoubles(terms, shapes), "/law", "Use fewer terms or columns in the law, or fewer rows.");
  return (
    COST.base +
    rows *
      (terms * COST.refit +
        2 * parts * COST.value +
        2 * (terms + shapes) ** 2 * COST.product +
        permutations * (COST.shuffle + terms * COST.product))
  );
}

/** Largest file of predictions, and about how many bytes one number of it takes. */
const MAX_FILE_BYTES = 268_435_456;
const NUMBER_BYTES = 20;

/** Estimated seconds of applying a law to `rows` other rows. Throws `budget_exceeded` for more rows than one file can hold. */
export function costOfPredictions({ terms, parts, columns, rows }: LawSize): number {
  const numbers = rows * (columns + 4);
  if (numbers * NUMBER_BYTES > MAX_FILE_BYTES) {
    const most = Math.floor(MAX_FILE_BYTES / NUMBER_BYTES / (columns + 4));
    throw tooCostly(
      `There are ${rows} rows to predict; with ${columns} inputs at most ${most} go into one file. Send fewer rows at a time.`,
      "/predict",
    );
  }
  return rows * (parts * COST.value + 2 * terms ** 2 * COST.product) + numbers * COST.print;
}

export function tooCostly(message: string, pointer = "/hypothesis"): OrreryError {
  return new OrreryError("budget_exceeded", message, { faults: [{ pointer, detail: message }] });
}
