import { printText } from "./formula-print.ts";

export const FUNCTIONS = ["sin", "cos", "exp", "log"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/**
 * A formula as a tree. Build it with the functions below, which keep it in one normal form: products and sums are flat
 * and never of one part, constants are folded where that stays finite, division is a power of -1 and a square root a
 * power of 0.5. Two texts with the same tree are the same formula.
 */
export type Expression =
  | { type: "constant"; value: number }
  | { type: "column"; name: string }
  /** A free exponent (or rate): a name that takes the values of a grid. */
  | { type: "parameter"; name: string }
  | { type: "power"; base: Expression; exponent: Expression }
  /** A constant factor, if there is one, comes first. */
  | { type: "product"; factors: Expression[] }
  | { type: "sum"; terms: Expression[] }
  | { type: "call"; function: FunctionName; argument: Expression };

export function constant(value: number): Expression {
  return { type: "constant", value: value + 0 }; // -0 and 0 are the same constant
}

export function column(name: string): Expression {
  return { type: "column", name };
}

export function parameter(name: string): Expression {
  return { type: "parameter", name };
}

export function power(base: Expression, exponent: Expression): Expression {
  if (exponent.type === "constant") {
    if (exponent.value === 0) return constant(1);
    if (exponent.value === 1) return base;
    // 1/x^2 is x^-2; other nested powers stay, because (x^2)^0.5 is not x.
    if (exponent.value === -1 && base.type === "power" && base.exponent.type === "constant") {
      return power(base.base, constant(-base.exponent.value));
    }
    if (base.type === "constant" && Number.isFinite(base.value ** exponent.value)) return constant(base.value ** exponent.value);
  }
  return { type: "power", base, exponent };
}

export function product(parts: Expression[]): Expression {
  const { constants, others } = flattened(parts, "product");
  const value = constants.reduce((sofar, factor) => sofar * factor, 1);
  const lead = !Number.isFinite(value) ? constants : value === 1 && others.length > 0 ? [] : [value];
  const factors = [...lead.map(constant), ...others];
  const [only] = factors;
  return factors.length === 1 && only ? only : { type: "product", factors };
}

export function sum(parts: Expression[]): Expression {
  const { constants, others, firstConstant } = flattened(parts, "sum");
  const value = constants.reduce((sofar, term) => sofar + term, 0);
  const merged = !Number.isFinite(value) ? constants : value === 0 && others.length > 0 ? [] : [value];
  const terms = [...others.slice(0, firstConstant), ...merged.map(constant), ...others.slice(firstConstant)];
  const [only] = terms;
  return terms.length === 1 && only ? only : { type: "sum", terms };
}

export function call(name: FunctionName, argument: Expression): Expression {
  return { type: "call", function: name, argument };
}

function flattened(parts: Expression[], type: "product" | "sum") {
  const constants: number[] = [];
  const others: Expression[] = [];
  let firstConstant = 0;
  const take = (part: Expression): void => {
    if (part.type === type) {
      for (const inner of part.type === "product" ? part.factors : part.type === "sum" ? part.terms : []) take(inner);
    } else if (part.type === "constant") {
      if (constants.length === 0) firstConstant = others.length;
      constants.push(part.value);
    } else {
      others.push(part);
    }
  };
  parts.forEach(take);
  return { constants, others, firstConstant };
}

/** The direct parts of an expression. */
export function partsOf(expression: Expression): Expression[] {
  switch (expression.type) {
    case "power":
      return [expression.base, expression.exponent];
    case "product":
      return expression.factors;
    case "sum":
      return expression.terms;
    case "call":
      return [expression.argument];
    default:
      return [];
  }
}

/** The number of parts of an expression, itself among them. */
export function sizeOf(expression: Expression): number {
  return partsOf(expression).reduce((total, part) => total + sizeOf(part), 1);
}

/** The names of one type in an expression, each once, in order of appearance. */
export function namesIn(expression: Expression, type: "column" | "parameter"): string[] {
  if (expression.type === type) return [expression.name];
  return [...new Set(partsOf(expression).flatMap((part) => namesIn(part, type)))];
}

/** The expression with values in place of its parameters. */
export function bind(expression: Expression, values: Readonly<Record<string, number>>): Expression {
  switch (expression.type) {
    case "parameter": {
      const value = Object.hasOwn(values, expression.name) ? values[expression.name] : undefined;
      return value === undefined ? expression : constant(value);
    }
    case "power":
      return power(bind(expression.base, values), bind(expression.exponent, values));
    case "product":
      return product(expression.factors.map((factor) => bind(factor, values)));
    case "sum":
      return sum(expression.terms.map((term) => bind(term, values)));
    case "call":
      return call(expression.function, bind(expression.argument, values));
    default:
      return expression;
  }
}

/** A formula as a weighted sum: each coefficient with the term that it multiplies, equal terms added up. */
export function linearTerms(expression: Expression): { coefficient: number; term: Expression }[] {
  const found = new Map<string, { coefficient: number; term: Expression }>();
  for (const part of expression.type === "sum" ? expression.terms : [expression]) {
    const [lead] = part.type === "product" ? part.factors : [part];
    const coefficient = lead?.type === "constant" ? lead.value : 1;
    const term =
      part.type === "constant" ? constant(1) : part.type === "product" && lead?.type === "constant" ? product(part.factors.slice(1)) : part;
    const text = printText(term);
    found.set(text, { coefficient: coefficient + (found.get(text)?.coefficient ?? 0), term });
  }
  return [...found.values()];
}

/** Column to exponent, for the plain powers in a term. */
export function columnExponents(term: Expression): Record<string, number> {
  // A map, because a column can have the name of something that every object inherits.
  const exponents = new Map<string, number>();
  for (const factor of term.type === "product" ? term.factors : [term]) {
    const [base, exponent] = factor.type === "power" ? [factor.base, factor.exponent] : [factor, constant(1)];
    if (base.type === "column" && exponent.type === "constant") {
      exponents.set(base.name, (exponents.get(base.name) ?? 0) + exponent.value);
    }
  }
  return Object.fromEntries(exponents);
}
