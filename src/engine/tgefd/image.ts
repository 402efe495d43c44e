import { OrreryError } from "../../contract/errors.ts";
import type { Pace } from "../control.ts";
import { powerOf } from "../power.ts";
import type { Bar } from "./cycles.ts";
import type { TgefdImage } from "./document.ts";
import { bivariate, cumulative } from "./normal.ts";

/** A persistence image (Adams et al., J. Mach. Learn. Res. 18, 2017): `pixels[i * height + j]` for birth i, persistence j. */
export interface PersistenceImage {
  width: number;
  height: number;
  pixels: Float64Array;
  /** Square root of the sum of the squared pixels. */
  energy: number;
}

/** Most pixels of an image; the ancestor has no limit. */
const MOST_PIXELS = 1_000_000;
const DEFAULT_POWER = 2;
const DEFAULT_VARIANCE = 0.05;

/**
 * The image of bars: each pixel holds the mass that the kernels around the bars, weighted by a power of the persistence,
 * have in it. The grid is that of persim 0.4: its pixels are a little wider than asked, so that one more would fit.
 */
export function imageOf(bars: readonly Bar[], config: TgefdImage, pace: Pace): PersistenceImage {
  const births = edgesOf("birth_range", config.birth_range, config.pixel_size);
  const spans = edgesOf("pers_range", config.pers_range, config.pixel_size);
  const width = births.length - 1;
  const height = spans.length - 1;
  refuseLarge(width * height, config.pixel_size);
  const weigh = powerOf(config.weight.params.n ?? DEFAULT_POWER);
  const deposit = kernelOf(config.kernel, births, spans, pace);
  const pixels = new Float64Array(width * height);
  for (const { birth, death } of bars) deposit(birth, death - birth, weigh(death - birth), pixels);
  let squares = 0;
  for (let at = 0; at < pixels.length; at += 1) squares += (pixels[at] as number) ** 2;
  return { width, height, pixels, energy: Math.sqrt(squares) };
}

/** Adds a weighted kernel around a bar to the pixels. */
type Deposit = (birth: number, persistence: number, weight: number, pixels: Float64Array) => void;

function kernelOf({ type, params }: TgefdImage["kernel"], births: Float64Array, spans: Float64Array, pace: Pace): Deposit {
  if (type === "uniform") {
    const [width, height] = [params.width ?? 1, params.height ?? 1];
    const box = (size: number) => (x: number) => Math.min(Math.max(x + size / 2, 0), size) / size;
    return product(births, spans, box(width), box(height), pace);
  }
  const sigma = params.sigma ?? DEFAULT_VARIANCE;
  const [[first = Number.NaN, both = Number.NaN] = [], [, second = Number.NaN] = []] =
    typeof sigma === "number"
      ? [
          [sigma, 0],
          [0, sigma],
        ]
      : sigma;
  const across = Math.sqrt(first);
  const along = Math.sqrt(second);
  const correlation = both / Math.sqrt(first * second);
  if (!(first > 0 && second > 0 && Math.abs(correlation) < 1)) throw notCovariance(sigma);
  if (both === 0)
    return product(
      births,
      spans,
      (x) => cumulative(x / across),
      (x) => cumulative(x / along),
      pace,
    );
  return corners(births, spans, (x, y) => bivariate(x / across, y / along, correlation), pace);
}

/** For a kernel that is a product of one for each axis, of which the distribution functions are given. */
function product(
  births: Float64Array,
  spans: Float64Array,
  birthMass: (x: number) => number,
  spanMass: (x: number) => number,
  pace: Pace,
): Deposit {
  const width = births.length - 1;
  const height = spans.length - 1;
  // On a lattice of hypotheses many bars share a birth or a persistence.
  const across = masses(births, birthMass, pace);
  const along = masses(spans, spanMass, pace);
  return (birth, persistence, weight, pixels) => {
    addProduct(pixels, across(birth), along(persistence), weight);
    pace.work(2 * width * height);
  };
}

/** Adds a multiple of the product of two vectors. A function of its own: a closure took six times as long. */
function addProduct(pixels: Float64Array, columns: Float64Array, rows: Float64Array, weight: number): void {
  const height = rows.length;
  for (let i = 0, start = 0; i < columns.length; i += 1, start += height) {
    const share = weight * (columns[i] as number);
    if (share === 0) continue;
    for (let j = 0; j < height; j += 1) pixels[start + j] = (pixels[start + j] as number) + share * (rows[j] as number);
  }
}

/** The mass between neighbouring edges of a kernel around a centre. */
function masses(edges: Float64Array, mass: (x: number) => number, pace: Pace): (centre: number) => Float64Array {
  const known = new Map<number, Float64Array>();
  return (centre) => {
    const before = known.get(centre);
    if (before) return before;
    const found = new Float64Array(edges.length - 1);
    let below = mass((edges[0] as number) - centre);
    for (let at = 1; at < edges.length; at += 1) {
      const above = mass((edges[at] as number) - centre);
      found[at - 1] = above - below;
      below = above;
    }
    pace.work(40 * edges.length);
    known.set(centre, found);
    return found;
  };
}

/** For any kernel, from its distribution function at the corners of the pixels. */
function corners(births: Float64Array, spans: Float64Array, mass: (x: number, y: number) => number, pace: Pace): Deposit {
  const width = births.length - 1;
  const height = spans.length - 1;
  return (birth, persistence, weight, pixels) => {
    let before = new Float64Array(height + 1);
    births.forEach((edge, i) => {
      const after = spans.map((span) => mass(edge - birth, span - persistence));
      pace.work(400 * (height + 1));
      for (let j = 0; i > 0 && j < height; j += 1) {
        const at = (i - 1) * height + j;
        const inside = (after[j + 1] as number) - (before[j + 1] as number) - (after[j] as number) + (before[j] as number);
        pixels[at] = (pixels[at] as number) + weight * inside;
      }
      before = after;
    });
    pace.work(width * height);
  };
}

function edgesOf(name: "birth_range" | "pers_range", range: readonly number[], pixel: number): Float64Array {
  const [low = Number.NaN, high = Number.NaN] = range;
  const span = high - low;
  if (!(span > 0 && pixel > 0)) {
    const detail = `${name} [${range.join(", ")}] with pixel_size ${pixel} has no pixels`;
    throw new OrreryError(
      "invalid_request",
      `The persistence image cannot be drawn: ${detail}; give an ascending range and a pixel size above 0.`,
      {
        faults: [{ pointer: `/topology/persistence_image/${name}`, detail }],
      },
    );
  }
  const count = Math.trunc(span / pixel);
  refuseLarge(count, pixel);
  const step = (high + pixel - low) / (count + 1);
  return Float64Array.from({ length: count + 1 }, (_, index) => index * step + low);
}

function refuseLarge(pixels: number, size: number): void {
  if (pixels <= MOST_PIXELS) return;
  const detail = `pixel_size ${size} makes ${pixels} pixels, more than ${MOST_PIXELS}`;
  throw new OrreryError("budget_exceeded", `The persistence image is too fine: ${detail}; take larger pixels.`, {
    faults: [{ pointer: "/topology/persistence_image/pixel_size", detail }],
  });
}

function notCovariance(sigma: unknown): OrreryError {
  const detail = `sigma ${JSON.stringify(sigma)} is not a covariance`;
  return new OrreryError(
    "invalid_request",
    `The persistence image cannot be drawn: ${detail}; give a positive definite matrix or a variance above 0.`,
    {
      faults: [{ pointer: "/topology/persistence_image/kernel/params/sigma", detail }],
    },
  );
}
