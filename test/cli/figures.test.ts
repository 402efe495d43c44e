import { expect, test } from "vitest";
import { estimate, figure, span } from "../../src/cli/figures.ts";

test.each([
  [0, "0"],
  [365.2134, "365.21"],
  [60190, "60190"],
  [1_234_567, "1234567"],
  [12_345_678, "1.2346e+7"],
  [1e30, "1e+30"],
  [0.00001234, "1.234e-5"],
  [-0.5, "-0.5"],
  [Number.NaN, "NaN"],
])("%d is written %s", (value, text) => expect(figure(value)).toBe(text));

test("an estimate has the decimals that its interval deserves", () => {
  expect(estimate(365.2134, [364.902, 365.481])).toEqual({ value: "365.21", interval: "364.90 to 365.48" });
  expect(estimate(1.5, [1.4999983, 1.5000017])).toEqual({ value: "1.5000000", interval: "1.4999983 to 1.5000017" });
  expect(estimate(2, [2, 2])).toEqual({ value: "2", interval: "2 to 2" });
});

test.each([
  [0.42, "0.4 s"],
  [59.6, "1 min 0 s"],
  [200, "3 min 20 s"],
  [7_500, "2 h 5 min"],
])("%d seconds are %s", (seconds, text) => expect(span(seconds)).toBe(text));
