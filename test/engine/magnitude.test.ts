import fc from "fast-check";
import { expect, test } from "vitest";
import { discover, uniforms } from "./support.ts";

const LIBRARY = { hypothesis: { terms: ["1", "x", "x^p"], exponents: { p: { from: -2, to: 2, step: 0.5 } }, max_terms: 2 } };

test("a law is the same in tiny and in huge units of its input, its constants in those", () => {
  const law = fc.constantFrom<[number, number]>([2, 0], [1, 2], [0.5, 0], [-1, 1], [1.5, 0]);
  // Squares of 1e-140 and of 1e140 are within doubles, their fourth powers are not.
  const unit = fc.constantFrom(1e-140, 1e-100, 1e-50, 1e50, 1e100, 1e140, 2 ** -480, 2 ** 480);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), law, unit, (seed, [power, constant], scale) => {
      const draw = uniforms(seed);
      const x = Array.from({ length: 40 }, () => 0.5 + 3 * draw());
      const y = x.map((value) => (constant + 2 * value ** power) * (1 + 0.02 * (draw() - 0.5)));
      const plain = discover({ x, y }, LIBRARY).result;
      const other = discover({ x: x.map((value) => value * scale), y }, LIBRARY).result;
      const termsOf = ({ law: own, candidate }: typeof plain) => (own ?? candidate)?.terms ?? [];
      expect([other.verdict, other.reasons]).toEqual([plain.verdict, plain.reasons]);
      expect(termsOf(other).map(({ text }) => text)).toEqual(termsOf(plain).map(({ text }) => text));
      termsOf(other).forEach(({ coefficient, interval, exponents }, index) => {
        const own = termsOf(plain)[index];
        const change = scale ** (exponents.x ?? 0);
        expect((coefficient * change) / (own?.coefficient ?? Number.NaN)).toBeCloseTo(1, 8);
        expect(((interval?.[1] ?? Number.NaN) * change) / (own?.interval?.[1] ?? Number.NaN)).toBeCloseTo(1, 8);
      });
    }),
    { numRuns: 15 },
  );
});

test("a search in units that are a power of two apart reaches the same scores to the last bit", () => {
  const draw = uniforms(4);
  const x = Array.from({ length: 40 }, () => 0.5 + 3 * draw());
  const y = x.map((value) => 1 + 2 * value ** 2 + 0.05 * draw());
  const scores = [1, 2 ** -450, 2 ** 450].map((unit) => {
    const { found } = discover({ x: x.map((value) => value * unit), y }, LIBRARY);
    return { signal: found.signal, nulls: found.nulls, best: found.best };
  });
  expect(scores[1]).toEqual(scores[0]);
  expect(scores[2]).toEqual(scores[0]);
});
