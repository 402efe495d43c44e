import { bind, type Expression } from "../contract/expression.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import { normalQuantile } from "./distributions.ts";
import { type Kernel, kernelOf } from "./kernel.ts";
import { digitsOf, type Layout } from "./layout.ts";
import { type Model, noiseScale, slope, transformed, weightPower } from "./model.ts";
import { PURPOSE, stream } from "./philox.ts";
import type { Sample } from "./sample.ts";
import { valuesOf } from "./values.ts";

/** Rows that are expanded into term columns at a time: 128 rows of 800 columns stay in a second-level cache. */
const ROW_BLOCK = 128;
/** Numbers of a run, see `runsOf`. */
const RUN = 4;

/**
 * Sums of products over the rows under one weighting, columns scaled to unit length. Each sum runs over the rows
 * in ascending order, block by block, so no bit of it depends on who computes it beside which others.
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
  /** 1 for a column that is finite and not zero on the rows. */
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

/** What the sums are made of. */
export interface Material {
  request: DiscoverRequest;
  plan: DiscoverPlan;
  sample: Sample;
  models: readonly Model[];
  layout: Layout;
  /** Orders of the rows under which the target is permuted. */
  orders: readonly Uint32Array[];
}

/** One Gram for each weighting of the rows, all its sums 0. */
export function emptyGrams({ request, models, layout, orders }: Omit<Material, "plan" | "sample">): Gram[] {
  const trials = request.noise.levels.length * request.noise.trials;
  const powers = [...new Set(models.map(weightPower))];
  return powers.map((power) => {
    const group = models.flatMap((model, index) => (weightPower(model) === power ? [index] : []));
    let sides = group.length;
    const take = (count: number) => {
      const from = sides;
      sides += count;
      return { from, to: sides };
    };
    const drawn = group.map(() => take(trials));
    // A permuted target would need weights, and so a Gram, of its own: the null is that of the models that weigh rows alike.
    const permuted = group.map(() => take(power === 0 ? orders.length : 0));
    return {
      products: new Float64Array(layout.left.length),
      targets: new Float64Array(layout.columns * sides),
      squares: new Float64Array(sides),
      shifts: new Float64Array(sides),
      usable: new Uint8Array(layout.columns),
      sides,
      permutations: power === 0 ? group.length * orders.length : 0,
      segments: group.map((model, index) => ({
        model,
        trials: drawn[index] as Segment["trials"],
        permutations: permuted[index] as Segment["permutations"],
      })),
    };
  });
}

/**
 * Computes one part of the sums of all Grams: every part of `of` parts has as many products and columns as the others,
 * and writes to no place of another.
 */
export function sumGrams(grams: readonly Gram[], material: Material, part: { index: number; of: number }, pace: Pace): void {
  const { request, plan, sample, layout } = material;
  const inputs: Record<string, Float64Array> = {};
  for (const name of plan.inputs) inputs[name] = sample.table.columns[name] as Float64Array;
  const { y } = sample;
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
  const kernel = kernelOf(ROW_BLOCK, (2 * layout.columns + sides) * ROW_BLOCK + widest, widest);
  const [block, weighted] = [kernel.array(layout.columns * ROW_BLOCK), kernel.array(layout.columns * ROW_BLOCK)];
  const targets = kernel.array(sides * ROW_BLOCK);
  const workshop = { kernel, weighted, targets, runs, needed };
  const sums = grams.map((gram) => sumsOf(gram, material, y, ranges, workshop, pace));
  const noise = trialNoise(request);
  const noises = noise.map(() => new Float64Array(ROW_BLOCK));
  for (let from = 0; from < y.length; from += ROW_BLOCK) {
    const to = Math.min(from + ROW_BLOCK, y.length);
    // The kernel always runs over whole columns.
    if (to - from < ROW_BLOCK) for (const array of [block, weighted, targets]) array.fill(0);
    const values = factors.map((factor) => valuesOf(factor, inputs, {}, from, to, pace));
    for (const { column, parts } of columns) setProduct(block, column, parts, values, to - from, pace);
    noise.forEach((deviate, trial) => {
      const values = noises[trial] as Float64Array;
      for (let row = from; row < to; row += 1) values[row - from] = deviate(row);
      pace.work((to - from) * (ROW_WORK.draw + ROW_WORK.call));
    });
    for (const each of sums) each.add(block, noises, from, to);
  }
  for (const each of sums) each.finish();
}

interface Ranges {
  products: { from: number; to: number };
  columns: { from: number; to: number };
}

/** What the sums of all Grams are computed with, one after the other. */
interface Workshop {
  kernel: Kernel;
  weighted: Float64Array;
  targets: Float64Array;
  runs: Int32Array;
  needed: Int32Array;
}

/**
 * The products of a range as runs of one column with others that follow each other, which the kernel takes at once: for
 * each run its first product, its one column, the first of the others, and their number.
 */
function runsOf({ left, right }: Layout, { from, to }: Ranges["products"], pace: Pace): Int32Array {
  const runs: number[] = [];
  const lengthOf = (one: Int32Array, others: Int32Array, at: number) => {
    let end = at + 1;
    while (end < to && one[end] === one[at] && others[end] === (others[at] as number) + end - at) end += 1;
    return end - at;
  };
  for (let at = from; at < to; ) {
    const [byLeft, byRight] = [lengthOf(left, right, at), lengthOf(right, left, at)];
    const count = Math.max(byLeft, byRight);
    const [a, b] = [left[at] as number, right[at] as number];
    if (byLeft >= byRight) runs.push(at, a, b, count);
    else runs.push(at, b, a, count);
    pace.work(count * ROW_WORK.plain);
    at += count;
  }
  return Int32Array.from(runs);
}

/** The columns that some products and the products of some columns with the right-hand sides are made of, ascending. */
function neededColumns({ columns, left, right }: Layout, ranges: Ranges, pace: Pace): Int32Array {
  const marks = new Uint8Array(columns).fill(1, ranges.columns.from, ranges.columns.to);
  for (let product = ranges.products.from; product < ranges.products.to; product += 1) {
    marks[left[product] as number] = 1;
    marks[right[product] as number] = 1;
  }
  pace.work((ranges.products.to - ranges.products.from) * ROW_WORK.plain);
  return Int32Array.from(marks.keys()).filter((column) => marks[column] === 1);
}

/**
 * What some columns are products of: each factor with the values of its exponents once, and for each column its factors
 * in order. x^p*y^q on a grid has hundreds of columns of a few dozen powers. An excluded column stays 0, and so is not usable.
 */
function expandedBy(layout: Layout, plan: DiscoverPlan, needed: Int32Array) {
  const factors: Expression[] = [];
  const known = new Map<string, number>();
  const partOf = (factor: Expression): number => {
    const text = JSON.stringify(factor);
    const part = known.get(text) ?? factors.push(factor) - 1;
    known.set(text, part);
    return part;
  };
  let term = 0;
  const columns = Array.from(needed).flatMap((column) => {
    while (column >= (layout.terms[term + 1]?.offset ?? layout.columns)) term += 1;
    const { expression, mask, offset } = layout.terms[term] as Layout["terms"][number];
    const digits = digitsOf(layout.sizes, column - offset, mask);
    if (plan.excluded?.(term, digits)) return [];
    const values = plan.exponents.map(({ name, values }, exponent) => [name, values[digits[exponent] as number] as number]);
    const bound = bind(expression, Object.fromEntries(values));
    return [{ column, parts: (bound.type === "product" ? bound.factors : [bound]).map(partOf) }];
  });
  return { factors, columns };
}

/** Writes the product of some columns of values, multiplied in order, into a column of a block. */
function setProduct(
  block: Float64Array,
  column: number,
  parts: readonly number[],
  values: readonly Float64Array[],
  rows: number,
  pace: Pace,
) {
  const start = column * ROW_BLOCK;
  const [first = 0, ...others] = parts;
  block.set(values[first] as Float64Array, start);
  for (const part of others) {
    const factor = values[part] as Float64Array;
    for (let row = 0; row < rows; row += 1) block[start + row] = (block[start + row] as number) * (factor[row] as number);
  }
  pace.work(rows * parts.length);
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
function sumsOf(
  gram: Gram,
  { models, sample, layout, orders }: Material,
  y: Float64Array,
  ranges: Ranges,
  { kernel, weighted, targets, runs, needed }: Workshop,
  pace: Pace,
) {
  const { segments, sides } = gram;
  const { left, right } = layout;
  const lengths = new Float64Array(layout.columns);
  const first = models[segments[0]?.model ?? 0] as Model;
  const alike = weightPower(first) === 0;
  const weights = new Float64Array(ROW_BLOCK);
  /** The transformed target of the models that are permuted. */
  const permuted = segments.map(({ model, permutations }) =>
    permutations.from === permutations.to
      ? y
      : mapRows(y.length, pace, ROW_WORK.call, (row) => transformed(y[row] as number, (models[model] as Model).transform)),
  );

  function setTargets(segment: Segment, index: number, noises: readonly Float64Array[], from: number, to: number): void {
    const model = models[segment.model] as Model;
    const trials = segment.trials.from * ROW_BLOCK;
    for (let row = from; row < to; row += 1) {
      const value = y[row] as number;
      const weight = 1 / noiseScale(value, model);
      const target = transformed(value, model.transform);
      // To first order, so that noise cannot push a target through a pole or below zero.
      const size = slope(value, model.transform) * (model.noise === "additive" ? sample.deviation : Math.abs(value));
      targets[index * ROW_BLOCK + row - from] = weight * target;
      for (let trial = 0; trial < noises.length; trial += 1) {
        const shift = size * ((noises[trial] as Float64Array)[row - from] as number);
        targets[trials + trial * ROW_BLOCK + row - from] = weight * (target + shift);
        const side = segment.trials.from + trial;
        if (ranges.columns.from === 0) gram.shifts[side] = (gram.shifts[side] as number) + (weight * shift) ** 2;
      }
    }
    pace.work((to - from) * (1 + noises.length) * ROW_WORK.plain);
    const all = permuted[index] as Float64Array;
    for (let side = segment.permutations.from; side < segment.permutations.to; side += 1) {
      const order = orders[side - segment.permutations.from] as Uint32Array;
      const start = side * ROW_BLOCK - from;
      for (let row = from; row < to; row += 1) targets[start + row] = all[order[row] as number] as number;
      pace.work((to - from) * ROW_WORK.plain);
    }
  }

  /** The columns of a block with the weight of each row. */
  function weigh(block: Float64Array, from: number, to: number): Float64Array {
    if (alike) return block;
    for (let row = from; row < to; row += 1) weights[row - from] = 1 / noiseScale(y[row] as number, first);
    for (let at = 0; at < needed.length; at += 1) {
      const start = (needed[at] as number) * ROW_BLOCK;
      for (let row = 0; row < to - from; row += 1) weighted[start + row] = (weights[row] as number) * (block[start + row] as number);
      pace.work(to - from);
    }
    return weighted;
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
      const columns = weigh(block, from, to);
      for (let at = 0; at < needed.length; at += 1) {
        const column = needed[at] as number;
        add(lengths, column, columns, column, columns, column, 1);
      }
      for (let column = ranges.columns.from; column < ranges.columns.to; column += 1) {
        add(gram.targets, column * sides, columns, column, targets, 0, sides);
      }
      for (let run = 0; run < runs.length; run += RUN) {
        add(
          gram.products,
          runs[run] as number,
          columns,
          runs[run + 1] as number,
          columns,
          runs[run + 2] as number,
          runs[run + 3] as number,
        );
      }
      if (ranges.columns.from > 0) return;
      for (let side = 0; side < sides; side += 1) add(gram.squares, side, targets, side, targets, side, 1);
    },

    finish(): void {
      const scales = lengths.map((length) => (length > 0 && length < Number.POSITIVE_INFINITY ? 1 / Math.sqrt(length) : Number.NaN));
      for (let column = ranges.columns.from; column < ranges.columns.to; column += 1) {
        const scale = scales[column] as number;
        if (!(scale > 0)) continue;
        gram.usable[column] = 1;
        for (let at = column * sides; at < (column + 1) * sides; at += 1) gram.targets[at] = (gram.targets[at] as number) * scale;
        pace.work(sides);
      }
      for (let product = ranges.products.from; product < ranges.products.to; product += 1) {
        const scale = (scales[left[product] as number] as number) * (scales[right[product] as number] as number);
        gram.products[product] = (gram.products[product] as number) * scale;
        pace.work(ROW_WORK.plain);
      }
      if (ranges.columns.from > 0) return;
      gram.shifts.forEach((square, side) => {
        gram.shifts[side] = Math.sqrt(square);
      });
    },
  };
}
