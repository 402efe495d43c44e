import type { Pace } from "../control.ts";
import { type Cloud, cloudOf, countOf, pointsAt } from "./cloud.ts";
import { componentsOf, stableOf } from "./components.ts";
import type { Bar } from "./cycles.ts";
import { distancesOf } from "./distances.ts";
import type { TgefdDocument } from "./document.ts";
import { imageOf, type PersistenceImage } from "./image.ts";
import { loopsOf } from "./loops.ts";
import type { Landscape, Model } from "./stlsq.ts";
import { spanningTree } from "./tree.ts";

/** What one noise trial shows. */
export interface Trial {
  level: number;
  landscape: Landscape;
  significant_H0: number;
  significant_H1: number;
  /** Places of the models in stable components, ascending. */
  stable: number[];
  /** Sizes of the stable components, largest first. */
  component_sizes: number[];
  /** Coefficient patterns of the stable models. */
  patterns: Set<string>;
  /** Lengths, in single precision, at which components of the cloud merge, ascending; one more never dies. */
  h0_deaths: Float32Array;
  /** Null if the document asks for H0 only. */
  h1_bars: Bar[] | null;
  /** Null if there is no loop, or H1 was not computed. */
  image: PersistenceImage | null;
  /** Null if H1 was not computed, 0 without loops. */
  pi_energy: number | null;
  margins: TrialMargins;
}

/** Smallest distances of what was compared to its threshold; Infinity if nothing was. */
export interface TrialMargins {
  h0: number;
  h1: number;
  /** Of the merges of the cloud to the radius of the components. */
  radius: number;
}

/** The topology of a landscape and the models that it calls stable. */
export function trialOf(level: number, landscape: Landscape, patternOf: Patterns, { topology }: TgefdDocument, pace: Pace): Trial {
  const radius = topology.stability_threshold;
  const h1Threshold = topology.h1_threshold ?? radius / 2;
  const cloud = cloudOf(landscape, topology.point_scale);
  const tree = spanningTree(cloud, pace);
  const components = stableOf(componentsOf(tree, countOf(cloud), radius), topology.min_component_size);
  const stable = components.flatMap(({ members }) => members).sort((a, b) => a - b);
  const deaths = Float32Array.from(tree.length)
    .sort()
    .filter((length) => length > 0);
  const bars = topology.persistent_homology.max_dim < 1 ? null : loopsOf(distancesOf(distinct(cloud), pace), deaths.at(-1) ?? 0, pace);
  const image = bars && bars.length > 0 ? imageOf(bars, topology.persistence_image, pace) : null;
  const lengths = (bars ?? []).map(({ birth, death }) => death - birth);
  const models = new Set(stable.map((index) => landscape.models[index] as Model));
  const nearest = (values: ArrayLike<number>, threshold: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < values.length; at += 1) least = Math.min(least, Math.abs((values[at] as number) - threshold));
    return least;
  };
  return {
    level,
    landscape,
    significant_H0: 1 + deaths.filter((length) => length > radius).length,
    significant_H1: lengths.filter((length) => length > h1Threshold).length,
    stable,
    component_sizes: components.map(({ members }) => members.length).sort((a, b) => b - a),
    patterns: new Set([...models].map(patternOf)),
    h0_deaths: deaths,
    h1_bars: bars,
    image,
    pi_energy: bars === null ? null : (image?.energy ?? 0),
    margins: { h0: nearest(deaths, radius), h1: nearest(lengths, h1Threshold), radius: nearest(tree.length, radius) },
  };
}

/** The coefficient pattern of a model: one character for each feature, "1" if its coefficient exceeds the tolerance. */
export type Patterns = (model: Model) => string;

export function patternsOf(tolerance: number, pace: Pace): Patterns {
  const known = new Map<Model, string>();
  return (model) => {
    const before = known.get(model);
    if (before !== undefined) return before;
    let pattern = "";
    for (const coefficient of model.coefficients) pattern += Math.abs(coefficient) > tolerance ? "1" : "0";
    pace.work(10 * pattern.length);
    known.set(model, pattern);
    return pattern;
  };
}

/** A landscape without the models that `kept` does not name. */
export function sampled(landscape: Landscape, kept: readonly number[]): Landscape {
  const [p, q, lambda, error, l0] = pointsAt([landscape.p, landscape.q, landscape.lambda, landscape.error, landscape.l0], kept) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { p, q, lambda, error, l0, models: kept.map((index) => landscape.models[index] as Model) };
}

/** The cloud with one point for points at the same place, which change no bar. */
function distinct(cloud: Cloud): Cloud {
  const seen = new Map<number, number[]>();
  const kept: number[] = [];
  for (let point = 0; point < countOf(cloud); point += 1) {
    let probe = 0;
    for (const values of cloud) probe = probe * 1.618 + (values[point] as number);
    const alike = seen.get(probe);
    if (alike?.some((other) => cloud.every((values) => values[other] === values[point]))) continue;
    if (alike) alike.push(point);
    else seen.set(probe, [point]);
    kept.push(point);
  }
  return kept.length === countOf(cloud) ? cloud : pointsAt(cloud, kept);
}
