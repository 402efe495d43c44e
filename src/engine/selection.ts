import type { Contender } from "./contender.ts";
import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import { normalQuantile } from "./distributions.ts";
import { type Design, valueAt, weighted } from "./fit.ts";
import { slope, undone } from "./model.ts";
import { PURPOSE, type Purpose, stream } from "./philox.ts";
import { factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";

/** Contenders that compete for a table. */
const COMPETITORS = 24;

/** The choice among contenders made again on other values of the target. */
export interface Selection {
  /** Share of tables drawn from the law, with noise of the size that it left, that lead back to it (a parametric bootstrap). */
  again(trials: number): number;
  /** How many tables with noise of this level added to the observed target lead to the law. */
  kept(level: { value: number; index: number }, trials: number): number;
}

/**
 * The contenders, the winner first, ready to compete for tables with the same inputs: each keeps its exponents, is fitted
 * anew and scored as ever. Noise is that of the winner's model.
 */
export function selectionOf(contenders: readonly Contender[], sample: Sample, seed: number, pace: Pace): Selection | null {
  const [winner] = contenders;
  if (!winner) return null;
  const { rows } = sample.table;
  const relative = winner.hypothesis.model.noise === "relative";
  const competitors = contenders.slice(0, COMPETITORS).map((contender) => {
    const { design, fit } = contender;
    const column = (index: number) => weighted(design.columns[index] as Float64Array, design.scale, sample.all, pace);
    const floor = fit.floor * rows;
    return {
      ...contender,
      floor,
      fitted: factorise(design.columns.length, column, pace),
      tangent: tangentOf(design, fit.coefficients, pace),
    };
  });
  const own = tangentOf(winner.design, winner.fit.coefficients, pace).value;
  const deviation = Math.sqrt(winner.fit.rss / Math.max(1, winner.fit.freedom));

  /** Whether a target leads to the winner's family. */
  function leadsBack(y: Float64Array): boolean {
    let best: { score: number; family: string } | undefined;
    for (const { design, family, price, floor, fitted, tangent } of competitors) {
      const z = mapRows(rows, pace, ROW_WORK.plain, (row) => {
        const shift = (tangent.slope[row] as number) * ((y[row] as number) - (tangent.value[row] as number));
        return ((tangent.law[row] as number) + shift) / (design.scale[row] as number);
      });
      const score = rows * (Math.log(Math.max(fitted.residualSquares(z), floor) / rows) + design.jacobian) + price;
      if (!best || score < best.score) best = { score, family };
    }
    return best?.family === winner?.family;
  }

  function noisy(
    values: Float64Array,
    size: (row: number) => number,
    draw: { purpose: Purpose; level: number; trial: number },
  ): Float64Array {
    const draws = stream(seed, draw.purpose, draw.level, draw.trial);
    return mapRows(rows, pace, ROW_WORK.draw, (row) => (values[row] as number) + size(row) * normalQuantile(draws.uniform(row, 0)));
  }

  const count = (trials: number, table: (trial: number) => Float64Array) =>
    Array.from({ length: trials }, (_, trial) => leadsBack(table(trial))).filter(Boolean).length;
  return {
    again(trials) {
      const size = (row: number) => deviation * (relative ? Math.abs(own[row] as number) : 1);
      return count(trials, (trial) => noisy(own, size, { purpose: PURPOSE.resampling, level: 0, trial })) / trials;
    },
    kept({ value, index }, trials) {
      const size = (row: number) => value * (relative ? Math.abs(sample.y[row] as number) : sample.deviation);
      return count(trials, (trial) => noisy(sample.y, size, { purpose: PURPOSE.noise, level: index, trial }));
    },
  };
}

/** A law's value f, what it says of the target, v = g^-1(f), and g'(v), by row. */
function tangentOf(design: Design, coefficients: readonly number[], pace: Pace) {
  const { transform } = design.hypothesis.model;
  const count = design.z.length;
  const law = mapRows(count, pace, ROW_WORK.plain + coefficients.length, (row) => valueAt(design, coefficients, row));
  const value = mapRows(count, pace, ROW_WORK.call, (row) => undone(law[row] as number, transform));
  return { law, value, slope: mapRows(count, pace, ROW_WORK.plain, (row) => slope(value[row] as number, transform)) };
}
