import { OrreryError } from "./errors.ts";
import { bind, type Expression, namesIn } from "./expression.ts";
import { printText } from "./formula-print.ts";
import type { DimensionRule, Transform } from "./request.ts";
import { type Dimension, described, dimensionOf, isPure, isSame, PURE, times } from "./units.ts";

/** What the dimensions of terms are held against. Constants, written or fitted, are pure numbers. */
export interface DimensionCheck {
  rule: Exclude<DimensionRule, "off">;
  /** Of the columns that have a unit. A part with any other column is never at fault. */
  columns: ReadonlyMap<string, Dimension>;
  /** Of the transformed target. */
  target: Dimension;
}

interface Checked {
  rule: DimensionRule;
  target: string;
  transforms: readonly Transform[];
  terms: readonly { expression: Expression }[];
  units: Readonly<Record<string, string>>;
}

/**
 * The check that a rule asks for, or null for none. "functions": the arguments of sin, cos, exp and log, and exponents
 * that vary by row, are pure numbers. "strict": moreover each term has the dimension of the transformed target.
 *
 * Throws for "strict" `invalid_request` if a column that it needs has no unit, and `dimensions_disagree` if the transforms
 * give the target different dimensions, or take the logarithm of one.
 */
export function dimensionCheckOf({ rule, target, transforms, terms, units }: Checked): DimensionCheck | null {
  const columns = new Map(Object.entries(units).map(([name, unit]) => [name, dimensionOf(unit)]));
  if (rule === "off" || (rule === "functions" && columns.size === 0)) return null;
  if (rule === "functions") return { rule, columns, target: PURE };
  const bare = [target, ...terms.flatMap(({ expression }) => namesIn(expression, "column"))].find((name) => !columns.has(name));
  if (bare !== undefined) {
    const detail = `"strict" needs the unit of column "${bare}"`;
    throw new OrreryError("invalid_request", `At /hypothesis/dimensions, ${detail}; send it in dataset.units, "" for a pure number.`, {
      faults: [{ pointer: "/hypothesis/dimensions", detail }],
    });
  }
  const dimension = columns.get(target) ?? PURE;
  if (!isPure(dimension) && (transforms.includes("log") || transforms.length > 1)) {
    const detail = `the target "${target}" is ${described(dimension)}, so that laws of its transforms ${transforms.join(", ")} have no terms in common`;
    throw disagree(
      `Under hypothesis.dimensions "strict", ${detail}; ask for "identity" or "reciprocal" alone.`,
      "/hypothesis/transforms",
      detail,
    );
  }
  return { rule, columns, target: transforms[0] === "reciprocal" ? times(PURE, dimension, -1) : dimension };
}

/** Why a term, its parameters replaced by `bound`, is not allowed; undefined if it is. */
export function dimensionFault(
  term: Expression,
  bound: Readonly<Record<string, number>>,
  { rule, columns, target }: DimensionCheck,
): string | undefined {
  let fault: string | undefined;
  const refuse = (part: Expression, why: string) => {
    fault ??= `${printText(part)} ${why}`;
  };
  /** Undefined where it is not known, or has been refused. What is inside a function has to be of one dimension. */
  const dimensionIn = (part: Expression, strict: boolean): Dimension | undefined => {
    switch (part.type) {
      case "constant":
      case "parameter":
        return PURE;
      case "column":
        return columns.get(part.name);
      case "product":
        return part.factors
          .map((factor) => dimensionIn(factor, strict))
          .reduce((left, right) => left && right && times(left, right, 1), PURE as Dimension | undefined);
      case "sum": {
        const [first, ...others] = part.terms.flatMap((inner) => dimensionIn(inner, strict) ?? []);
        const other = first && others.find((dimension) => !isSame(dimension, first));
        if (other && strict) refuse(part, `adds ${described(first)} and ${described(other)}`);
        return other ? undefined : first;
      }
      case "call": {
        const argument = dimensionIn(part.argument, true);
        if (argument && !isPure(argument)) refuse(part, `takes a function of ${described(argument)}`);
        return PURE;
      }
      case "power": {
        const base = dimensionIn(part.base, strict);
        const exponent = bind(part.exponent, bound);
        if (exponent.type === "constant") return base && times(PURE, base, exponent.value);
        const raised = dimensionIn(exponent, true);
        if (raised && !isPure(raised)) refuse(part, `has an exponent that is ${described(raised)}`);
        if (base && isPure(base)) return base;
        if (base && strict) refuse(part, `has a dimension that varies with its exponent`);
        return undefined;
      }
    }
  };
  const dimension = dimensionIn(term, rule === "strict");
  if (rule === "strict" && dimension && !isSame(dimension, target)) refuse(bind(term, bound), `is ${described(dimension)}`);
  return fault;
}

/** Whether a term with these values of its parameters may stand in a law. */
export function isAllowed(term: Expression, bound: Readonly<Record<string, number>>, check: DimensionCheck | null): boolean {
  return check === null || dimensionFault(term, bound, check) === undefined;
}

/** Whether a check forbids the term of an index at these digits of the exponents: what a plan excludes. */
export function columnsOutside(
  check: DimensionCheck,
  terms: readonly Term[],
  exponents: readonly { name: string; values: readonly number[] }[],
): (term: number, digits: readonly number[]) => boolean {
  return (term, digits) => {
    const bound = Object.fromEntries(exponents.map(({ name, values }, index) => [name, values[digits[index] as number] as number]));
    return !isAllowed((terms[term] as Term).expression, bound, check);
  };
}

interface Term {
  text: string;
  expression: Expression;
}

/** Combinations of the values of exponents that are tried for one term; the cost of more is refused afterwards. */
const MOST_COMBINATIONS = 4_096;

/**
 * Parts a library into the terms that have a place in some law and the texts of the others. A term with free exponents
 * is kept if it is allowed for any of their values. Throws `dimensions_disagree` if only constants are left.
 */
export function withinDimensions(
  terms: readonly Term[],
  valuesOf: (exponent: string) => readonly number[],
  check: DimensionCheck | null,
): { kept: Term[]; leftOut: string[] } {
  if (check === null) return { kept: [...terms], leftOut: [] };
  const kept: Term[] = [];
  const left: { text: string; fault: string }[] = [];
  for (const term of terms) {
    const fault = faultOfAll(term, valuesOf, check);
    if (fault === undefined) kept.push(term);
    else left.push({ text: term.text, fault });
  }
  if (left.length > 0 && kept.every(({ expression }) => namesIn(expression, "column").length === 0)) throw nothingLeft(left, check);
  return { kept, leftOut: left.map(({ text }) => text) };
}

/** The fault of the first combination of exponents, if every combination has one. */
function faultOfAll({ expression }: Term, valuesOf: (exponent: string) => readonly number[], check: DimensionCheck): string | undefined {
  const names = namesIn(expression, "parameter");
  const grids = names.map(valuesOf);
  const count = grids.reduce((product, { length }) => product * length, 1);
  if (count > MOST_COMBINATIONS) return undefined;
  let first: string | undefined;
  for (let cell = 0; cell < count; cell += 1) {
    let rest = cell;
    const bound: Record<string, number> = {};
    for (const [index, grid] of grids.entries()) {
      bound[names[index] as string] = grid[rest % grid.length] as number;
      rest = Math.floor(rest / grid.length);
    }
    const fault = dimensionFault(expression, bound, check);
    if (fault === undefined) return undefined;
    first ??= fault;
  }
  return first;
}

function nothingLeft(left: readonly { text: string; fault: string }[], { rule, target }: DimensionCheck): OrreryError {
  const shown = left.slice(0, 4).map(({ text, fault }) => (fault.startsWith(`${text} `) ? fault : `${text}: ${fault}`));
  const more = left.length > 4 ? `, and ${left.length - 4} more` : "";
  const asked = rule === "strict" ? `; what is modelled is ${described(target)}` : "";
  const detail = `no term with a column is left by the units: ${shown.join(", ")}${more}${asked}`;
  return disagree(
    `Under hypothesis.dimensions "${rule}", ${detail}. Correct dataset.units, change the terms, or set hypothesis.dimensions to "off".`,
    "/hypothesis/terms",
    detail,
  );
}

function disagree(message: string, pointer: string, detail: string): OrreryError {
  return new OrreryError("dimensions_disagree", message, { faults: [{ pointer, detail }] });
}
