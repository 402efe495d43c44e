import type { Expression, FunctionName } from "./expression.ts";
import { JAVASCRIPT_WORDS, PYTHON_WORDS } from "./reserved-words.ts";

/** How one language writes the parts of a formula. */
interface Dialect {
  number(value: number): string;
  /** A number in the place of an exponent. */
  exponent(value: number): string;
  name(name: string): string;
  group(inner: string): string;
  power(base: string, exponent: string): string;
  times(left: string, right: string): string;
  call(name: FunctionName, argument: string): string;
  /** Whether `-x` may open a product; a JavaScript power refuses a bare sign before its base. */
  bareSign: boolean;
  /** Whether any exponent stands without parentheses, as it does raised in LaTeX. */
  raised: boolean;
}

const TEXT: Dialect = {
  number: String,
  name: (name) => name,
  group: (inner) => `(${inner})`,
  power: (base, exponent) => `${base}^${exponent}`,
  exponent: (value) => (thirdsIn(value) === undefined ? String(value) : `(${thirdsIn(value)}/3)`),
  times: (left, right) => (/^[\d.]/.test(right) ? `${left}*${right}` : `${left} ${right}`),
  call: (name, argument) => `${name}(${argument})`,
  bareSign: true,
  raised: false,
};

const PYTHON: Dialect = {
  ...TEXT,
  exponent: String,
  power: (base, exponent) => `${base}**${exponent}`,
  times: (left, right) => `${left}*${right}`,
  bareSign: false,
};

const JAVASCRIPT: Dialect = { ...PYTHON, call: (name, argument) => `Math.${name}(${argument})` };

const LATEX: Dialect = {
  number(value) {
    const [mantissa, exponent] = String(value).split("e");
    return exponent === undefined ? String(mantissa) : `${mantissa} \\cdot 10^{${Number(exponent)}}`;
  },
  exponent: (value) => (thirdsIn(value) === undefined ? String(value) : `${thirdsIn(value)}/3`),
  name: (name) => (/^[A-Za-z]$/.test(name) ? name : `\\mathrm{${name.replaceAll("_", "\\_")}}`),
  group: (inner) => `\\left(${inner}\\right)`,
  power: (base, exponent) => `${base}^{${exponent}}`,
  times: (left, right) => (/^\d/.test(right) ? `${left} \\cdot ${right}` : `${left} \\, ${right}`),
  call: (name, argument) => `\\${name}\\left(${argument}\\right)`,
  bareSign: true,
  raised: true,
};

/** `365.2 a^1.5`: what `parseExpression` reads back as the same tree. */
export function printText(expression: Expression): string {
  return print(expression, TEXT);
}

export function printLatex(expression: Expression): string {
  return print(expression, LATEX);
}

/** An expression of the columns with `**`, `sin`, `cos`, `exp` and `log`; a reserved word has an underscore behind it. */
export function printPython(expression: Expression): string {
  return print(expression, { ...PYTHON, name: namesBeside(expression, PYTHON_WORDS) });
}

/** An expression of the columns with `**` and the functions of `Math`; a reserved word has an underscore behind it. */
export function printJavaScript(expression: Expression): string {
  return print(expression, { ...JAVASCRIPT, name: namesBeside(expression, JAVASCRIPT_WORDS) });
}

/** Names with underscores where a language has the word for itself, as many as make it another than those of the other columns. */
function namesBeside(expression: Expression, reserved: readonly string[]): (name: string) => string {
  const others = new Set<string>();
  print(expression, {
    ...TEXT,
    name(name) {
      others.add(name);
      return name;
    },
  });
  return (name) => {
    if (!reserved.includes(name)) return name;
    let renamed = `${name}_`;
    while (others.has(renamed)) renamed += "_";
    return renamed;
  };
}

function print(expression: Expression, dialect: Dialect): string {
  switch (expression.type) {
    case "constant":
      return dialect.number(expression.value);
    case "column":
    case "parameter":
      return dialect.name(expression.name);
    case "call":
      return dialect.call(expression.function, print(expression.argument, dialect));
    case "power": {
      const { base, exponent } = expression;
      const simpleBase = base.type === "column" || base.type === "parameter" || base.type === "call" || isPlainNumber(base);
      const simpleExponent = dialect.raised || exponent.type === "constant" || exponent.type === "column" || exponent.type === "parameter";
      const [lower, upper] = [
        print(base, dialect),
        exponent.type === "constant" ? dialect.exponent(exponent.value) : print(exponent, dialect),
      ];
      return dialect.power(simpleBase ? lower : dialect.group(lower), simpleExponent ? upper : dialect.group(upper));
    }
    case "product": {
      const [lead, ...rest] = expression.factors;
      const signed = dialect.bareSign && lead?.type === "constant" && lead.value === -1 && rest.length > 0;
      const printed = (signed ? rest : expression.factors)
        .map((factor) => (factor.type === "sum" ? dialect.group(print(factor, dialect)) : print(factor, dialect)))
        .reduce((left, right) => dialect.times(left, right));
      return signed ? `-${printed}` : printed;
    }
    case "sum":
      return expression.terms
        .map((term) => print(term, dialect))
        .reduce((left, right) => (right.startsWith("-") ? `${left} - ${right.slice(1)}` : `${left} + ${right}`));
  }
}

/** How many thirds a number is, if it is what a parser makes of so many thirds and no whole number. */
function thirdsIn(value: number): number | undefined {
  const count = Math.round(value * 3);
  return count % 3 !== 0 && count * (1 / 3) === value ? count : undefined;
}

/** A number that keeps its meaning as the base of a power in every dialect: no sign, no power of ten. */
function isPlainNumber(expression: Expression): boolean {
  return expression.type === "constant" && /^[\d.]+$/.test(String(expression.value));
}
