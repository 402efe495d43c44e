import { OrreryError } from "./errors.ts";
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

/** What the left side of a formula says is modelled: `T = …`, `1/T = …` or `log(T) = …`. */
export interface Formula {
  target: string | null;
  transform: "identity" | "reciprocal" | "log";
  expression: Expression;
}

/** The names that a formula may use. */
export interface Names {
  columns: readonly string[];
  parameters?: readonly string[];
  /** Whether an unknown name directly after `^` becomes a parameter. */
  openExponents?: boolean;
}

/** Longest text and deepest nesting that the parser accepts; the second bounds its stack and that of every printer. */
export const MAX_LENGTH = 2_000;
export const MAX_DEPTH = 64;

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
function partsOf(expression: Expression): Expression[] {
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
  const exponents: Record<string, number> = {};
  for (const factor of term.type === "product" ? term.factors : [term]) {
    const [base, exponent] = factor.type === "power" ? [factor.base, factor.exponent] : [factor, constant(1)];
    if (base.type === "column" && exponent.type === "constant") exponents[base.name] = (exponents[base.name] ?? 0) + exponent.value;
  }
  return exponents;
}

/**
 * Reads `365.2 a^1.5`, `3*x**-2 + sin(t)`, `sqrt(L)/2`: numbers, names, `+ - * / ^ **`, parentheses, the functions sin,
 * cos, exp, log and sqrt. Two factors side by side are multiplied, with the same precedence as `*`.
 *
 * Throws `formula_invalid` or `unknown_term` with the offending text and its position, counted in characters from 1.
 * `pointer` is the JSON pointer of the text inside the request.
 */
export function parseExpression(text: string, names: Names, pointer: string): Expression {
  return parseFrom(text, 0, names, pointer);
}

const LEFT_SIDE = /^\s*(?:(?<plain>[A-Za-z_]\w*)|1\s*\/\s*(?<reciprocal>[A-Za-z_]\w*)|log\s*\(\s*(?<log>[A-Za-z_]\w*)\s*\))\s*=(?!=)/;

/** Reads an expression with an optional left side: `T = …`, `1/T = …` or `log(T) = …`. Throws as `parseExpression` does. */
export function parseFormula(text: string, names: Names, pointer: string): Formula {
  if (text.length > MAX_LENGTH) throw tooLong(text, pointer);
  const left = LEFT_SIDE.exec(text);
  const { plain, reciprocal, log } = left?.groups ?? {};
  return {
    target: plain ?? reciprocal ?? log ?? null,
    transform: reciprocal !== undefined ? "reciprocal" : log !== undefined ? "log" : "identity",
    expression: parseFrom(text, left?.[0].length ?? 0, names, pointer),
  };
}

const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;

function parseFrom(text: string, start: number, names: Names, pointer: string): Expression {
  if (text.length > MAX_LENGTH) throw tooLong(text, pointer);
  const columns = new Set(names.columns);
  const parameters = new Set(names.parameters);
  let at = start;
  let depth = 0;

  const invalid = (problem: string): OrreryError => {
    const found = at < text.length ? `${JSON.stringify(text.slice(at, at + 12))} at character ${at + 1}` : "the end";
    const detail = `cannot be read at ${found}: ${problem}`;
    return new OrreryError("formula_invalid", `The formula ${JSON.stringify(excerpt(text))} ${detail}.`, { faults: [{ pointer, detail }] });
  };
  const unknown = (name: string, position: number): OrreryError => {
    const known = [...columns, ...parameters];
    const near = nearest(name, [...known, ...FUNCTIONS, "sqrt"]);
    const shown = known.slice(0, 8).join(", ") + (known.length > 8 ? ` and ${known.length - 8} more` : "");
    const detail = `"${excerpt(name)}" at character ${position + 1} is neither a column, a function nor an exponent`;
    const advice = near ? `Did you mean "${near}"?` : `Known names: ${shown}.`;
    return new OrreryError("unknown_term", `In ${JSON.stringify(excerpt(text))}, ${detail}. ${advice}`, { faults: [{ pointer, detail }] });
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const [matched] = pattern.exec(text) ?? [];
    at += matched?.length ?? 0;
    return matched;
  };
  const skip = () => take(/\s*/y);
  const takeMark = (mark: RegExp): string | undefined => {
    skip();
    return take(mark);
  };
  const nested = (parse: () => Expression): Expression => {
    depth += 1;
    if (depth > MAX_DEPTH) throw invalid(`it is nested more than ${MAX_DEPTH} deep; write it with fewer parentheses`);
    const inner = parse();
    depth -= 1;
    return inner;
  };
  const closed = (): Expression => {
    const inner = nested(parseSum);
    if (!takeMark(/\)/y)) throw invalid('expected an operator or ")"');
    return inner;
  };

  function parseSum(): Expression {
    const terms = [parseProduct()];
    for (let sign = takeMark(/[+-]/y); sign; sign = takeMark(/[+-]/y)) {
      terms.push(sign === "-" ? product([constant(-1), parseProduct()]) : parseProduct());
    }
    return sum(terms);
  }

  function parseProduct(): Expression {
    const factors = [parseSigned()];
    for (;;) {
      const operator = takeMark(/\*|\//y);
      if (operator) factors.push(operator === "/" ? power(parseSigned(), constant(-1)) : parseSigned());
      else if (/[A-Za-z_(]/.test(text.charAt(at))) factors.push(parsePower());
      else if (/[\d.]/.test(text.charAt(at))) throw invalid('a number cannot follow a factor; write "*" between them');
      else return product(factors);
    }
  }

  /** Signs bind less tightly than powers: -x^2 is -(x^2). */
  function parseSigned(): Expression {
    let negative = false;
    for (let sign = takeMark(/[+-]/y); sign; sign = takeMark(/[+-]/y)) negative = negative !== (sign === "-");
    const operand = parsePower();
    return negative ? product([constant(-1), operand]) : operand;
  }

  function parsePower(): Expression {
    const base = parseAtom(false);
    return takeMark(/\^|\*\*/y) ? power(base, nested(parseExponent)) : base;
  }

  /** Powers associate to the right: a^b^c is a^(b^c). */
  function parseExponent(): Expression {
    let negative = false;
    for (let sign = takeMark(/[+-]/y); sign; sign = takeMark(/[+-]/y)) negative = negative !== (sign === "-");
    const base = parseAtom(names.openExponents ?? false);
    const exponent = takeMark(/\^|\*\*/y) ? power(base, nested(parseExponent)) : base;
    return negative ? product([constant(-1), exponent]) : exponent;
  }

  function parseAtom(open: boolean): Expression {
    skip();
    const number = take(NUMBER);
    if (number !== undefined) {
      if (!Number.isFinite(Number(number))) throw invalid(`${excerpt(number)} is too large for a number`);
      return constant(Number(number));
    }
    const position = at;
    const name = take(NAME);
    if (name === undefined) {
      if (takeMark(/\(/y)) return closed();
      throw invalid('expected a number, a name or "("');
    }
    if (name === "sqrt" || isFunction(name)) {
      if (!takeMark(/\(/y)) throw invalid(`the function ${name} needs an argument in parentheses`);
      const argument = closed();
      return isFunction(name) ? call(name, argument) : power(argument, constant(0.5));
    }
    if (columns.has(name)) return column(name);
    if (parameters.has(name) || (open && !/\s*\(/y.test(text.slice(at)))) return parameter(name);
    throw unknown(name, position);
  }

  const expression = parseSum();
  skip();
  if (at < text.length) throw invalid("expected an operator");
  return expression;
}

function isFunction(name: string): name is FunctionName {
  return (FUNCTIONS as readonly string[]).includes(name);
}

function tooLong(text: string, pointer: string): OrreryError {
  const detail = `has ${text.length} characters; at most ${MAX_LENGTH} are read`;
  return new OrreryError("formula_invalid", `The formula ${JSON.stringify(excerpt(text))} ${detail}.`, { faults: [{ pointer, detail }] });
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The known name that a slip of at most two letters, or of case, turns into `name`. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const lowered = name.slice(0, 64).toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - lowered.length) > 2) continue;
    const distance = editDistance(lowered, candidate.toLowerCase());
    if (distance <= Math.min(2, candidate.length - 1) && distance < (best?.distance ?? 3)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Levenshtein distance by the two-row recurrence. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
