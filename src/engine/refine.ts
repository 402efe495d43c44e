import { bind, type Expression, namesIn } from "../contract/expression.ts";
import { mapRows, type Pace, ROW_WORK } from "./control.ts";
import { type Design, floorOf } from "./fit.ts";
import { type Moving, movingOf } from "./moving.ts";
import { factorise } from "./qr.ts";
import type { Sample } from "./sample.ts";

/** A sum of terms with free exponents. */
export interface Family {
  terms: readonly Expression[];
  /** The exponents that the terms name, where the search left them, with their grids and the step there. */
  exponents: readonly { name: string; value: number; step: number; grid: readonly number[] }[];
  /** Whether the exponents may take these values; those of the search may. */
  allows: (values: readonly number[]) => boolean;
}

export interface Refined {
  /** Value of each exponent, in the order of the family. */
  values: number[];
  /** What naming those values costs, in units of the score: see CLASSES. */
  price: number;
  /** Half the width of about a 95 % interval of each exponent about `centre`, both of the free fit; null where it has none. */
  free: { centre: number; half: number }[] | null;
}

const MOST_STEPS = 12;
/** A step of an exponent below this is the end. */
const SMALLEST_STEP = 1e-9;
/** Relative step of the central difference that gives the derivative of a term by an exponent. */
const DIFFERENCE = 1e-4;
/** A simple number is tried if it is within so many standard errors of the free value. */
const REACH = 3.5;
/** Most decimals of an exponent. */
const MOST_DIGITS = 14;
const NORMAL_95 = 1.96;

/**
 * Classes of numbers, simplest first, with the price of naming one of them, in units of the score. The first are about the
 * logarithm of how many of them lie between -4 and 4; laws of nature favour them. From tenths on the price is that of a
 * finding: an exponent off the simple numbers needs a deviation from them that chance gives in one of a thousand tables.
 */
const CLASSES = [
  { denominator: 1, price: 2 },
  { denominator: 2, price: 3.5 },
  { denominator: 4, price: 6 },
  { denominator: 3, price: 8 },
  { denominator: 10, price: 13 },
  { denominator: 100, price: 17 },
] as const;
const FREE_PRICE = 20;
/** A value of the grid that was searched costs at most this, whatever its class: it was named before. */
const GRID_PRICE = 6;

function priceOf(value: number, grid: readonly number[]): number {
  const price = CLASSES.find(({ denominator }) => isNear(value * denominator, Math.round(value * denominator)))?.price ?? FREE_PRICE;
  return price > GRID_PRICE && grid.some((named) => isNear(named, value)) ? GRID_PRICE : price;
}

/** Of each class that is simpler than that of a value, the number nearest to another value. */
export function simplerNear(value: number, other: number): number[] {
  const own = CLASSES.findIndex(({ denominator }) => isNear(value * denominator, Math.round(value * denominator)));
  return (own < 0 ? CLASSES : CLASSES.slice(0, own)).map(({ denominator }) => nearest(other, denominator));
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}

/**
 * Moves the exponents of a family to the least squares of a design's target and weights by Gauss-Newton on exponents and coefficients together
 * (the full linearisation of variable projection, Golub & Pereyra 1973), then to the simplest numbers that the rows do
 * not speak against: each in turn to that of its nearest numbers of each class, and the free value, which has the least
 * N ln RSS + price, the later ones following it. An exponent stays within a step of where the search left it. A
 * family whose columns have no finite derivative (a negative base) stays on the grid.
 */
export function refine(family: Family, design: Design, sample: Sample, pace: Pace): Refined {
  const start = family.exponents.map(({ value }) => value);
  const priced = (values: readonly number[]) =>
    values.reduce((sum, value, index) => sum + priceOf(value, family.exponents[index]?.grid ?? []), 0);
  if (start.length === 0) return { values: start, price: 0, free: [] };
  const material = materialOf(family, design, sample, pace);
  const free = descend(material, start, new Set(), pace);
  if (!free) return { values: start, price: priced(start), free: null };
  const scored = (point: Point) => ({ point, score: material.rows * Math.log(point.rss) + priced(point.values) });
  /** The best of some values for one exponent, those before it fixed and those after it free. */
  const settle = (values: number[], index: number) => {
    const fixed = new Set(Array.from({ length: index + 1 }, (_, at) => at));
    const centre = values[index] as number;
    const options = [
      ...simpleNear(centre, free.errors[index] as number, family.exponents[index]?.grid ?? []),
      told(centre, free.errors[index] as number),
    ].flatMap((value) => {
      const trial = values.map((other, at) => (at === index ? value : other));
      if (!keepsTerms(family, trial)) return [];
      const point = fixed.size === values.length ? fitAt(material, trial, pace) : descend(material, trial, fixed, pace);
      return point ? [scored(point)] : [];
    });
    return bestOf(options)?.point.values ?? values;
  };
  const settled = start.reduce((values, _, index) => settle(values, index), free.values);
  // Settling one by one can miss what fits together, so the simple numbers nearest to the free values are tried at once, too.
  const together = CLASSES.map(({ denominator }) => free.values.map((value) => nearest(value, denominator)));
  const tried = [...together, settled, start].flatMap((values) => {
    const point =
      values.every((value, index) => isWithin(value, family.exponents[index])) && keepsTerms(family, values) && family.allows(values)
        ? fitAt(material, values, pace)
        : null;
    return point ? [scored(point)] : [];
  });
  const values = bestOf(tried)?.point.values ?? start;
  return {
    values,
    price: priced(values),
    free: free.values.map((centre, index) => ({ centre, half: NORMAL_95 * (free.errors[index] as number) })),
  };
}

function bestOf<T extends { score: number }>(options: readonly T[]): T | undefined {
  return options.reduce<T | undefined>((best, option) => (best && best.score <= option.score ? best : option), undefined);
}

function isWithin(value: number, exponent: Family["exponents"][number] | undefined): boolean {
  return exponent !== undefined && Math.abs(value - exponent.value) <= exponent.step + 1e-9;
}

/** Whether no term with a column becomes a constant, which is a term of its own. Of a product, a column may go. */
function keepsTerms({ terms, exponents }: Family, values: readonly number[]): boolean {
  const bound = Object.fromEntries(exponents.map(({ name }, index) => [name, values[index] as number]));
  return terms.every((term) => namesIn(term, "column").length === 0 || namesIn(bind(term, bound), "column").length > 0);
}

function nearest(value: number, denominator: number): number {
  // As a parser reads 2/3, so that a printed law is read back to the last digit.
  return denominator === 3 ? Math.round(value * 3) * (1 / 3) + 0 : Math.round(value * denominator) / denominator + 0;
}

/** A free value to a tenth of its error: further digits say nothing. */
function told(value: number, error: number): number {
  const digits = Math.ceil(-Math.log10(error)) + 1;
  return digits > 0 && digits < MOST_DIGITS ? Number(value.toFixed(digits)) : value;
}

/** The nearest number of each class and of the grid within reach */
function simpleNear(centre: number, error: number, grid: readonly number[]): number[] {
  const named = grid.reduce((best, value) => (Math.abs(value - centre) < Math.abs(best - centre) ? value : best), grid[0] ?? 0);
  const near = [...CLASSES.map(({ denominator }) => nearest(centre, denominator)), named];
  return [...new Set(near)].filter((value) => Math.abs(value - centre) <= Math.max(REACH * error, 1e-9));
}

interface Material {
  family: Family;
  /** Of its terms, weighted by 1 / s. */
  moving: Moving;
  /** Weighted. */
  target: Float64Array;
  floor: number;
  rows: number;
}

function materialOf(family: Family, { z, scale, size }: Design, { table }: Sample, pace: Pace): Material {
  const target = mapRows(z.length, pace, ROW_WORK.plain, (row) => (z[row] as number) / (scale[row] as number));
  const weights = mapRows(z.length, pace, ROW_WORK.plain, (row) => 1 / (scale[row] as number));
  return {
    family,
    moving: movingOf(family.terms, table.columns, weights, pace),
    target,
    floor: floorOf(size * z.length),
    rows: z.length,
  };
}

interface Point {
  values: number[];
  coefficients: number[];
  rss: number;
}

/** The weighted columns at some values of the exponents. */
function designAt({ family, moving }: Material, values: readonly number[]): Float64Array[] {
  return moving.at(Object.fromEntries(family.exponents.map(({ name }, index) => [name, values[index] as number])));
}

/** The fit of the coefficients at given exponents; null if the columns are not finite or not independent. */
function fitAt(material: Material, values: number[], pace: Pace): Point | null {
  const design = designAt(material, values);
  if (!design.every(allFinite)) return null;
  const factorisation = factorise(design.length, (index) => (design[index] as Float64Array).slice(), pace);
  if (factorisation.kept.length < design.length) return null;
  const coefficients = factorisation.solve(material.target);
  const left = residualOf(material, design, coefficients, pace);
  const rss = left.reduce((sum, value) => sum + value * value, 0);
  return { values, coefficients, rss: Math.max(rss, material.floor) };
}

function residualOf(
  { target, rows }: Material,
  design: readonly Float64Array[],
  coefficients: readonly number[],
  pace: Pace,
): Float64Array {
  return mapRows(rows, pace, ROW_WORK.plain + design.length, (row) => {
    let value = target[row] as number;
    for (let term = 0; term < design.length; term += 1) value -= (coefficients[term] as number) * (design[term]?.[row] as number);
    return value;
  });
}

/** Gauss-Newton over the exponents that are not fixed, with halved steps; errors are 0 for the fixed ones. */
function descend(material: Material, start: number[], fixed: ReadonlySet<number>, pace: Pace): (Point & { errors: number[] }) | null {
  const { family } = material;
  const open = [...family.exponents.keys()].filter((index) => !fixed.has(index));
  let point = fitAt(material, start, pace);
  if (!point) return null;
  let errors = start.map(() => 0);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const directions = directionsAt(material, point, open, pace);
    if (!directions) return null;
    errors = start.map((_, index) => {
      const at = open.indexOf(index);
      return at < 0 ? 0 : (directions.errors[at] as number);
    });
    const next = stepped(material, point, open, directions.steps, pace);
    if (!next) break;
    const moved = Math.max(...open.map((index) => Math.abs((next.values[index] as number) - (point?.values[index] as number))));
    point = next;
    if (moved < SMALLEST_STEP) break;
  }
  return { ...point, errors };
}

/** The Gauss-Newton step of each open exponent, with its standard error. */
function directionsAt(material: Material, point: Point, open: readonly number[], pace: Pace): { steps: number[]; errors: number[] } | null {
  const { family, rows } = material;
  const design = designAt(material, point.values);
  const derivatives = open.map((index) => {
    const value = point.values[index] as number;
    const h = DIFFERENCE * Math.max(1, Math.abs(value));
    const [above, below] = [h, -h].map((shift) =>
      designAt(
        material,
        point.values.map((other, at) => (at === index ? value + shift : other)),
      ),
    );
    return mapRows(rows, pace, ROW_WORK.plain * family.terms.length, (row) => {
      let slope = 0;
      for (let term = 0; term < design.length; term += 1) {
        slope += (point.coefficients[term] as number) * ((above?.[term]?.[row] as number) - (below?.[term]?.[row] as number));
      }
      return slope / (2 * h);
    });
  });
  if (!derivatives.every(allFinite)) return null;
  const columns = [...design, ...derivatives];
  const factorisation = factorise(columns.length, (index) => (columns[index] as Float64Array).slice(), pace);
  if (factorisation.kept.length < columns.length) return null;
  const left = residualOf(material, design, point.coefficients, pace);
  const solution = factorisation.solve(left);
  const variance = point.rss / Math.max(1, rows - columns.length);
  return {
    steps: open.map((_, at) => solution[design.length + at] as number),
    errors: open.map(
      (_, at) => Math.sqrt(variance) * factorisation.spread(columns.map((__, other) => (other === design.length + at ? 1 : 0))),
    ),
  };
}

/** The point after the longest of a few halved steps that improves the fit; null if none does. */
function stepped(material: Material, point: Point, open: readonly number[], steps: readonly number[], pace: Pace): Point | null {
  for (let share = 1; share > 0.05; share /= 2) {
    const values = point.values.map((value, index) => {
      const at = open.indexOf(index);
      if (at < 0) return value;
      const { value: origin, step } = material.family.exponents[index] as Family["exponents"][number];
      return Math.min(origin + step, Math.max(origin - step, value + share * (steps[at] as number)));
    });
    if (values.every((value, index) => value === point.values[index])) return null;
    const next = fitAt(material, values, pace);
    if (next && next.rss < point.rss) return next;
  }
  return null;
}

function allFinite(column: Float64Array): boolean {
  return column.every((value) => Number.isFinite(value));
}
