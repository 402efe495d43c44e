import { type Expression, partsOf } from "../contract/expression.ts";
import type { Transform } from "../contract/request.ts";

/** Price of a term, in units of the score; chosen on the development problems, see `penalty`. */
const TERM_PRICE = 5;

/** What the size of a hypothesis costs it. */
export interface Size {
  /** Rows that it is fitted to. */
  rows: number;
  terms: number;
  /** Free exponents that its terms use. */
  exponents: number;
  /** Sum of ln(number of grid values) over those exponents. */
  logGrid: number;
  /** Terms in the library. */
  library: number;
}

/**
 * What is added to N ln(RSS / N): k ln N (Schwarz 1978), the log of the number of alternatives of this size, ln C(F, j)
 * plus ln(grid values) (extended BIC, Chen & Chen 2008), the small-sample term 2k(k + 1) / (N - k - 1) (Hurvich & Tsai
 * 1989) and a price per term; j terms, k = terms + exponents. Infinite when the rows do not suffice: N - k - 1 < 1.
 */
export function penalty({ rows, terms, exponents, logGrid, library }: Size): number {
  const k = terms + exponents;
  if (rows - k - 1 < 1) return Number.POSITIVE_INFINITY;
  let logChoices = 0;
  for (let j = 1; j <= terms; j += 1) logChoices += Math.log((library - terms + j) / j);
  return k * Math.log(rows) + logGrid + logChoices + (2 * k * (k + 1)) / (rows - k - 1) + TERM_PRICE * terms;
}

/** Price of a function, in units of the score: powers explain more of the laws that are known. */
const FUNCTION_PRICE = 4;

/** A logarithm in a law of log y is a power whose exponent can be any number, and costs what naming one does. */
const POWER_PRICE = 16;

/** What the functions in a law cost beyond their terms. */
export function functionPrice(terms: readonly Expression[], transform: Transform): number {
  const isPower = (term: Expression) => transform === "log" && term.type === "call" && term.function === "log";
  return terms.reduce((sum, term) => sum + (isPower(term) ? POWER_PRICE : hasCall(term) ? FUNCTION_PRICE : 0), 0);
}

function hasCall(expression: Expression): boolean {
  return expression.type === "call" || partsOf(expression).some(hasCall);
}
