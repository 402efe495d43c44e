import type { Transform } from "../../src/contract/request.ts";
import { type Random, randomOf, spreadOf } from "./random.ts";

export type ColumnValues = Record<string, number[]>;

/** `from`, `from + step`, … up to and including `to`. */
export interface Grid {
  from: number;
  to: number;
  step: number;
}

/** What a scientist who suspects the law would declare. */
export interface Hypothesis {
  terms: string[];
  exponents?: Record<string, Grid>;
  transforms?: Transform[];
  max_terms?: number;
}

/** A law, how its inputs are sampled, and the library that is declared for it. */
export interface Problem {
  name: string;
  inputs: (random: Random, rows: number) => ColumnValues;
  constants: number[];
  /** The target at one row. */
  target: (row: Readonly<Record<string, number>>, constants: readonly number[]) => number;
  /** The terms of the law, without coefficients, and what of the target they add up to. */
  law: { terms: string[]; transform: Transform };
  hypothesis: Hypothesis;
}

export interface Draw {
  seed: number;
  /** Standard deviation of the added normal noise, as a share of that of the target. */
  level: number;
  rows: number;
  /** Each constant is multiplied by a number between 1 - jitter and 1 + jitter. */
  jitter: number;
}

/** The table of a problem; its target is the last column, "f". Inputs and the shape of the noise depend on the seed, not on the level. */
export function tableOf(problem: Problem, { seed, level, rows, jitter }: Draw): ColumnValues {
  const random = randomOf("problem", problem.name, seed);
  const constants = problem.constants.map((value) => value * random.between(1 - jitter, 1 + jitter));
  const columns = problem.inputs(random, rows);
  const exact = targetOf(columns, (row) => problem.target(row, constants));
  const size = level * spreadOf(exact);
  return { ...columns, f: exact.map((value) => value + size * random.normal()) };
}

/** A number for each row of a table. */
export function targetOf(columns: ColumnValues, value: (row: Readonly<Record<string, number>>) => number): number[] {
  const names = Object.keys(columns);
  return (columns[names[0] as string] as number[]).map((_, index) =>
    value(Object.fromEntries(names.map((name) => [name, columns[name]?.[index] as number]))),
  );
}

type Range = [from: number, to: number];

/** Independent uniform inputs. */
export function uniform(ranges: Record<string, Range>): Problem["inputs"] {
  return (random, rows) =>
    Object.fromEntries(
      Object.entries(ranges).map(([name, [from, to]]) => [name, Array.from({ length: rows }, () => random.between(from, to))]),
    );
}

/** Inputs uniform in their logarithms. */
export function magnitudes(ranges: Record<string, Range>): Problem["inputs"] {
  return (random, rows) =>
    Object.fromEntries(
      Object.entries(ranges).map(([name, [from, to]]) => [name, Array.from({ length: rows }, () => random.magnitude(from, to))]),
    );
}

/**
 * States along a trajectory of a differential equation (Runge-Kutta of order four, 20 steps between samples), from a
 * start that the seed moves by up to 10 %.
 */
export function trajectory(
  start: Readonly<Record<string, number>>,
  interval: number,
  derivative: (state: readonly number[]) => number[],
): Problem["inputs"] {
  const names = Object.keys(start);
  return (random, rows) => {
    let state = names.map((name) => (start[name] as number) * random.between(0.9, 1.1));
    const samples: number[][] = [];
    const step = interval / 20;
    const moved = (by: readonly number[], share: number) => state.map((value, index) => value + share * step * (by[index] as number));
    for (let row = 0; row < rows; row += 1) {
      samples.push(state);
      for (let count = 0; count < 20; count += 1) {
        const k1 = derivative(state);
        const k2 = derivative(moved(k1, 0.5));
        const k3 = derivative(moved(k2, 0.5));
        const k4 = derivative(moved(k3, 1));
        state = moved(
          k1.map((value, index) => (value + 2 * (k2[index] as number) + 2 * (k3[index] as number) + (k4[index] as number)) / 6),
          1,
        );
      }
    }
    return Object.fromEntries(names.map((name, index) => [name, samples.map((sample) => sample[index] as number)]));
  };
}
