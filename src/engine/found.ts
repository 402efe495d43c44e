import type { Noise } from "./model.ts";

/** One hypothesis with what it scored: a subset of the library in a grid cell under a model. */
export interface Candidate {
  /** RSS times exp(penalty / N + jacobian), so that score = N ln(q / N): one multiplication keeps the order exact, a logarithm might not. */
  q: number;
  cell: number;
  subset: number;
  model: number;
}

/**
 * What a search of some cells found. Plain JSON: about 6 KiB with the default noise and false acceptance, about 60 KiB
 * with the 800 trials and 999 permutations that a request can ask for.
 */
export interface ShardFound {
  cells: number;
  fits: number;
  /** Subsets that were left out because a column was not finite or too near to the span of the others. */
  refused: number;
  /** The best candidates, best first. */
  best: Candidate[];
  /** The best candidate of each complexity (terms + exponents), which is its index; null where there is none. */
  byComplexity: (Candidate | null)[];
  /** Lowest q of the target itself under the additive models. */
  signal: number;
  /** The same for each permuted target. */
  nulls: number[];
  /** The best candidate of each noise trial among the models with additive and with relative noise; each has noise of its own kind. */
  trials: Record<Noise, (Candidate | null)[]>;
}

/** How many candidates a search keeps for the final step. */
export const KEPT = 24;
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

/** Keeps the KEPT best in order; `list` is sorted and changed in place. */
export function keep(list: Candidate[], candidate: Candidate): void {
  const twin = list.findIndex(({ subset, model }) => subset === candidate.subset && model === candidate.model);
  if (twin >= 0) {
    if (compareCandidates(candidate, list[twin] as Candidate) >= 0) return;
    list.splice(twin, 1);
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
  return others.reduce(joined, first);
}

function joined(a: ShardFound, b: ShardFound): ShardFound {
  const best = [...a.best];
  for (const candidate of b.best) keep(best, candidate);
  const trialsOf = (noise: Noise) => a.trials[noise].map((candidate, index) => better(candidate, b.trials[noise][index]));
  return {
    cells: a.cells + b.cells,
    fits: a.fits + b.fits,
    refused: a.refused + b.refused,
    best,
    byComplexity: a.byComplexity.map((candidate, complexity) => better(candidate, b.byComplexity[complexity])),
    signal: Math.min(a.signal, b.signal),
    nulls: a.nulls.map((value, index) => Math.min(value, b.nulls[index] as number)),
    trials: { additive: trialsOf("additive"), relative: trialsOf("relative") },
  };
}
