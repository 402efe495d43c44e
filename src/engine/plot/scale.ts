import { LARGEST } from "../sample.ts";
import { figure, grouped, signed } from "./text.ts";

/** One axis: maps values to pixels and has labelled ticks. */
export interface Scale {
  ticks: { value: number; label: string }[];
  at(value: number): number;
}

/** Share of an axis left free at each end, so that no point lies on the frame. */
const PAD = 0.05;

/**
 * Whether the axes of a pair of quantities are logarithmic: an axis that spans more than two decades is, and with it the
 * other one if it spans more than one, so that a power law becomes a straight line. Only positive values can be.
 */
export function suitLogarithms(x: readonly number[], y: readonly number[]): { x: boolean; y: boolean } {
  const [across, up] = [decadesOf(x), decadesOf(y)];
  return { x: across > 2 || (across > 1 && up > 2), y: up > 2 || (up > 1 && across > 2) };
}

function decadesOf(values: readonly number[]): number {
  const [low, high] = rangeOf(values);
  return low > 0 && high <= LARGEST ? Math.log10(high) - Math.log10(low) : 0;
}

export function rangeOf(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** A scale over all of `values`, from pixel `start` to pixel `end`, with about `count` ticks. */
export function scaleOf(values: readonly number[], logarithmic: boolean, start: number, end: number, count: number): Scale {
  const map = logarithmic ? Math.log10 : drawable;
  const [lowest, highest] = rangeOf(values.map(map));
  const pad = PAD * (highest - lowest || Math.abs(highest) || 1);
  const [low, high] = [lowest - pad, highest + pad];
  const ticks = logarithmic ? logTicks(low, high, count) : linearTicks(low, high, count);
  return { ticks, at: (value) => start + ((map(value) - low) / (high - low)) * (end - start) };
}

/** Larger magnitudes are drawn at the edge and smaller ones at zero: the width of an axis must neither overflow nor vanish. */
function drawable(value: number): number {
  return Math.abs(value) < 1 / LARGEST ? 0 : Math.max(-LARGEST, Math.min(LARGEST, value));
}

/** Multiples of 1, 2 or 5 times a power of ten, with the digits that tell neighbours apart. */
function linearTicks(low: number, high: number, count: number): Scale["ticks"] {
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step);
  const most = Math.max(Math.abs(low), Math.abs(high));
  const plain = most < 1e6 && step >= 1e-4;
  const decimals = Math.max(0, -Math.floor(Math.log10(step * 1.0001)));
  const digits = Math.min(15, Math.max(1, Math.ceil(Math.log10(most / step)) + 1));
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: plain ? signed(grouped(value.toFixed(decimals))).replace(/^\u2212(0(?:\.0*)?)$/, "$1") : figure(value, digits) };
  });
}

/** Powers of ten between two decimal logarithms; with 2 and 5 times them where there are fewer than three. */
function logTicks(low: number, high: number, count: number): Scale["ticks"] {
  const step = Math.max(1, Math.ceil((high - low) / count));
  const factors = high - low < 2 ? [1, 2, 5] : [1];
  const first = Math.floor(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step)
    // Number("1e-5") is exact where 10 ** -5 need not be.
    .flatMap((decade) => factors.map((factor) => Number(`${factor}e${decade}`)))
    .filter((value) => value > 0 && Math.log10(value) >= low && Math.log10(value) <= high)
    .map((value) => ({ value, label: figure(value) }));
  // Less than a factor of two and a half between the ends can leave one tick or none.
  return ticks.length >= 2 ? ticks : linearTicks(10 ** low, 10 ** high, count);
}

/** The 1, 2 or 5 times a power of ten that is next above `raw`. */
function niceStep(raw: number): number {
  const exponent = Math.floor(Math.log10(raw));
  const factor = [1, 2, 5].find((candidate) => Number(`${candidate}e${exponent}`) >= raw);
  return factor === undefined ? Number(`1e${exponent + 1}`) : Number(`${factor}e${exponent}`);
}

/** Tens and up in whole steps: a scale for shares from 0 to 1, in percent. */
export function shareScale(start: number, end: number): Scale {
  return {
    ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: `${100 * value} %` })),
    at: (value) => start + value * (end - start),
  };
}
