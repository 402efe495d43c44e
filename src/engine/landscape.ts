import type { Grid } from "../contract/grid.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { LandscapeView, Result } from "../contract/result.ts";
import { type Basin, basinsOf } from "./basins.ts";
import { inSlices, type Pace, ROW_WORK } from "./control.ts";
import { landscapeCells, type Stretch } from "./found.ts";
import { combinations } from "./layout.ts";

/** Lowest ln q (see `Candidate`) of the hypotheses that use exactly the exponents in `mask`, row-major over their values. */
export interface Region {
  mask: number;
  values: Float32Array;
}

/** Shallower basins, in standard deviations of the noise, are what noise makes. */
const SHALLOWEST = 2;
const MOST_BASINS = 16;
const MOST_MARKS = 8;
/** Values of ln q that are this close are equal: they are floats, and sums of the same numbers in another order. */
const TWIN = 1e-5;
/** Most cells of a grid whose basins are looked for: about 2 s and 40 MB. */
const MOST_CELLS = 2 ** 21;
/** Most values along an axis of the view, of a curve and of a map. */
const MOST_ACROSS = { curve: 400, map: 96 } as const;

/** A part of the grid: some exponents free, the others held at one value each. */
interface Section {
  /** Indices of the exponents that are free. */
  free: readonly number[];
  /** Digit of each exponent; those of the free ones do not matter. */
  held: readonly number[];
  values: Float32Array;
}

/** A basin, and the digit of every exponent at its bottom. */
interface Found {
  basin: Basin;
  digits: readonly number[];
}

/**
 * The error landscape of a search: how well the best hypothesis of each grid cell scores, and the basins of that
 * function. A hypothesis without some exponent is the same all along it. Differences are of scores, N times those of
 * ln q with N the number of rows: twice the log of a likelihood ratio, so their square roots are standard
 * deviations of the noise. `summary` has the basins of the whole grid, or of the view where the grid has more than
 * 2,097,152 cells. The view is the whole grid of one or two exponents, else the section through the best cell along the
 * two exponents that tell most. Both null without an exponent or without a hypothesis.
 */
export function landscapeOf(
  regions: readonly Region[],
  exponents: DiscoverPlan["exponents"],
  rows: number,
  pace: Pace,
): { summary: Result["landscape"]; view: LandscapeView | null } {
  const sizes = exponents.map(({ values }) => values.length);
  const best = bestCell(regions, sizes);
  const all = [...sizes.keys()].filter((exponent) => regions.some(({ mask }) => mask & (1 << exponent)));
  if (all.length === 0 || !best) return { summary: null, view: null };
  const along = telling(regions, sizes, all, best.digits, pace);
  const shown = sectionOf(regions, sizes, along, best.digits, pace);
  const cells = cellsOf(all.map((exponent) => sizes[exponent] as number));
  const whole = cells <= MOST_CELLS && along.length < all.length ? sectionOf(regions, sizes, all, best.digits, pace) : shown;

  const found = (section: Section) => {
    const { free, values } = section;
    const shape = free.map((exponent) => sizes[exponent] as number);
    const basins = basinsOf(shape, values, SHALLOWEST ** 2 / rows, pace);
    return distinct(
      basins.map((basin) => ({ basin, digits: digitsIn(section, sizes, basin) })),
      exponents,
    );
  };
  const depthOf = ({ depth }: Basin) => (depth === null ? null : Math.sqrt(rows * depth));
  const valuesAt = (digits: readonly number[], mask: number) =>
    Object.fromEntries(
      exponents.flatMap(({ name, values }, exponent) =>
        mask & (1 << exponent) ? [[name, values[digits[exponent] as number] as number]] : [],
      ),
    );
  const basins = found(whole);
  const marks = whole === shown ? basins : found(shown);
  return {
    summary: {
      exponents: all.map((exponent) => {
        const { name, values } = exponents[exponent] as DiscoverPlan["exponents"][number];
        return { name, from: values[0] as number, to: values.at(-1) as number, count: values.length };
      }),
      cells: whole.values.length,
      basin_count: basins.length,
      basins: basins.slice(0, MOST_BASINS).map(({ basin, digits }) => ({
        exponents: valuesAt(digits, regionAt(regions, sizes, digits)),
        score_difference: rows * (basin.value - best.value),
        depth: depthOf(basin),
      })),
    },
    view: {
      ...pooled(shown, exponents, (value) => rows * (value - best.value)),
      held: valuesAt(best.digits, maskOf(all) & ~maskOf(along)),
      basins: marks.slice(0, MOST_MARKS).map(({ basin, digits }) => ({
        at: along.map((exponent) => exponents[exponent]?.values[digits[exponent] as number] as number),
        uses: valuesAt(digits, regionAt(regions, sizes, digits) & maskOf(along)),
        depth: depthOf(basin),
      })),
    },
  };
}

/**
 * The regions of the laws that use some of the exponents of `law` and no other, as a finished search keeps them: ways
 * through laws of other exponents, or of none, would say nothing about these. Empty if the search did not keep them all.
 */
export function regionsOf(grids: readonly Grid[], landscape: readonly Stretch[], law: number): Region[] {
  const kept = landscapeCells(grids);
  const [whole] = landscape;
  const own = grids.filter(({ mask }) => mask !== 0 && (mask & ~law) === 0);
  if (!whole || own.some(({ from, cells }) => from + cells > kept)) return [];
  return own.map(({ mask, from, cells }) => ({ mask, values: whole.values.subarray(from, from + cells) }));
}

/**
 * Basins that differ by more than the names of exponents: where two exponents have the same values and stand in terms
 * alike, as in x^p + x^q, every law is in the grid twice.
 */
function distinct(basins: readonly Found[], exponents: DiscoverPlan["exponents"]): Found[] {
  const alike = exponents.map(({ values }) => exponents.findIndex((other) => other.values.join() === values.join()));
  const seen = new Map<string, number>();
  return basins.filter(({ basin, digits }) => {
    const name = digits
      .map((digit, exponent) => `${alike[exponent]} ${digit}`)
      .sort()
      .join();
    const twin = seen.get(name);
    if (twin !== undefined && Math.abs(twin - basin.value) <= TWIN * Math.max(1, Math.abs(twin))) return false;
    seen.set(name, basin.value);
    return true;
  });
}

function maskOf(exponents: readonly number[]): number {
  return exponents.reduce((mask, exponent) => mask | (1 << exponent), 0);
}

function cellsOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

/** The lowest of all values; exponents that its hypothesis does not use stand at their first value. */
function bestCell(regions: readonly Region[], sizes: readonly number[]): { value: number; digits: number[] } | null {
  let best: { value: number; at: number; mask: number } | null = null;
  for (const { mask, values } of regions) {
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] as number;
      if (Number.isFinite(value) && (best === null || value < best.value)) best = { value, at, mask };
    }
  }
  if (!best) return null;
  const { value, at, mask } = best;
  const { strides } = combinations(sizes, mask);
  return { value, digits: strides.map((stride, e) => (stride === 0 ? 0 : Math.floor(at / stride) % (sizes[e] as number))) };
}

/** The lowest value of any region in each cell of a section, row-major. */
function sectionOf(
  regions: readonly Region[],
  sizes: readonly number[],
  free: readonly number[],
  held: readonly number[],
  pace: Pace,
): Section {
  const shape = free.map((exponent) => sizes[exponent] as number);
  const lowest = new Float32Array(cellsOf(shape)).fill(Number.POSITIVE_INFINITY);
  for (const { mask, values } of regions) {
    const { strides } = combinations(sizes, mask);
    let at = strides.reduce((sum, stride, exponent) => sum + (free.includes(exponent) ? 0 : stride * (held[exponent] as number)), 0);
    const steps = free.map((exponent) => strides[exponent] as number);
    const digits = shape.map(() => 0);
    inSlices(lowest.length, pace, ROW_WORK.plain, (from, to) => {
      for (let cell = from; cell < to; cell += 1) {
        const value = values[at] as number;
        if (value < (lowest[cell] as number)) lowest[cell] = value;
        for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
          digits[axis] = (digits[axis] as number) + 1;
          at += steps[axis] as number;
          if (digits[axis] !== shape[axis]) break;
          at -= (steps[axis] as number) * (shape[axis] as number);
          digits[axis] = 0;
        }
      }
    });
  }
  return { free, held, values: lowest };
}

/**
 * The exponents whose change tells most, at most two, ascending: by the mean climb along the line through the best cell.
 * One that the best hypothesis does not use has none. A second one must leave a section of at most `MOST_CELLS` cells.
 */
function telling(
  regions: readonly Region[],
  sizes: readonly number[],
  all: readonly number[],
  best: readonly number[],
  pace: Pace,
): number[] {
  const climbs = sizes.map((_, exponent) => {
    if (!all.includes(exponent)) return 0;
    const { values } = sectionOf(regions, sizes, [exponent], best, pace);
    const finite = values.filter(Number.isFinite);
    const lowest = finite.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
    return finite.reduce((sum, value) => sum + value - lowest, 0) / finite.length;
  });
  const [first = 0, second] = [...all].sort((a, b) => (climbs[b] as number) - (climbs[a] as number) || a - b);
  const both =
    second !== undefined && (climbs[second] as number) > 0 && cellsOf([sizes[first] as number, sizes[second] as number]) <= MOST_CELLS;
  return both ? [first, second].sort((a, b) => a - b) : [first];
}

/** The digit of every exponent at the bottom of a basin of a section. */
function digitsIn({ free, held }: Section, sizes: readonly number[], { cell }: Basin): number[] {
  const digits = [...held];
  let rest = cell;
  for (const exponent of [...free].reverse()) {
    digits[exponent] = rest % (sizes[exponent] as number);
    rest = Math.floor(rest / (sizes[exponent] as number));
  }
  return digits;
}

/** The exponents of the hypothesis that is best at a cell; of equally good ones, that of the first region. */
function regionAt(regions: readonly Region[], sizes: readonly number[], digits: readonly number[]): number {
  let best = { value: Number.POSITIVE_INFINITY, mask: 0 };
  for (const { mask, values } of regions) {
    const { strides } = combinations(sizes, mask);
    const value = values[strides.reduce((at, stride, exponent) => at + stride * (digits[exponent] as number), 0)] as number;
    if (value < best.value) best = { value, mask };
  }
  return best.mask;
}

/** A section at a size that can be drawn: neighbouring cells share the lowest of their values, so that no basin is lost. */
function pooled(section: Section, exponents: DiscoverPlan["exponents"], difference: (value: number) => number) {
  const { free, values } = section;
  const most = free.length === 1 ? MOST_ACROSS.curve : MOST_ACROSS.map;
  const axes = free.map((exponent) => {
    const { name, values: own } = exponents[exponent] as DiscoverPlan["exponents"][number];
    const width = Math.ceil(own.length / most);
    return { name, own, width, bins: Math.ceil(own.length / width) };
  });
  const lowest = Array.from({ length: cellsOf(axes.map(({ bins }) => bins)) }, () => Number.POSITIVE_INFINITY);
  const [first, second = { own: [0], width: 1, bins: 1 }] = axes as [(typeof axes)[number], (typeof axes)[number]?];
  values.forEach((value, cell) => {
    const row = Math.floor(Math.floor(cell / second.own.length) / first.width);
    const bin = row * second.bins + Math.floor((cell % second.own.length) / second.width);
    if (value < (lowest[bin] as number)) lowest[bin] = value;
  });
  return {
    exponents: axes.map(({ name, own, width, bins }) => ({
      name,
      values: Array.from({ length: bins }, (_, bin) => middleOf(own.slice(bin * width, (bin + 1) * width))),
    })),
    differences: lowest.map((value) => (Number.isFinite(value) ? Number(difference(value).toPrecision(5)) : null)),
  };
}

function middleOf(values: readonly number[]): number {
  return ((values[0] as number) + (values.at(-1) as number)) / 2;
}
