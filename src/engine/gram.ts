import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import { inSlices, mapRows, type Pace, ROW_WORK } from "./control.ts";
import { normalQuantile } from "./distributions.ts";
import { digitsOf, type Layout } from "./layout.ts";
import { type Model, noiseScale, slope, transformed, weightPower } from "./model.ts";
import { PURPOSE, stream } from "./philox.ts";
import type { Sample } from "./sample.ts";
import { valuesOf } from "./values.ts";

/** Rows that are expanded into term columns at a time: 256 rows of 200 columns stay in a second-level cache. */
const ROW_BLOCK = 256;

/**
 * Sums of products over the training rows under one weighting, columns scaled to unit length. All sums run over the rows
 * in ascending order, so they do not depend on how a search is cut into pieces.
 */
export interface Gram {
  /** For each product of the layout. */
  products: Float64Array;
  /** Column times right-hand side, at column * sides + side. */
  targets: Float64Array;
  /** Square sum of each right-hand side. */
  squares: Float64Array;
  /** Length of the noise in each right-hand side, 0 for those without. */
  shifts: Float64Array;
  /** 1 for a column that is finite and not zero on the training rows. */
  usable: Uint8Array;
  /**
   * Number of right-hand sides: first the target under each of the models, in the order of the segments, then the noise
   * trials of each, then the permuted targets of each.
   */
  sides: number;
  /** Number of permuted sides. */
  permutations: number;
  segments: Segment[];
}

/** The right-hand sides of one model, half open; the target itself is at the segment's own index. */
export interface Segment {
  model: number;
  trials: { from: number; to: number };
  permutations: { from: number; to: number };
}

/** What the sums are made of: training rows only. */
interface Material {
  layout: Layout;
  models: readonly Model[];
  y: Float64Array;
  /** Number of noise trials. */
  trials: number;
  sd: number;
  permutations: readonly Uint32Array[];
  pace: Pace;
}

/** One Gram for each weighting of the rows. */
export function buildGrams(
  {
    request,
    plan,
    sample,
    models,
    layout,
  }: { request: DiscoverRequest; plan: DiscoverPlan; sample: Sample; models: readonly Model[]; layout: Layout },
  permutations: readonly Uint32Array[],
  pace: Pace,
): Gram[] {
  const inputs: Record<string, Float64Array> = {};
  for (const name of plan.inputs) inputs[name] = gathered(sample.table.columns[name] as Float64Array, sample.training, pace);
  const y = gathered(sample.y, sample.training, pace);
  const noise = trialNoise(request);
  const material: Material = {
    layout,
    models,
    y,
    trials: noise.length,
    sd: sample.deviation,
    permutations,
    pace,
  };
  const powers = [...new Set(models.map(weightPower))];
  const groups = powers.map((power) => models.flatMap((model, index) => (weightPower(model) === power ? [index] : [])));
  const builders = groups.map((group) => gramBuilder(group, material));
  const columns = columnsOf(layout, plan);
  const block = new Float64Array(layout.columns * ROW_BLOCK);
  const noises = noise.map(() => new Float64Array(ROW_BLOCK));
  for (let from = 0; from < y.length; from += ROW_BLOCK) {
    const to = Math.min(from + ROW_BLOCK, y.length);
    columns.forEach(({ expression, bound, excluded }, index) => {
      if (!excluded) block.set(valuesOf(expression, inputs, bound, from, to, pace), index * ROW_BLOCK);
    });
    noise.forEach((deviate, trial) => {
      const values = noises[trial] as Float64Array;
      for (let row = from; row < to; row += 1) values[row - from] = deviate(row);
      pace.work((to - from) * (ROW_WORK.draw + ROW_WORK.call));
    });
    for (const builder of builders) builder.add(block, noises, from, to);
  }
  return builders.map((builder) => builder.finish());
}

/** The expression of each distinct column, with the values of its exponents. An excluded column stays 0, and so is not usable. */
function columnsOf(layout: Layout, plan: DiscoverPlan) {
  return layout.terms.flatMap(({ expression, count, mask }, term) =>
    Array.from({ length: count }, (_, index) => {
      const digits = digitsOf(layout.sizes, index, mask);
      const bound = Object.fromEntries(
        plan.exponents.map(({ name, values }, exponent) => [name, values[digits[exponent] as number] as number]),
      );
      return { expression, bound, excluded: plan.excluded?.(term, digits) ?? false };
    }),
  );
}

function gathered(column: Float64Array, rows: Uint32Array, pace: Pace): Float64Array {
  return mapRows(rows.length, pace, ROW_WORK.plain, (index) => column[rows[index] as number] as number);
}

/**
 * Noise of each trial on a training row: level * standard normal, in units of sd(y) or of each value, as the model has
 * it. Drawn when it is needed: 800 trials of a million rows would take 6 GB.
 */
function trialNoise(request: DiscoverRequest): ((row: number) => number)[] {
  return request.noise.levels.flatMap((level, index) =>
    Array.from({ length: request.noise.trials }, (_, trial) => {
      const draws = stream(request.seed, PURPOSE.noise, index, trial);
      return (row: number) => level * normalQuantile(draws.uniform(row, 0));
    }),
  );
}

/** Lays the right-hand sides out. A permuted target would need weights, and so a Gram, of its own: the null is that of the models that weigh rows alike. */
function segmentsOf(group: readonly number[], { models, trials, permutations }: Material): Segment[] {
  let end = group.length;
  const take = (count: number) => {
    const from = end;
    end += count;
    return { from, to: end };
  };
  const drawn = group.map(() => take(trials));
  return group.map((model, index) => ({
    model,
    trials: drawn[index] as Segment["trials"],
    permutations: take(weightPower(models[model] as Model) === 0 ? permutations.length : 0),
  }));
}

function gramBuilder(group: readonly number[], material: Material) {
  const { layout, models, y, trials, sd, permutations, pace } = material;
  const segments = segmentsOf(group, material);
  const sides = segments.at(-1)?.permutations.to ?? 0;
  const { columns, left, right } = layout;
  const gram: Gram = {
    products: new Float64Array(left.length),
    targets: new Float64Array(columns * sides),
    squares: new Float64Array(sides),
    shifts: new Float64Array(sides),
    usable: new Uint8Array(columns),
    sides,
    permutations: segments.reduce((total, { permutations: { from, to } }) => total + to - from, 0),
    segments,
  };
  const lengths = new Float64Array(columns);
  const weights = new Float64Array(ROW_BLOCK);
  const weighted = new Float64Array(columns * ROW_BLOCK);
  const targets = new Float64Array(sides * ROW_BLOCK);

  return {
    add(block: Float64Array, noises: readonly Float64Array[], from: number, to: number): void {
      const rows = to - from;
      segments.forEach((segment, own) => {
        const model = models[segment.model] as Model;
        for (let row = 0; row < rows; row += 1) {
          const value = y[from + row] as number;
          const weight = 1 / noiseScale(value, model);
          targets[own * ROW_BLOCK + row] = weight * transformed(value, model.transform);
          // To first order, so that noise cannot push a target through a pole or below zero.
          const size = slope(value, model.transform) * (model.noise === "additive" ? sd : Math.abs(value));
          noises.forEach((noise, trial) => {
            const side = segment.trials.from + trial;
            const shift = size * (noise[row] as number);
            targets[side * ROW_BLOCK + row] = weight * (transformed(value, model.transform) + shift);
            gram.shifts[side] = (gram.shifts[side] as number) + (weight * shift) ** 2;
          });
          for (let side = segment.permutations.from; side < segment.permutations.to; side += 1) {
            const order = permutations[side - segment.permutations.from] as Uint32Array;
            targets[side * ROW_BLOCK + row] = transformed(y[order[from + row] as number] as number, model.transform);
          }
          pace.work((1 + trials + segment.permutations.to - segment.permutations.from) * ROW_WORK.call);
        }
      });
      const first = models[group[0] as number] as Model;
      for (let row = 0; row < rows; row += 1) weights[row] = 1 / noiseScale(y[from + row] as number, first);
      for (let start = 0; start < weighted.length; start += ROW_BLOCK) {
        for (let row = 0; row < rows; row += 1) weighted[start + row] = (weights[row] as number) * (block[start + row] as number);
        pace.work(rows);
      }
      for (let column = 0; column < columns; column += 1) {
        const start = column * ROW_BLOCK;
        lengths[column] = (lengths[column] as number) + dot(weighted, start, weighted, start, rows);
        for (let side = 0; side < sides; side += 1) {
          const at = column * sides + side;
          gram.targets[at] = (gram.targets[at] as number) + dot(weighted, start, targets, side * ROW_BLOCK, rows);
        }
        pace.work(rows * sides);
      }
      for (let index = 0; index < left.length; index += 1) {
        const sum = dot(weighted, (left[index] as number) * ROW_BLOCK, weighted, (right[index] as number) * ROW_BLOCK, rows);
        gram.products[index] = (gram.products[index] as number) + sum;
        pace.work(rows);
      }
      for (let side = 0; side < sides; side += 1) {
        gram.squares[side] = (gram.squares[side] as number) + dot(targets, side * ROW_BLOCK, targets, side * ROW_BLOCK, rows);
        pace.work(rows);
      }
    },

    finish(): Gram {
      const scale = lengths.map((length) => 1 / Math.sqrt(length));
      gram.shifts.forEach((square, side) => {
        gram.shifts[side] = Math.sqrt(square);
      });
      for (let column = 0; column < columns; column += 1) {
        const length = lengths[column] as number;
        if (!(length > 0 && length < Number.POSITIVE_INFINITY)) continue;
        gram.usable[column] = 1;
        for (let at = column * sides; at < (column + 1) * sides; at += 1) {
          gram.targets[at] = (gram.targets[at] as number) * (scale[column] as number);
        }
        pace.work(sides);
      }
      inSlices(left.length, pace, ROW_WORK.plain, (from, to) => {
        for (let index = from; index < to; index += 1) {
          const [a, b] = [left[index] as number, right[index] as number];
          gram.products[index] = (gram.products[index] as number) * (scale[a] as number) * (scale[b] as number);
        }
      });
      return gram;
    },
  };
}

/** Dot product with four running sums, always paired in the same way. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let at = 0;
  for (; at + 3 < count; at += 4) {
    s0 += (a[i + at] as number) * (b[j + at] as number);
    s1 += (a[i + at + 1] as number) * (b[j + at + 1] as number);
    s2 += (a[i + at + 2] as number) * (b[j + at + 2] as number);
    s3 += (a[i + at + 3] as number) * (b[j + at + 3] as number);
  }
  for (; at < count; at += 1) s0 += (a[i + at] as number) * (b[j + at] as number);
  return s0 + s1 + (s2 + s3);
}
