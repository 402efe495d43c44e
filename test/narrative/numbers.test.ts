import { describe, expect, test } from "vitest";
import { strangeNumber } from "../../src/narrative/numbers.ts";

const result = {
  law: { text: "T = 365.26 a^1.5", coefficient: 365.2569, interval: [364.91, 365.604] },
  fit: { rows: 8, rmse: 12.3456, r2: 0.9999987 },
  p_value: 0.00052,
  large: 60189,
};

describe("a number in a text", () => {
  test.each([
    "Over 8 rows the law is T = 365.26 a^1.5, or T = 365.26 a¹·⁵ as some write it.",
    "The coefficient is 365.3, between 364.9 and 365.60 (95 % interval).",
    "It is 365, and R² is 1.000; R^2 of 0.999999 that is.",
    "The share is 0.00052, or 5.2e-4, or 5.2 × 10^-4, or 5.2·10⁻⁴, or 0.052 %, or 0.052 percent.",
    "The orbit takes 60,189 days; 60189.0 in full; x0, H1 and a2 are names.",
    "The slope is −12.35.",
    "There are no figures here.",
  ])("passes if the result has it: %s", (text) => {
    expect(strangeNumber(text, result)).toBeUndefined();
  });

  test.each([
    ["It is 365.27.", "365.27"],
    ["It holds for 9 rows.", "9"],
    ["The exponent is 2.", "2"],
    ["The exponent is 1.4.", "1.4"],
    ["In 99 % of all cases it holds.", "99 %"],
    ["A power of a³ fits.", "3"],
    ["It is ٣٦٥ days.", "٣"],
    ["It is 0.", "0"],
    ["About 60,190 days.", "60,190"],
  ])("is strange if it has not: %s", (text, strange) => {
    expect(strangeNumber(text, result)).toBe(strange);
  });
});
