import { type Expression, partsOf } from "./expression.ts";
import { printText } from "./formula-print.ts";

/** The largest part of a formula that has the same value on every row, and that not a finite one: `0/0`; undefined if there is none. */
export function infiniteConstant(expression: Expression): { text: string; value: number } | undefined {
  const value = constantValue(expression);
  if (value !== undefined) return Number.isFinite(value) ? undefined : { text: printText(expression), value };
  for (const part of partsOf(expression)) {
    const found = infiniteConstant(part);
    if (found) return found;
  }
  return undefined;
}

/** The value of an expression without columns and parameters. */
function constantValue(expression: Expression): number | undefined {
  if (expression.type === "column" || expression.type === "parameter") return undefined;
  if (expression.type === "constant") return expression.value;
  const values: number[] = [];
  for (const part of partsOf(expression)) {
    const value = constantValue(part);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const [first = 0, second = 0] = values;
  switch (expression.type) {
    case "power":
      return first ** second;
    case "product":
      return values.reduce((total, value) => total * value, 1);
    case "sum":
      return values.reduce((total, value) => total + value, 0);
    default:
      return Math[expression.function](first);
  }
}
