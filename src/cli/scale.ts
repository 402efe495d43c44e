import { figure } from "./figures.ts";

/** One axis of a chart: where a value lies on it, from 0 to 1, and its labelled ticks. */
export interface Scale {
  position(value: number): number;
  ticks: { at: number; label: string }[];
}

/** Share of the axis left free at each end, so that no point lies on the frame. */
const MARGIN = 0.04;

/**
 * Whether a pair of quantities is shown on logarithmic axes: both positive, one over more than two decades and the
 * other over more than one, so that a power law becomes a straight line and small values stay apart.
 */
export function suitsLogarithms(x: readonly number[], y: readonly number[]): boolean {
  const decades = [decadesOf(x), decadesOf(y)];
  return Math.max(...decades) > 2 && Math.min(...decades) > 1;
}

function decadesOf(values: readonly number[]): number {
  const { low, high } = rangeOf(values);
  return low > 0 ? Math.log10(high / low) : 0;
}

export function createScale(values: readonly number[], options: { logarithmic: boolean; ticks: number }): Scale {
  const project = options.logarithmic ? Math.log10 : (value: number) => value;
  const { low, high } = widened(rangeOf(values.map(project)));
  const margin = (high - low) * MARGIN;
  const from = low - margin;
  const size = high - low + 2 * margin;
  const candidates = options.logarithmic ? decadeTicks(low, high, options.ticks) : evenTicks(low, high, options.ticks);
  // Enough digits to tell neighbours apart where the axis is short and far from zero.
  const [first = 0, second = 1] = candidates;
  const digits = Math.max(4, Math.ceil(Math.log10(Math.max(Math.abs(first), 1e-300) / Math.abs(second - first))) + 2);
  return {
    position: (value) => (project(value) - from) / size,
    ticks: candidates.map((value) => ({ at: (project(value) - from) / size, label: figure(value, digits) })),
  };
}

/** Multiples of 1, 2 or 5 times a power of ten; at most about `count`. */
function evenTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Powers of ten between two exponents; with 2 and 5 between them where they are few, or each second one where they are many. */
function decadeTicks(low: number, high: number, count: number): number[] {
  const decades = high - low;
  const every = Math.max(1, Math.ceil(decades / count));
  const factors = decades * 3 <= count ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (Math.log10(value) >= low - 0.02 * decades && Math.log10(value) <= high + 0.02 * decades) ticks.push(value);
    }
  }
  return ticks;
}

function rangeOf(values: readonly number[]): { low: number; high: number } {
  // A loop, since spreading 2,000 values into Math.min is fine but a longer list would overflow the stack.
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/** A constant quantity has no extent; it is shown in the middle of an axis of its own size. */
function widened({ low, high }: { low: number; high: number }): { low: number; high: number } {
  if (high > low) return { low, high };
  const half = Math.abs(low) / 2 || 1;
  return { low: low - half, high: low + half };
}
