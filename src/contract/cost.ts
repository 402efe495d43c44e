import { OrreryError } from "./errors.ts";
import { namesIn } from "./expression.ts";
import { bitsOf, gridsOf, MOST_GRIDS, subsetsWithin } from "./grid.ts";
import type { DiscoverPlan } from "./plan.ts";
import { type DiscoverRequest, LIMITS, MAX_FITS } from "./request.ts";

// What a search or a law costs, computed from counts before anything is built, and the bounds that it must keep.

const MAX_DISTINCT_COLUMNS = 4_096;
/** Exponents are tracked as bits of a 32-bit word. */
const MAX_EXPONENTS = 24;
const MAX_BYTES = 1_073_741_824;
/** Rows that are expanded into term columns at a time; see `engine/gram.ts`. */
const ROW_BLOCK = 128;

/**
 * Seconds per unit of work on one thread, for the estimates that decide where a job runs. Measured on a shared machine
 * with two x86-64 cores (Node 24) by running 120 requests (8 to 50,000 rows, 1 to 10 inputs, 1 to 6 of up to 64 terms, 1 to
 * 20 noise trials, 4 to 999 permutations) while other work took up to twice its processors; on a quiet one these are
 * about 1.5 times too high. An estimate is meant to be right within a factor of 3, rather too high than too low.
 */
const COST = {
  /** A value of a term column. */
  value: 3e-8,
  /** A multiply-add of a product sum. */
  product: 4e-10,
  /** A set of terms in a cell, factored and its targets fitted: 1.0 to 2.9 us, most of it the factor. */
  subset: 2e-6,
  /** A noise trial or permuted target on such a set: 14 ns where each is fitted, about none where bounds settle them all. */
  fit: 8e-9,
  /** A grid cell. */
  cell: 2e-6,
  /** A value of a right-hand side. */
  side: 2e-8,
  /** A normal deviate. */
  noise: 1e-7,
  /** A row of a permutation: 100 ns up to 10^5 rows, 180 ns for 10^6, which leave the caches. */
  shuffle: 1.7e-7,
  /** A row in the final fits of a candidate law, and what each of its terms adds. */
  refit: { row: 5e-7, term: 2e-7 },
  /** A row in moving e exponents of a candidate, for each e (e + 1): steps, times derivatives, times numbers that are tried. */
  move: 1.25e-6,
  /** A row of a table that is drawn to try the choice again, for each law that competes for it, and what each of its terms adds. */
  draw: { row: 1.5e-8, term: 8e-9 },
  /** A row of the laws that are told: predictions, checks, evidence. A term of one, its fits included. */
  tell: { row: 2e-6, term: 1.8e-6 },
  /** A number that is written as text. */
  print: 9e-7,
  base: 5e-3,
} as const;

/**
 * What the final step fits again (see `engine/judge.ts` and `engine/selection.ts`): candidates and those derived from them,
 * on how many rows at most; competitors, for how many tables besides the noise trials; laws fitted on all rows.
 */
const FINAL = { candidates: 80, rows: 8_192, competitors: 24, tables: 40, finalists: 4 } as const;
/** What a candidate costs whatever the rows, in rows; on fewer than 50 rows candidates drop out. */
const OVERHEAD_ROWS = 150;

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
  /** Exponents that one law can use. */
  const moved = Math.min(
    exponents.length,
    masks
      .map(bitsOf)
      .sort((a, b) => b - a)
      .slice(0, maxTerms)
      .reduce((total, count) => total + count, 0),
  );
  // Larger laws than the rows allow are passed over; see `engine/score.ts`.
  const largest = Math.max(1, Math.min(maxTerms, rows - 3 - moved));
  const searched = largest < maxTerms ? gridsOf(masks, sizes, largest) : grids;
  const subsets = subsetsWithin(searched, { from: 0, to: cells });
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
      cells * COST.cell +
      subsets * (COST.subset + targets * COST.fit) +
      secondsOfFinal({ rows, trials, subsets, maxTerms, moved }),
  };
}

/** Estimated seconds of the final step of a search; with a law in the data it takes about three times as long as without. */
function secondsOfFinal(job: { rows: number; trials: number; subsets: number; maxTerms: number; moved: number }): number {
  const { rows, trials, subsets, maxTerms, moved } = job;
  const candidates = Math.min(FINAL.candidates, subsets);
  const compared = Math.min(rows, FINAL.rows) + Math.min(3 * rows, OVERHEAD_ROWS);
  const perCandidate = COST.refit.row + maxTerms * COST.refit.term + moved * (moved + 1) * COST.move;
  const perTable = Math.min(FINAL.competitors, candidates) * (COST.draw.row + maxTerms * COST.draw.term);
  return (
    compared * (candidates * perCandidate + (FINAL.tables + trials) * perTable) +
    rows * FINAL.finalists * (COST.tell.row + maxTerms * COST.tell.term)
  );
}

export function refuseOverBudget(plan: Pick<DiscoverPlan, "cells" | "fits" | "bytes">, request: DiscoverRequest): void {
  const { max_fits: maxFits } = request.budget;
  if (plan.fits > maxFits) {
    throw tooCostly(
      `The search has ${plan.cells} grid cells and takes up to ${plan.fits} fits, but budget.max_fits is ${maxFits}. Raise an exponent's step, lower max_terms, noise.trials or the number of terms${maxFits < MAX_FITS ? ", or raise the budget" : ""}.`,
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
      (COST.tell.row +
        terms * COST.tell.term +
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
