/** Largest exponent that is computed by multiplication; the request's grids end at 20. */
const LARGEST = 64;

/**
 * The function x → x^exponent.
 *
 * Multiples of 1/4 are computed with multiplication, division and square roots only, which IEEE 754 rounds exactly, so
 * their bits are the same on every processor and Node version; the bits of `Math.pow` differ between Node 22 and 24.
 * Other exponents go through `exp(exponent * log(x))`, which V8 computes in software: the error is about
 * |exponent * log(x)| units in the last place. A negative x with a fractional exponent gives NaN, 0 with a negative one Infinity.
 */
export function powerOf(exponent: number): (x: number) => number {
  const quarters = Math.abs(exponent) * 4;
  if (!Number.isInteger(quarters) || quarters > 4 * LARGEST) return (x) => fractional(x, exponent);
  const whole = Math.floor(quarters / 4);
  const rest = quarters % 4;
  const magnitude = (x: number) => {
    let value = 1;
    for (let bit = whole, square = x; bit > 0; bit >>= 1, square *= square) if (bit & 1) value *= square;
    if (rest === 0) return value;
    const root = Math.sqrt(x);
    return value * (rest === 2 ? root : rest === 1 ? Math.sqrt(root) : root * Math.sqrt(root));
  };
  return exponent < 0 ? (x) => 1 / magnitude(x) : magnitude;
}

function fractional(x: number, exponent: number): number {
  if (x > 0) return Math.exp(exponent * Math.log(x));
  if (x === 0) return exponent > 0 ? 0 : Number.POSITIVE_INFINITY;
  return x < 0 && Number.isInteger(exponent) ? (exponent % 2 === 0 ? 1 : -1) * fractional(-x, exponent) : Number.NaN;
}

/** Exponents of powers of two that a double and its inverse both have. */
const LARGEST_EXPONENT = 1_022;

/** A power of two that brings a size to about 1; 1 for 0 and for what is not finite. */
export function powerFor(size: number): number {
  if (!(size > 0 && size < Number.POSITIVE_INFINITY)) return 1;
  return 2 ** -Math.max(-LARGEST_EXPONENT, Math.min(LARGEST_EXPONENT, Math.round(Math.log2(size))));
}
