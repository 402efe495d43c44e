import type { Expression, FunctionName } from "../contract/expression.ts";
import { type Pace, ROW_WORK } from "./control.ts";
import { powerOf } from "./power.ts";

const FUNCTION: Record<FunctionName, (x: number) => number> = { sin: Math.sin, cos: Math.cos, exp: Math.exp, log: Math.log };

/** Columns by name, all of one length. */
export type Columns = Readonly<Record<string, Float64Array>>;

/**
 * The values of an expression on the rows `from` to `to` (half open), parameters replaced by `bound`. A value can be
 * infinite or NaN. The array may be a view of a column: do not write into it.
 */
export function valuesOf(
  expression: Expression,
  columns: Columns,
  bound: Readonly<Record<string, number>>,
  from: number,
  to: number,
  pace: Pace,
): Float64Array {
  pace.work((to - from) * (expression.type === "power" || expression.type === "call" ? ROW_WORK.call : ROW_WORK.plain));
  const scalar = scalarOf(expression, bound);
  if (scalar !== undefined) return new Float64Array(to - from).fill(scalar);
  const part = (inner: Expression) => valuesOf(inner, columns, bound, from, to, pace);
  switch (expression.type) {
    case "column":
      return (columns[expression.name] as Float64Array).subarray(from, to);
    case "power": {
      const base = part(expression.base);
      const exponent = scalarOf(expression.exponent, bound);
      if (exponent !== undefined) return base.map(powerOf(exponent));
      const exponents = part(expression.exponent);
      return base.map((x, row) => powerOf(exponents[row] as number)(x));
    }
    case "call":
      return part(expression.argument).map(FUNCTION[expression.function]);
    case "product":
      return combined(expression.factors.map(part), (left, right) => left * right);
    case "sum":
      return combined(expression.terms.map(part), (left, right) => left + right);
    default:
      throw new Error(`unreachable: ${expression.type} is a scalar`);
  }
}

/** The value of an expression without columns that is a constant, a parameter or the negative of one. */
function scalarOf(expression: Expression, bound: Readonly<Record<string, number>>): number | undefined {
  if (expression.type === "constant") return expression.value;
  if (expression.type === "parameter") return Object.hasOwn(bound, expression.name) ? bound[expression.name] : undefined;
  if (expression.type === "product") {
    const factors = expression.factors.map((factor) => scalarOf(factor, bound));
    return factors.reduce((left, right) => (left === undefined || right === undefined ? undefined : left * right), 1);
  }
  return undefined;
}

function combined(parts: Float64Array[], combine: (left: number, right: number) => number): Float64Array {
  const [first, ...others] = parts;
  const values = Float64Array.from(first ?? []);
  for (const other of others)
    for (let row = 0; row < values.length; row += 1) values[row] = combine(values[row] as number, other[row] as number);
  return values;
}
