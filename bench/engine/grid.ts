import type { ColumnValues } from "./problem.ts";
import { randomOf } from "./random.ts";

/**
 * A job with a grid of `side` by `side` exponents, a library of five terms (25 sets of one to three of them) and 10 noise
 * trials. The law is 2 x^1.5 + 3 sin x with noise of about 1 %; its exponent lies on every grid.
 */
export function gridJob(side: number, rows: number): { columns: ColumnValues; more: object } {
  const random = randomOf("grid", rows);
  const x = Array.from({ length: rows }, () => random.between(0.1, 6));
  const f = x.map((value) => 2 * value ** 1.5 + 3 * Math.sin(value) + 0.1 * random.normal());
  const steps = side - 1;
  const step = 6.5 / steps;
  const from = 1.5 - Math.round(0.6 * steps) * step;
  const exponent = { from, to: from + 6.5, step };
  return {
    columns: { x, f },
    more: {
      hypothesis: { terms: ["1", "x^p", "x^q", "sin(x)", "exp(-x)"], exponents: { p: exponent, q: exponent }, max_terms: 3 },
      noise: { levels: [0.01], trials: 10 },
      budget: { max_fits: 10_000_000_000 },
    },
  };
}
