import { infiniteConstant } from "./constants.ts";
import { costOf, costOfLaw, costOfPredictions, refuseExponents, refuseOverBudget, tooCostly } from "./cost.ts";
import { listed, pointerPart, type TableHeader } from "./dataset.ts";
import { columnsOutside, type DimensionCheck, dimensionCheckOf, withinDimensions } from "./dimensions.ts";
import { OrreryError } from "./errors.ts";
import { bind, call, column, constant, type Expression, linearTerms, namesIn, parameter, power, product, sizeOf } from "./expression.ts";
import { type Formula, parseExpression, parseFormula } from "./formula.ts";
import { printText } from "./formula-print.ts";
import type { Grid } from "./grid.ts";
import { type DiscoverRequest, type EvaluateRequest, type ExponentRange, LIMITS, type Transform, transforms } from "./request.ts";

/** A request with every default filled in and its cost computed; a pure function of the request and the table's header. */
export interface DiscoverPlan {
  target: string;
  inputs: string[];
  terms: { text: string; expression: Expression }[];
  exponents: { name: string; values: number[] }[];
  dimensions: DimensionCheck | null;
  /** Terms that were asked for, but that the units of the columns leave no place for. */
  leftOut: string[];
  transforms: Transform[];
  maxTerms: number;
  /** Whether no law may contain a term at these digits of the exponents (0 for those that it does not name). Default: none. */
  excluded?: (term: number, digits: readonly number[]) => boolean;
  /** Permuted targets of the null distribution: ceil(1 / false_acceptance) - 1. Tables with few rows have fewer permutations. */
  permutations: number;
  grids: Grid[];
  /** Grid cells: all combinations of values of all sets of exponents that a law can use. */
  cells: number;
  /** Right-hand sides of all models: the target, its noise trials and its permutations. A target may not allow all models. */
  targets: number;
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

/** Default grids by the number of inputs: coarser with each, because the product term has a column for every cell. */
const DEFAULT_RANGES: Record<number, ExponentRange> = {
  // Between particles forces fall with the 6th and 12th power.
  1: [-12, -10, -9, -8, -7, -6, -5, ...Array.from({ length: 33 }, (_, index) => -4 + index / 4), 5, 6],
  2: { from: -4, to: 4, step: 0.5 },
  3: { from: -3, to: 3, step: 0.5 },
  4: [-2, -1, -0.5, 0, 0.5, 1, 2],
};

/** Most terms in one law: of a declared library, and of the default one with few inputs. */
const MOST_TERMS = 3;
const MOST_TERMS_OF_FEW_INPUTS = 4;
const FEW_INPUTS = 3;

/**
 * Fills in the defaults, checks names and computes the cost.
 *
 * Target: the last column. Inputs: the other columns that have more than one value. Library, by the number of inputs:
 * - one: "1", "x", two free powers "x^p" and "x^q" from -4 to 4 by 0.25 and some whole numbers from -12
 *   to 6, "sin(x)", "cos(x)", "exp(-x)", "log(x)";
 * - two: "1", each input and their product, a free power of each and the product of free powers ("x^p", "y^q",
 *   "x^p*y^q") from -4 to 4 by 0.5, and the four functions of each;
 * - three and four: as two, with the products of all pairs and without functions; from -3 to 3 by 0.5 for three inputs,
 *   and -2, -1, -0.5, 0, 0.5, 1, 2 for four;
 * - more: "1", each input, and each product of two inputs (squares included) while the library stays within 64 terms.
 * The default library is searched under all transforms that the target allows.
 * An exponent is free only where every row allows it: a column with a zero takes no negative power, one with a negative
 * value no fractional power; the engine leaves such term columns out.
 *
 * Every exponent that is declared must be used by a term, so more than 24 of them are refused before anything else is
 * read. Cost is computed from counts alone; grids are built only for a search that is within every bound.
 *
 * Terms that the units of the columns forbid are left out; see dimensions.ts.
 *
 * Throws `dataset_too_few_rows`, `column_unknown`, `column_constant`, `unknown_term`, `formula_invalid`, `invalid_request` (among others for a
 * declared exponent that no term names), `dimensions_disagree` or `budget_exceeded`.
 */
export function planDiscover(request: DiscoverRequest, header: TableHeader): DiscoverPlan {
  const target = resolveTarget(request.target, header);
  const inputs = resolveInputs(request, header, target);
  const { terms: texts, exponents: declared = {} } = request.hypothesis;
  const declaredNames = Object.keys(declared);
  refuseExponents(declaredNames.length, "/hypothesis/exponents");
  const clash = declaredNames.find((name) => header.columns.includes(name));
  if (clash !== undefined) throw invalid(pointerTo(clash), `the exponent "${clash}" has the name of a column; rename it`);
  const known = { columns: inputs, target, parameters: declaredNames, openExponents: !request.hypothesis.exponents };
  const expressions = texts
    ? distinct(texts.map((text, index) => parseExpression(text, known, `/hypothesis/terms/${index}`)))
    : defaultTerms(inputs, exponentNames(inputs));
  const flat = new Set(header.constant);
  const terms = expressions.map((expression, index) => {
    const name = namesIn(expression, "column").find((column) => flat.has(column));
    if (name !== undefined) throw isConstant(name, texts ? `/hypothesis/terms/${index}` : "/hypothesis");
    return { text: printText(expression), expression };
  });
  const used = [...new Set(terms.flatMap(({ expression }) => namesIn(expression, "parameter")))];
  const unused = declaredNames.find((name) => !used.includes(name));
  if (unused !== undefined) throw invalid(pointerTo(unused), `no term names the exponent "${unused}"; remove it or use it in a term`);
  refuseExponents(used.length, "/hypothesis/terms");
  const fallback = (texts ? undefined : DEFAULT_RANGES[inputs.length]) ?? DEFAULT_RANGE;
  const mostTerms = !texts && inputs.length <= FEW_INPUTS ? MOST_TERMS_OF_FEW_INPUTS : MOST_TERMS;
  const ranges = used.map((name) => {
    const range = (Object.hasOwn(declared, name) ? declared[name] : undefined) ?? fallback;
    return { name, range, count: gridCount(range, name) };
  });
  const rule = request.hypothesis.dimensions ?? (texts ? "off" : "functions");
  const modelled = [...new Set<Transform>(request.hypothesis.transforms ?? (texts || rule === "strict" ? ["identity"] : transforms))];
  const dimensions = dimensionCheckOf({ rule, target, transforms: modelled, terms, units: header.units });
  const valuesOf = (exponent: string) => ranges.flatMap(({ name, range, count }) => (name === exponent ? gridValues(range, count) : []));
  const { kept, leftOut } = withinDimensions(terms, valuesOf, dimensions);
  const free = ranges.filter(({ name }) => kept.some(({ expression }) => namesIn(expression, "parameter").includes(name)));
  const library = {
    target,
    inputs,
    terms: kept,
    dimensions,
    leftOut,
    transforms: modelled,
    maxTerms: Math.min(request.hypothesis.max_terms ?? mostTerms, kept.length),
    permutations: permutationsFor(request.decision.false_acceptance),
  };
  const cost = costOf({ ...library, exponents: free }, request, header.rows);
  refuseOverBudget(cost, request);
  const exponents = free.map(({ name, range, count }) => ({ name, values: gridValues(range, count) }));
  return { ...library, exponents, ...(dimensions && { excluded: columnsOutside(dimensions, kept, exponents) }), ...cost };
}

/** Library terms without their constant factors, which are fitted anyway. Throws `invalid_request` if two are the same. */
function distinct(expressions: Expression[]): Expression[] {
  const seen = new Map<string, number>();
  return expressions.map((expression, index) => {
    const [only, ...others] = linearTerms(expression);
    const term = only && others.length === 0 ? only.term : expression;
    const text = printText(term);
    const first = seen.get(text);
    if (first !== undefined) throw invalid(`/hypothesis/terms/${index}`, `the term is the same as term ${first + 1}, ${text}; remove one`);
    seen.set(text, index);
    return term;
  });
}

/**
 * Reads the law and resolves its target: `target` of the request, else the left side of the law, else the last column.
 *
 * Throws `column_unknown`, `column_constant`, `unknown_term`, `formula_invalid`, `invalid_request` (a left side that
 * contradicts `target`, a unit that differs in `predict`), `law_not_finite` (a constant part), `dataset_too_few_rows` or
 * `budget_exceeded` (more than 64 terms, or more memory than is given to one job). `predict` is the header of the table of that name.
 */
export function planEvaluate(request: EvaluateRequest, header: TableHeader, predict?: TableHeader): EvaluatePlan {
  const formula = lawOf(request, header);
  const named = formula.target ?? undefined;
  if (named !== undefined && !header.columns.includes(named)) throw isUnknown(named, header.columns, "/law");
  if (request.target !== undefined && named !== undefined && request.target !== named) {
    throw invalid("/law", `the law is about "${named}" but the target is "${request.target}"; make them agree`);
  }
  const strange = infiniteConstant(formula.expression);
  if (strange) {
    const detail = `has ${strange.text}, which is ${strange.value} on every row`;
    throw new OrreryError("law_not_finite", `The law ${detail}; give it a finite value.`, { faults: [{ pointer: "/law", detail }] });
  }
  const target = resolveTarget(request.target ?? named, header);
  const inputs = namesIn(formula.expression, "column");
  if (inputs.includes(target)) throw invalid("/law", `the law uses its own target "${target}"; name another target or rewrite the law`);
  const permutations = permutationsFor(request.decision.false_acceptance);
  const terms = linearTerms(formula.expression).length;
  const law = { terms, parts: sizeOf(formula.expression), columns: inputs.length, rows: header.rows, permutations };
  if (predict) refuseOthers(inputs, header, predict);
  const seconds = costOfLaw(law) + (predict ? costOfPredictions({ ...law, rows: predict.rows }) : 0);
  return { target, inputs, law: formula.expression, transform: formula.transform, permutations, seconds };
}

/** The law of a request, given as text or as a tree. */
function lawOf({ law }: EvaluateRequest, { columns }: TableHeader): Formula {
  if (typeof law === "string") return parseFormula(law, { columns }, "/law");
  const strange = namesIn(law.ast, "column").find((name) => !columns.includes(name));
  if (strange !== undefined) throw isUnknown(strange, columns, "/law/ast");
  // Binding nothing builds the tree anew, in normal form.
  return { target: law.target ?? null, transform: law.transform, expression: bind(law.ast, {}) };
}

/** Refuses a table to predict on that lacks a column of the law, or has it in another unit than the dataset. */
function refuseOthers(inputs: readonly string[], { units }: TableHeader, predict: TableHeader): void {
  for (const name of inputs) {
    if (!predict.columns.includes(name)) throw isUnknown(name, predict.columns, "/predict");
    const [unit, other] = [units, predict.units].map((known) => (Object.hasOwn(known, name) ? known[name] : undefined));
    if (unit === undefined || other === undefined || unit.trim() === other.trim()) continue;
    throw invalid(
      "/predict",
      `column "${name}" is in ${JSON.stringify(other)}, but in the dataset it is in ${JSON.stringify(unit)}; convert it`,
    );
  }
}

function resolveTarget(asked: string | undefined, header: TableHeader): string {
  if (header.rows < 2) throw new OrreryError("dataset_too_few_rows", "The dataset has 1 row; send at least 2, better 8 or more.");
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
  const constants = new Set(header.constant);
  const varying = others.filter((name) => !constants.has(name));
  if (varying.length === 0 && flat !== undefined) throw isConstant(flat, "/inputs");
  if (varying.length === 0) {
    throw new OrreryError("column_unknown", `The dataset has no column but the target "${target}"; add at least one input column.`, {
      faults: [{ pointer: "/dataset", detail: "has no input column" }],
    });
  }
  return varying;
}

/** `p`, `q`, `r`, `s` for the free powers of a default library, with underscores where a column has that name. */
function exponentNames(inputs: readonly string[]): string[] {
  const count = inputs.length === 1 ? 2 : inputs.length > 4 ? 0 : inputs.length;
  return ["p", "q", "r", "s"].slice(0, count).map((letter) => {
    let name = letter;
    while (inputs.includes(name)) name += "_";
    return name;
  });
}

function defaultTerms(inputs: readonly string[], exponents: readonly string[]): Expression[] {
  const columns = inputs.map(column);
  const linear = [constant(1), ...columns];
  // Counted before they are made: a table can have thousands of columns.
  if (1 + columns.length + (columns.length * (columns.length + 1)) / 2 > LIMITS.terms) return linear;
  const pairs = columns.flatMap((left, index) => columns.slice(index + 1).map((right) => product([left, right])));
  // One input has two free powers, so that a sum of two powers is found.
  const powers = exponents.map((name, index) => power(columns[index % columns.length] ?? constant(1), parameter(name)));
  if (columns.length === 1) return [...linear, ...powers, ...columns.flatMap(functionsOf)];
  if (columns.length === 2) return [...linear, ...pairs, ...powers, product(powers), ...columns.flatMap(functionsOf)];
  if (powers.length > 0) return [...linear, ...pairs, ...powers, product(powers)];
  return [...linear, ...columns.map((base) => power(base, constant(2))), ...pairs];
}

function functionsOf(argument: Expression): Expression[] {
  return [call("sin", argument), call("cos", argument), call("exp", product([constant(-1), argument])), call("log", argument)];
}

function gridCount(range: ExponentRange, name: string): number {
  // The tolerance keeps `to` in the grid when the steps miss it by rounding: 0 to 0.3 by 0.1.
  const count = Array.isArray(range) ? new Set(range).size : Math.floor((range.to - range.from) / range.step + 1e-9) + 1;
  if (count > LIMITS.gridValues) {
    throw tooCostly(
      `The exponent "${name}" has ${count} values; at most ${LIMITS.gridValues} are accepted. Raise its step.`,
      pointerTo(name),
    );
  }
  return count;
}

/** Ascending, each value once. */
function gridValues(range: ExponentRange, count: number): number[] {
  if (Array.isArray(range)) return [...new Set(range)].sort((a, b) => a - b);
  const { from, step } = range;
  return Array.from({ length: count }, (_, index) => {
    const value = from + index * step;
    // -0.3 and three steps of 0.1 make 5.6e-17, which is 0; no number of digits would tell.
    return Math.abs(value) < 1e-9 * step ? 0 : Number(value.toPrecision(12));
  });
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
