import { expect, test } from "vitest";
import { rankOf } from "../../../src/engine/tgefd/rank.ts";

const model = (error: number, l0: number, l1: number) => ({ coefficients: new Float64Array(l0), error, l0, l1 });

test("by error, then number and sum of coefficients, then order; rounding decides nothing", () => {
  const models = [model(2, 1, 1), model(1 + 1e-15, 1, 3), model(1, 2, 3), model(1, 1, 3 + 1e-14), model(1, 1, 2.5), model(1 + 1e-6, 1, 1)];
  expect(rankOf(models, 1e-12)).toEqual([4, 1, 3, 2, 5, 0]);
});
