import type { Shape } from "./expression.ts";

/** The axes of the hypotheses: every p with every q with every λ, λ fastest, p slowest. */
export interface Grid {
  p: readonly number[];
  q: readonly number[];
  lambda: readonly number[];
}

export const sizeOf = ({ p, q, lambda }: Grid) => p.length * q.length * lambda.length;

export const shapesOf = ({ p, q }: Grid): Shape[] => p.flatMap((first) => q.map((second) => ({ p: first, q: second })));
