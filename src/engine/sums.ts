import type { DiscoverRequest } from "../contract/request.ts";
import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import { normalQuantile } from "./distributions.ts";
import { expandedBy, neededColumns, type Ranges, ROW_BLOCK, RUN, runsOf, setProduct } from "./expansion.ts";
import { COLUMN, type Gram, type Material, ownersOf, type Segment } from "./gram.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { type Model, noiseScale, slope, transformed } from "./model.ts";
import { PURPOSE, stream } from "./philox.ts";
import { type References, referenceRows, referencesOf } from "./reference.ts";
import { valuesOf } from "./values.ts";

/** What the sums of all Grams are computed with, one after the other. */
interface Workshop {
  kernel: Kernel;
  /** Columns of a block less their references, weighted; the targets, weighted; the weights. */
  split: Float64Array;
  targets: Float64Array;
  weights: Float64Array;
  runs: Int32Array;
  needed: Int32Array;
  references: References;
}

/** A column whose length across the constant is below this share of that along it is constant but for rounding. */
const FLAT = 1e-14;
/**
 * A square sum of residuals comes out of a difference, so it cannot be told from 0 below this share of the target's square
 * sum across the constant: |r| / |y| < 1e-7. All such fits are exact here, and the simplest of them wins.
 */
const EXACT = 1e-14;
/** Half a unit in the last place: the rounding of a target as it was given. */
const HALF_UNIT = 2 ** -53;

/**
 * Computes one part of the sums of all Grams: every part of `of` parts has as many products and columns as the others,
 * and writes to no place of another.
 */
export function sumGrams(grams: readonly Gram[], material: Material, part: { index: number; of: number }, pace: Pace): void {
  const { request, plan, sample, layout } = material;
  const { y } = sample;
  const inputs: Record<string, Float64Array> = {};
  for (const name of plan.inputs) inputs[name] = sample.table.columns[name] as Float64Array;
  const share = (count: number) => ({
    from: Math.floor((count * part.index) / part.of),
    to: Math.floor((count * (part.index + 1)) / part.of),
  });
  const ranges: Ranges = { products: share(layout.left.length), columns: share(layout.columns) };
  const needed = neededColumns(layout, ranges, pace);
  const { factors, columns } = expandedBy(layout, plan, needed);
  const runs = runsOf(layout, ranges.products, pace);
  const sides = Math.max(...grams.map((gram) => gram.sides));
  const widest = runs.reduce((most, value, at) => (at % RUN === 3 ? Math.max(most, value) : most), sides);
  const kernel = kernelOf(ROW_BLOCK, (2 * layout.columns + sides + 1) * ROW_BLOCK + widest, widest);
  const [block, split] = [kernel.array(layout.columns * ROW_BLOCK), kernel.array(layout.columns * ROW_BLOCK)];
  const [targets, weights] = [kernel.array(sides * ROW_BLOCK), kernel.array(ROW_BLOCK)];

  function expand(table: Readonly<Record<string, Float64Array>>, from: number, to: number): void {
    const values = factors.map((factor) => valuesOf(factor, table, {}, from, to, pace));
    for (const { column, parts } of columns) setProduct(block, column, parts, values, to - from, pace);
  }

  const rows = referenceRows(y, pace);
  const gathered = Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(rows, (row) => values[row] as number)]);
  expand(Object.fromEntries(gathered), 0, rows.length);
  const sums = grams.map((gram) => {
    const references = referencesOf(gram, material, { block, needed, rows }, pace);
    return sumsOf(gram, material, ranges, { kernel, split, targets, weights, runs, needed, references }, pace);
  });
  const noise = trialNoise(request);
  const noises = noise.map(() => new Float64Array(ROW_BLOCK));
  for (let from = 0; from < y.length; from += ROW_BLOCK) {
    const to = Math.min(from + ROW_BLOCK, y.length);
    // The kernel always runs over whole columns.
    if (to - from < ROW_BLOCK) for (const array of [split, targets, weights]) array.fill(0);
    expand(inputs, from, to);
    noise.forEach((deviate, trial) => {
      const values = noises[trial] as Float64Array;
      for (let row = from; row < to; row += 1) values[row - from] = deviate(row);
      pace.work((to - from) * (ROW_WORK.draw + ROW_WORK.call));
    });
    for (const each of sums) each.add(block, noises, from, to);
  }
  for (const each of sums) each.finish();
}

/**
 * Noise of each trial on a row: level * standard normal, in units of sd(y) or of each value, as the model has
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

/** Adds blocks of rows to the sums of one Gram that are within some ranges. */
function sumsOf(gram: Gram, { models, sample, layout, orders }: Material, ranges: Ranges, workshop: Workshop, pace: Pace) {
  const { kernel, split, targets, weights, runs, needed, references } = workshop;
  const { segments, sides, alike } = gram;
  const { left, right } = layout;
  const { y } = sample;
  const first = models[segments[0]?.model ?? 0] as Model;
  /** Square sum of the weights, and sums of weight times column and times side: what these have along the constant. */
  const squareWeight = new Float64Array(1);
  const means = new Float64Array(layout.columns);
  const heights = new Float64Array(sides);
  const lengths = new Float64Array(layout.columns);
  const rounding = new Float64Array(segments.length);
  /** The first part also has what there is once for each side. */
  const isFirst = ranges.columns.from === 0;
  /** The transformed target of the models that are permuted, less its reference. */
  const permuted = segments.map(({ model, permutations }, index) =>
    permutations.from === permutations.to
      ? y
      : mapRows(y.length, pace, ROW_WORK.call, (row) => {
          return transformed(y[row] as number, (models[model] as Model).transform) - (references.targets[index] as number);
        }),
  );

  function setTargets(segment: Segment, index: number, noises: readonly Float64Array[], from: number, to: number): void {
    const model = models[segment.model] as Model;
    const trials = segment.trials.from * ROW_BLOCK;
    const drawn = segment.trials.to - segment.trials.from;
    const reference = references.targets[index] as number;
    for (let row = from; row < to; row += 1) {
      const value = y[row] as number;
      const weight = alike ? 1 : 1 / noiseScale(value, model);
      const whole = transformed(value, model.transform);
      const target = whole - reference;
      const steep = slope(value, model.transform);
      // To first order, so that noise cannot push a target through a pole or below zero.
      const size = steep * (model.noise === "additive" ? sample.deviation : Math.abs(value));
      targets[index * ROW_BLOCK + row - from] = weight * target;
      rounding[index] = (rounding[index] as number) + (weight * HALF_UNIT) ** 2 * (whole * whole + (steep * value) ** 2);
      for (let trial = 0; trial < drawn; trial += 1) {
        const shift = size * ((noises[trial] as Float64Array)[row - from] as number);
        targets[trials + trial * ROW_BLOCK + row - from] = weight * (target + shift);
        const side = segment.trials.from + trial;
        if (isFirst) gram.shifts[side] = (gram.shifts[side] as number) + (weight * shift) ** 2;
      }
    }
    pace.work((to - from) * (2 + drawn) * ROW_WORK.plain);
    const all = permuted[index] as Float64Array;
    for (let side = segment.permutations.from; side < segment.permutations.to; side += 1) {
      const order = orders[side - segment.permutations.from] as Uint32Array;
      const start = side * ROW_BLOCK - from;
      for (let row = from; row < to; row += 1) targets[start + row] = all[order[row] as number] as number;
      pace.work((to - from) * ROW_WORK.plain);
    }
  }

  /** The columns of a block less their references, with the weight of each row. */
  function splitColumns(block: Float64Array, from: number, to: number): void {
    for (let row = from; row < to; row += 1) weights[row - from] = alike ? 1 : 1 / noiseScale(y[row] as number, first);
    for (let at = 0; at < needed.length; at += 1) {
      const column = needed[at] as number;
      const start = column * ROW_BLOCK;
      const reference = references.columns[column] as number;
      const power = references.powers[column] as number;
      for (let row = 0; row < to - from; row += 1) {
        split[start + row] = (weights[row] as number) * (((block[start + row] as number) - reference) * power);
      }
      pace.work(2 * (to - from));
    }
  }

  /** Adds dot products of one column with `count` others, which follow each other, to as many sums. */
  function add(sums: Float64Array, at: number, a: Float64Array, i: number, b: Float64Array, j: number, count: number): void {
    kernel.dots(a, i, b, j, count);
    for (let index = 0; index < count; index += 1) sums[at + index] = (sums[at + index] as number) + (kernel.sums[index] as number);
    pace.work(count * ROW_BLOCK);
  }

  return {
    add(block: Float64Array, noises: readonly Float64Array[], from: number, to: number): void {
      segments.forEach((segment, index) => {
        setTargets(segment, index, noises, from, to);
      });
      splitColumns(block, from, to);
      add(squareWeight, 0, weights, 0, weights, 0, 1);
      add(heights, 0, weights, 0, targets, 0, sides);
      for (let at = 0; at < needed.length; at += 1) {
        const column = needed[at] as number;
        add(lengths, column, split, column, split, column, 1);
        add(means, column, weights, 0, split, column, 1);
      }
      for (let column = ranges.columns.from; column < ranges.columns.to; column += 1) {
        add(gram.targets, column * sides, split, column, targets, 0, sides);
      }
      for (let at = 0; at < runs.length; at += RUN) {
        const [product, one] = [runs[at] as number, runs[at + 1] as number];
        add(gram.products, product, split, one, split, runs[at + 2] as number, runs[at + 3] as number);
      }
      if (!isFirst) return;
      for (let side = 0; side < sides; side += 1) add(gram.squares, side, targets, side, targets, side, 1);
    },

    finish(): void {
      const root = Math.sqrt(squareWeight[0] as number);
      /** One over the length of each column across; 0 for a constant, NaN for what is no column. */
      const scales = new Float64Array(layout.columns).fill(Number.NaN);
      for (const column of needed) {
        // Each on its own, as the sums of squares and products are large where the reference is not the mean.
        means[column] = (means[column] as number) / root;
        const across = (lengths[column] as number) - (means[column] as number) ** 2;
        const along = (references.columns[column] as number) * (references.powers[column] as number) * root + (means[column] as number);
        if (!Number.isFinite(across) || !Number.isFinite(along)) continue;
        if (across > FLAT ** 2 * along ** 2) scales[column] = 1 / Math.sqrt(across);
        else if (along !== 0) scales[column] = 0;
        if (column < ranges.columns.from || column >= ranges.columns.to || Number.isNaN(scales[column])) continue;
        const scale = scales[column] as number;
        gram.usable[column] = scale > 0 ? COLUMN.varies : COLUMN.constant;
        gram.slopes[column] = scale > 0 ? along * scale : 1;
      }
      for (let side = 0; side < sides; side += 1) heights[side] = (heights[side] as number) / root;
      for (let column = ranges.columns.from; column < ranges.columns.to; column += 1) {
        const scale = scales[column] as number;
        if (Number.isNaN(scale)) continue;
        const mean = means[column] as number;
        const start = column * sides;
        for (let side = 0; side < sides; side += 1) {
          gram.targets[start + side] = ((gram.targets[start + side] as number) - mean * (heights[side] as number)) * scale;
        }
        pace.work(sides);
      }
      for (let product = ranges.products.from; product < ranges.products.to; product += 1) {
        const [one, other] = [left[product] as number, right[product] as number];
        const across = (gram.products[product] as number) - (means[one] as number) * (means[other] as number);
        gram.products[product] = across * (scales[one] as number) * (scales[other] as number);
        pace.work(ROW_WORK.plain);
      }
      if (!isFirst) return;
      const owners = ownersOf(gram);
      references.targets.forEach((reference, index) => {
        gram.bases[index] = reference * root;
      });
      for (let side = 0; side < sides; side += 1) {
        const height = heights[side] as number;
        gram.heights[side] = height;
        gram.squares[side] = Math.max(0, (gram.squares[side] as number) - height * height);
        gram.floors[side] = EXACT * (gram.squares[side] as number) + (rounding[owners[side] as number] as number);
        gram.shifts[side] = Math.sqrt(gram.shifts[side] as number);
      }
    },
  };
}
