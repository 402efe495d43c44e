import { listed, pointerPart, type TableHeader } from "./dataset.ts";
import { OrreryError } from "./errors.ts";
import { type Expression, linearTerms, namesIn } from "./expression.ts";
import type { Route } from "./flow.ts";
import { parseExpression, parseFormula } from "./formula.ts";
import { printText } from "./formula-print.ts";
import { type DiscoverRequest, type EvaluateRequest, type ExponentRange, LIMITS, type Transform } from "./request.ts";

/** A request with every default filled in and its cost computed; a pure function of the request and the table's header. */
export interface DiscoverPlan {
  target: string;
  inputs: string[];
  terms: { text: string; expression: Expression }[];
  exponents: { name: string; values: number[] }[];
  transforms: Transform[];
  maxTerms: number;
  /** Permuted targets of the null distribution: ceil(1 / false_acceptance) - 1. Tables with few rows have fewer permutations. */
  permutations: number;
  /** Grid cells: the product of the number of values of each free exponent. */
  cells: number;
  /** At most this many: one fit is one right-hand side on one subset of terms in one cell. */
  fits: number;
  bytes: number;
  /** Estimated seconds on one thread of an ordinary processor. */
  seconds: number;
}

export interface EvaluatePlan {
  target: string;
  inputs: string[];
  law: Expression;
  transform: Transform;
  permutations: number;
  seconds: number;
}

/** Grid of an exponent that a term names and the request does not declare. */
const DEFAULT_RANGE: ExponentRange = { from: -4, to: 4, step: 0.25 };

/** Default grids of two to four inputs: coarser with each, because the product term has a column for every cell. */
const PRODUCT_RANGES: Record<number, ExponentRange> = {
  2: { from: -3, to: 3, step: 0.5 },
  3: { from: -2, to: 2, step: 0.5 },
  4: { from: -2, to: 2, step: 1 },
};

const DEFAULT_MAX_TERMS = 3;
const MAX_DISTINCT_COLUMNS = 4_096;
/** Exponents are tracked as bits of a 32-bit word. */
const MAX_EXPONENTS = 24;
const MAX_BYTES = 1_073_741_824;
/** Rows that are expanded into term columns at a time; see `engine/gram.ts`. */
const ROW_BLOCK = 256;

/**
 * Seconds per unit of work, measured on one thread of a shared 2-core x86-64 machine (Node 24) and rounded up:
 * a value of a term column, a multiply-add of a product sum, a fit, a normal deviate, a row of a final fit, a row of a
 * permutation.
 */
const COST = { value: 3e-8, product: 2.5e-9, fit: 4e-9, noise: 1e-7, refit: 1.2e-6, shuffle: 1e-7, base: 5e-3 } as const;
/** Candidates and Pareto rows that the final step fits again. */
const REFITS = 30;

/** A discover job above this many fits is sharded, one shard for each. */
const SHARD_FITS = 1e8;
const MAX_SHARDS = 64;
const LOCAL_SECONDS = 0.05;
const LIGHT_SECONDS = 1;

/**
 * Fills in the defaults, checks names and computes the cost.
 *
 * Target: the last column. Inputs: the other columns that have more than one value. Library, by the number of inputs:
 * - one: "1" and "x^p", p from -4 to 4 by 0.25;
 * - two to four: "1", a power of each and the product of those powers ("x^p", "y^q", "x^p*y^q"), from -3 to 3 by 0.5
 *   for two inputs, -2 to 2 by 0.5 for three, -2 to 2 by 1 for four;
 * - more: "1", each input, and each product of two inputs (squares included) while the library stays within 64 terms.
 * An exponent is free only where every row allows it: a column with a zero takes no negative power, one with a negative
 * value no fractional power; the engine leaves such term columns out.
 *
 * Throws `column_unknown`, `column_constant`, `unknown_term`, `formula_invalid`, `invalid_request` or `budget_exceeded`.
 */
export function planDiscover(request: DiscoverRequest, header: TableHeader): DiscoverPlan {
  const target = resolveTarget(request.target, header);
  const inputs = resolveInputs(request, header, target);
  const names = request.hypothesis.terms ? [] : exponentNames(inputs);
  const texts = request.hypothesis.terms ?? defaultTerms(inputs, names);
  const declared = request.hypothesis.exponents ?? {};
  for (const name of Object.keys(declared)) {
    if (header.columns.includes(name)) throw invalid(pointerTo(name), `the exponent "${name}" has the name of a column; rename it`);
  }
  const terms = texts.map((text, index) => {
    const pointer = request.hypothesis.terms ? `/hypothesis/terms/${index}` : "/hypothesis";
    const known = { columns: inputs, parameters: [...Object.keys(declared), ...names], openExponents: !request.hypothesis.exponents };
    const expression = parseExpression(text, known, pointer);
    const flat = namesIn(expression, "column").find((name) => header.constant.includes(name));
    if (flat !== undefined) throw isConstant(flat, pointer);
    return { text: printText(expression), expression };
  });
  const used = [...new Set(terms.flatMap(({ expression }) => namesIn(expression, "parameter")))];
  const unused = Object.keys(declared).find((name) => !used.includes(name));
  if (unused !== undefined) throw invalid(pointerTo(unused), `no term names the exponent "${unused}"; remove it or use it in a term`);
  const fallback = (request.hypothesis.terms ? undefined : PRODUCT_RANGES[inputs.length]) ?? DEFAULT_RANGE;
  const exponents = used.map((name) => {
    const range = Object.hasOwn(declared, name) ? declared[name] : undefined;
    return { name, values: gridValues(range ?? fallback, name) };
  });
  const library = {
    target,
    inputs,
    terms,
    exponents,
    transforms: [...new Set<Transform>(request.hypothesis.transforms ?? ["identity"])],
    maxTerms: Math.min(request.hypothesis.max_terms ?? DEFAULT_MAX_TERMS, terms.length),
    permutations: permutationsFor(request.decision.false_acceptance),
  };
  const plan = { ...library, ...costOf(library, request, header.rows) };
  refuseOverBudget(plan, request);
  return plan;
}

/**
 * Reads the law and resolves its target: `target` of the request, else the left side of the law, else the last column.
 *
 * Throws `column_unknown`, `column_constant`, `unknown_term`, `formula_invalid` or `invalid_request` (a left side that
 * contradicts `target`).
 */
export function planEvaluate(request: EvaluateRequest, header: TableHeader): EvaluatePlan {
  const formula = parseFormula(request.law, { columns: header.columns }, "/law");
  const named = formula.target ?? undefined;
  if (named !== undefined && !header.columns.includes(named)) throw isUnknown(named, header.columns, "/law");
  if (request.target !== undefined && named !== undefined && request.target !== named) {
    throw invalid("/law", `the law is about "${named}" but the target is "${request.target}"; make them agree`);
  }
  const target = resolveTarget(request.target ?? named, header);
  const inputs = namesIn(formula.expression, "column");
  if (inputs.includes(target)) throw invalid("/law", `the law uses its own target "${target}"; name another target or rewrite the law`);
  const permutations = permutationsFor(request.decision.false_acceptance);
  const terms = linearTerms(formula.expression).length;
  const seconds = COST.base + header.rows * (terms * COST.refit + permutations * (COST.shuffle + terms * COST.product));
  return { target, inputs, law: formula.expression, transform: formula.transform, permutations, seconds };
}

/** Where a discover job runs: one activity while it is small, else shards of about a second of fits each. */
export function routeDiscover(plan: DiscoverPlan): Route {
  if (plan.seconds <= LIGHT_SECONDS) return { path: "single", pool: "light" };
  const shards = Math.min(MAX_SHARDS, Math.ceil(plan.fits / SHARD_FITS), plan.cells);
  return plan.fits < SHARD_FITS || shards < 2 ? { path: "single", pool: "heavy" } : { path: "sharded", shards };
}

export function routeEvaluate(plan: EvaluatePlan): Route {
  if (plan.seconds <= LOCAL_SECONDS) return { path: "local" };
  return { path: "single", pool: plan.seconds <= LIGHT_SECONDS ? "light" : "heavy" };
}

/** Contiguous half-open ranges that cover the grid, none empty: `shards` of them, or one for each cell if there are fewer. */
export function shardCells(plan: Pick<DiscoverPlan, "cells">, shards: number): { from: number; to: number }[] {
  const count = Math.max(1, Math.min(shards, plan.cells));
  const edge = (index: number) => Math.floor((index * plan.cells) / count);
  return Array.from({ length: count }, (_, index) => ({ from: edge(index), to: edge(index + 1) }));
}

function resolveTarget(asked: string | undefined, header: TableHeader): string {
  const target = asked ?? header.columns.at(-1) ?? "";
  if (!header.columns.includes(target)) throw isUnknown(target, header.columns, "/target");
  if (header.constant.includes(target)) throw isConstant(target, "/target");
  return target;
}

function resolveInputs(request: DiscoverRequest, header: TableHeader, target: string): string[] {
  if (request.inputs) {
    request.inputs.forEach((name, index) => {
      const pointer = `/inputs/${index}`;
      if (!header.columns.includes(name)) throw isUnknown(name, header.columns, pointer);
      if (name === target)
        throw invalid(pointer, `"${name}" is the target and cannot be an input as well; remove it or name another target`);
    });
    return [...new Set(request.inputs)];
  }
  const others = header.columns.filter((name) => name !== target);
  if (request.hypothesis.terms) return others;
  const [flat] = others;
  const varying = others.filter((name) => !header.constant.includes(name));
  if (varying.length === 0 && flat !== undefined) throw isConstant(flat, "/inputs");
  if (varying.length === 0) {
    throw new OrreryError("column_unknown", `The dataset has no column but the target "${target}"; add at least one input column.`, {
      faults: [{ pointer: "/dataset", detail: "has no input column" }],
    });
  }
  return varying;
}

/** `p`, `q`, `r`, `s` for the inputs of a default library, with underscores where a column has that name. */
function exponentNames(inputs: readonly string[]): string[] {
  return ["p", "q", "r", "s"].slice(0, inputs.length > 4 ? 0 : inputs.length).map((letter) => {
    let name = letter;
    while (inputs.includes(name)) name += "_";
    return name;
  });
}

function defaultTerms(inputs: readonly string[], exponents: readonly string[]): string[] {
  if (exponents.length > 0) {
    const powers = inputs.map((name, index) => `${name}^${exponents[index]}`);
    return powers.length === 1 ? ["1", ...powers] : ["1", ...powers, powers.join("*")];
  }
  const pairs = inputs.flatMap((left, index) => inputs.slice(index).map((right) => (left === right ? `${left}^2` : `${left}*${right}`)));
  const linear = ["1", ...inputs];
  return linear.length + pairs.length <= LIMITS.terms ? [...linear, ...pairs] : linear;
}

function gridValues(range: ExponentRange, name: string): number[] {
  // The tolerance keeps `to` in the grid when the steps miss it by rounding: 0 to 0.3 by 0.1.
  const count = Math.floor((range.to - range.from) / range.step + 1e-9) + 1;
  if (count > LIMITS.gridValues) {
    throw tooCostly(
      `The exponent "${name}" has ${count} values; at most ${LIMITS.gridValues} are accepted. Raise its step.`,
      pointerTo(name),
    );
  }
  return Array.from({ length: count }, (_, index) => Number((range.from + index * range.step).toPrecision(12)));
}

type Library = Pick<DiscoverPlan, "terms" | "exponents" | "transforms" | "maxTerms" | "permutations">;

function costOf(library: Library, request: DiscoverRequest, rows: number): Pick<DiscoverPlan, "cells" | "fits" | "bytes" | "seconds"> {
  const { terms, exponents, transforms, maxTerms, permutations } = library;
  if (exponents.length > MAX_EXPONENTS) {
    throw tooCostly(`The library has ${exponents.length} free exponents; at most ${MAX_EXPONENTS} are searched. Fix some of them.`);
  }
  const sizes = exponents.map(({ values }) => values.length);
  const cells = sizes.reduce((product, size) => product * size, 1);
  const masks = terms.map(({ expression }) =>
    namesIn(expression, "parameter").reduce((mask, name) => mask | (1 << exponents.findIndex((exponent) => exponent.name === name)), 0),
  );
  const combinations = (mask: number) => sizes.reduce((product, size, index) => (mask & (1 << index) ? product * size : product), 1);
  const columns = masks.reduce((total, mask) => total + combinations(mask), 0);
  if (columns > MAX_DISTINCT_COLUMNS) {
    throw tooCostly(
      `The library has ${columns} distinct term columns; at most ${MAX_DISTINCT_COLUMNS} are searched. Raise the step of an exponent or use fewer exponents in one term.`,
    );
  }
  let products = 0;
  masks.forEach((left, index) => {
    for (const right of masks.slice(index)) products += combinations(left | right);
  });
  const trials = request.noise.levels.length * request.noise.trials;
  const relative = transforms.filter((transform) => transform !== "log").length;
  const grams = 1 + relative;
  const targets = transforms.length * (1 + trials + permutations) + relative * (1 + trials);
  const fits = cells * subsetCount(terms.length, maxTerms) * targets;
  const doubles = grams * products + targets * (columns + 3 * ROW_BLOCK) + 2 * columns * ROW_BLOCK + rows * (terms.length + 16);
  return {
    cells,
    fits,
    bytes: 8 * doubles + 4 * rows * permutations,
    seconds:
      COST.base +
      rows *
        (columns * COST.value +
          (grams * products + targets * columns) * COST.product +
          trials * COST.noise +
          permutations * COST.shuffle +
          REFITS * COST.refit) +
      fits * COST.fit,
  };
}

/** Subsets of one to `most` of `terms` terms. */
function subsetCount(terms: number, most: number): number {
  let total = 0;
  let choices = 1;
  for (let size = 1; size <= most; size += 1) {
    choices = (choices * (terms - size + 1)) / size;
    total += choices;
  }
  return total;
}

function refuseOverBudget(plan: DiscoverPlan, request: DiscoverRequest): void {
  const { max_fits: maxFits } = request.budget;
  if (plan.fits > maxFits) {
    throw tooCostly(
      `The search has ${plan.cells} grid cells and takes up to ${plan.fits} fits, but budget.max_fits is ${maxFits}. Raise an exponent's step, lower max_terms, noise.trials or the number of terms, or raise the budget.`,
      "/budget/max_fits",
    );
  }
  if (plan.bytes > MAX_BYTES) {
    const [needed, most] = [plan.bytes, MAX_BYTES].map((bytes) => Math.ceil(bytes / 1_048_576));
    throw tooCostly(
      `The search needs ${needed} MiB of memory; at most ${most} MiB are given to one. Use fewer exponents in one term, a larger false_acceptance, or fewer rows.`,
    );
  }
}

function permutationsFor(falseAcceptance: number): number {
  return Math.ceil(1 / falseAcceptance) - 1;
}

function pointerTo(exponent: string): string {
  return `/hypothesis/exponents/${pointerPart(exponent)}`;
}

function invalid(pointer: string, detail: string): OrreryError {
  return new OrreryError("invalid_request", `At ${pointer}, ${detail}.`, { faults: [{ pointer, detail }] });
}

function isUnknown(name: string, columns: readonly string[], pointer: string): OrreryError {
  const message = `There is no column ${JSON.stringify(name)}; the dataset has ${listed(columns)}.`;
  return new OrreryError("column_unknown", message, { faults: [{ pointer, detail: `no such column: ${JSON.stringify(name)}` }] });
}

function isConstant(name: string, pointer: string): OrreryError {
  const message = `Column "${name}" has the same value in every row, so nothing can be learnt from it; leave it out or send rows in which it varies.`;
  return new OrreryError("column_constant", message, { faults: [{ pointer, detail: `column "${name}" is constant` }] });
}

function tooCostly(message: string, pointer = "/hypothesis"): OrreryError {
  return new OrreryError("budget_exceeded", message, { faults: [{ pointer, detail: message }] });
}
