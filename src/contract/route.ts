import type { Route } from "./flow.ts";
import { type CellRange, type Grid, subsetsWithin } from "./grid.ts";
import type { DiscoverPlan, EvaluatePlan } from "./plan.ts";

/** A discover job above this many fits is sharded, one shard for each. */
const SHARD_FITS = 2e8;
const MAX_SHARDS = 64;
const LOCAL_SECONDS = 0.05;
const LIGHT_SECONDS = 1;

/** Where a discover job runs: one activity while it is small, else shards of some seconds of fits each. */
export function routeDiscover(plan: DiscoverPlan): Route {
  if (plan.seconds <= LIGHT_SECONDS) return { path: "single", pool: "light" };
  const shards = Math.min(MAX_SHARDS, Math.ceil(plan.fits / SHARD_FITS), plan.cells);
  return plan.fits < SHARD_FITS || shards < 2 ? { path: "single", pool: "heavy" } : { path: "sharded", shards };
}

export function routeEvaluate(plan: EvaluatePlan): Route {
  if (plan.seconds <= LOCAL_SECONDS) return { path: "local" };
  return { path: "single", pool: plan.seconds <= LIGHT_SECONDS ? "light" : "heavy" };
}

/** Contiguous half-open ranges of a grid's cells, none empty: `shards` of them, or one for each cell if there are fewer. */
export function shardCells(plan: Pick<DiscoverPlan, "grids" | "cells">, shards: number): CellRange[] {
  return cutCells(plan, { from: 0, to: plan.cells }, shards);
}

/** Cuts a range of cells where the fits, not the cells, come out even: a cell of many exponents has more subsets. */
export function cutCells({ grids }: Pick<DiscoverPlan, "grids">, { from, to }: CellRange, pieces: number): CellRange[] {
  const count = Math.max(1, Math.min(pieces, to - from));
  const before = subsetsWithin(grids, { from: 0, to: from });
  const whole = subsetsWithin(grids, { from, to });
  const edges = [from];
  for (let index = 1; index < count; index += 1) {
    const cut = cellOf(grids, before + (whole * index) / count);
    edges.push(Math.min(Math.max(cut, (edges[index - 1] as number) + 1), to - count + index));
  }
  return edges.map((edge, index) => ({ from: edge, to: edges[index + 1] ?? to }));
}

/** The cell before which `subsets` subsets are tried. */
function cellOf(grids: readonly Grid[], subsets: number): number {
  let left = subsets;
  for (const grid of grids) {
    if (left < grid.cells * grid.subsets) return grid.from + Math.floor(left / grid.subsets);
    left -= grid.cells * grid.subsets;
  }
  return Number.POSITIVE_INFINITY;
}
