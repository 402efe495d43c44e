import { OrreryError } from "./errors.ts";
import { call, column, constant, type Expression, FUNCTIONS, type FunctionName, parameter, power, product, sum } from "./expression.ts";
import { nearest } from "./nearest.ts";

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
  /** A column that exists but is what the formula is to explain. */
  target?: string;
  /** Whether an unknown name directly after `^` becomes a parameter. */
  openExponents?: boolean;
}

/** Longest text and deepest nesting that the parser accepts; the second bounds its stack and that of every printer. */
export const MAX_LENGTH = 2_000;
export const MAX_DEPTH = 64;

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
  if (!left && text.includes("=")) throw otherSide(text, pointer);
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
    // The functions are so short that every short name is near to one of them.
    const near = nearest(name, name.length > 3 ? [...known, ...FUNCTIONS, "sqrt"] : known);
    const shown = known.slice(0, 8).join(", ") + (known.length > 8 ? ` and ${known.length - 8} more` : "");
    const what = name === names.target ? "the target, which a term cannot use" : "neither a column, a function nor an exponent";
    const detail = `"${excerpt(name)}" at character ${position + 1} is ${what}`;
    const exponents = names.parameters ? " An exponent is declared in hypothesis.exponents." : "";
    const advice = `${near ? `Did you mean "${near}"? ` : ""}Known names: ${shown}; functions: ${FUNCTIONS.join(", ")}, sqrt.${exponents}`;
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

function otherSide(text: string, pointer: string): OrreryError {
  const side = text.slice(0, text.indexOf("=")).trim();
  const detail = `has ${JSON.stringify(excerpt(side))} on the left of "="`;
  return new OrreryError(
    "formula_invalid",
    `The formula ${JSON.stringify(excerpt(text))} ${detail}; write T = …, 1/T = … or log(T) = …, solved for the target T.`,
    { faults: [{ pointer, detail }] },
  );
}

function tooLong(text: string, pointer: string): OrreryError {
  const detail = `has ${text.length} characters; at most ${MAX_LENGTH} are read`;
  return new OrreryError("formula_invalid", `The formula ${JSON.stringify(excerpt(text))} ${detail}.`, { faults: [{ pointer, detail }] });
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
