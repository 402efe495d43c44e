import type { Grid } from "../contract/grid.ts";

/** One hypothesis with what it scored: a subset of the library in a grid cell under a model. */
export interface Candidate {
  /** RSS times exp(penalty / N + jacobian), so that score = N ln(q / N): one multiplication keeps the order exact, a logarithm might not. */
  q: number;
  cell: number;
  subset: number;
  /** Name of the subset when exponents may be renamed; see structure.ts. */
  structure: number;
  model: number;
}

/**
 * What a search of some cells found. Without the landscape, about 8 KiB of JSON with the default noise and false
 * acceptance, about 70 KiB with the 800 trials and 999 permutations that a request can ask for.
 */
export interface ShardFound {
  cells: number;
  /** Fits of the subsets that were not left out. */
  fits: number;
  /** Subsets that were left out, with all that the walk meets below them, because a column was not finite or too near to the span of the others. */
  refused: number;
  /** The best candidates, best first, no two of them of one structure and model. */
  best: Candidate[];
  /** The best candidate of each complexity (terms + exponents), which is its index; null where there is none. */
  byComplexity: (Candidate | null)[];
  /** Lowest q of the target itself under the additive models. */
  signal: number;
  /** The same for each permuted target. */
  nulls: number[];
  /**
   * For each model, its best candidate in each noise trial, whose noise is of the model's kind. Trial t of the level at
   * index l is at l * (trials of each level) + t.
   */
  trials: (Candidate | null)[][];
  /** Lowest ln q of each cell that was searched, as far as `landscapeCells` goes; ascending, and joined where they touch. */
  landscape: Stretch[];
}

/** Lowest ln q over the subsets and models of each of the cells from `from` on; Infinity where none could be fitted. */
export interface Stretch {
  from: number;
  values: Float32Array;
}

/** Scores of noise trials, by model, and of permuted targets that some cells reach. What scores worse in others need not be found. */
export interface Limits {
  trials: number[][];
  nulls: number[];
}

export function limitsIn(found: ShardFound): Limits {
  return { trials: found.trials.map((trials) => trials.map((candidate) => candidate?.q ?? NOTHING)), nulls: found.nulls };
}

/** Lowers limits to others where those are lower. */
export function lower(limits: Limits, others: Limits): void {
  const take = (into: number[], from: readonly number[] | undefined) => {
    into.forEach((value, index) => {
      into[index] = Math.min(value, from?.[index] ?? value);
    });
  };
  take(limits.nulls, others.nulls);
  limits.trials.forEach((trials, model) => {
    take(trials, others.trials[model]);
  });
}

/** Most cells whose landscape is kept: 4 MB. */
const MOST_LANDSCAPE = 1_000_000;

/** Cells that have a landscape: those of the first grids, as many as have no more than a million cells together. */
export function landscapeCells(grids: readonly Grid[]): number {
  return grids.reduce((end, { from, cells }) => (end === from && from + cells <= MOST_LANDSCAPE ? from + cells : end), 0);
}

/** How many candidates a search keeps for the final step. */
export const KEPT = 32;
/** Stands for "nothing found" where JSON has no infinity. */
export const NOTHING = Number.MAX_VALUE;

/** Total order: q, then cell, subset and model, so that ties do not depend on who searched first. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return a.q - b.q || a.cell - b.cell || a.subset - b.subset || a.model - b.model;
}

export function better(a: Candidate | null | undefined, b: Candidate | null | undefined): Candidate | null {
  if (!a || !b) return a ?? b ?? null;
  return compareCandidates(a, b) <= 0 ? a : b;
}

/**
 * Keeps the KEPT best of different structures or models in order; `list` is sorted and changed in place.
 *
 * The list is exact however a search is cut. Take a structure among the KEPT best of all cells, and the piece that has
 * its best candidate. A structure that is ahead of it there is ahead of it overall, so fewer than KEPT are: the piece
 * keeps it. And whatever else a piece keeps of it is worse and gives way when lists are joined.
 */
export function keep(list: Candidate[], candidate: Candidate): void {
  const { structure, model } = candidate;
  const same = list.findIndex((other) => other.structure === structure && other.model === model);
  if (same >= 0) {
    if (compareCandidates(candidate, list[same] as Candidate) >= 0) return;
    list.splice(same, 1);
  }
  let at = list.length;
  while (at > 0 && compareCandidates(candidate, list[at - 1] as Candidate) < 0) at -= 1;
  if (at >= KEPT) return;
  list.splice(at, 0, candidate);
  if (list.length > KEPT) list.pop();
}

/** Joins what searches of disjoint cells found. Only minima, top lists and integer sums: any grouping and order gives the same bytes. */
export function mergeFound(found: readonly ShardFound[]): ShardFound {
  const [first, ...others] = found;
  if (first === undefined) throw new Error("nothing to merge");
  return { ...others.reduce(joined, first), landscape: joinStretches(found.flatMap(({ landscape }) => landscape)) };
}

function joined(a: ShardFound, b: ShardFound): ShardFound {
  const best = [...a.best];
  for (const candidate of b.best) keep(best, candidate);
  return {
    cells: a.cells + b.cells,
    fits: a.fits + b.fits,
    refused: a.refused + b.refused,
    best,
    byComplexity: a.byComplexity.map((candidate, complexity) => better(candidate, b.byComplexity[complexity])),
    signal: Math.min(a.signal, b.signal),
    nulls: a.nulls.map((value, index) => Math.min(value, b.nulls[index] as number)),
    trials: a.trials.map((trials, model) => trials.map((candidate, index) => better(candidate, b.trials[model]?.[index]))),
    landscape: a.landscape,
  };
}

function joinStretches(stretches: readonly Stretch[]): Stretch[] {
  const runs: Stretch[][] = [];
  let end = -1;
  for (const stretch of [...stretches].sort((a, b) => a.from - b.from)) {
    if (stretch.from === end) runs.at(-1)?.push(stretch);
    else runs.push([stretch]);
    end = stretch.from + stretch.values.length;
  }
  return runs.map((run) => {
    const [{ from }] = run as [Stretch];
    const values = new Float32Array(run.reduce((length, { values: part }) => length + part.length, 0));
    for (const part of run) values.set(part.values, part.from - from);
    return { from, values };
  });
}
