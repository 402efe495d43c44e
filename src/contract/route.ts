import type { Route } from "./flow.ts";
import type { DiscoverPlan, EvaluatePlan } from "./plan.ts";

/** A discover job above this many fits is sharded, one shard for each. */
const SHARD_FITS = 1e8;
const MAX_SHARDS = 64;
const LOCAL_SECONDS = 0.05;
const LIGHT_SECONDS = 1;

/** Where a discover job runs: one activity while it is small, else shards of about a second of fits each. */
export function routeDiscover(plan: DiscoverPlan): Route {
  if (plan.seconds <= LIGHT_SECONDS) return { path: "single", pool: "light" };
  const shards = Math.min(MAX_SHARDS, Math.ceil(plan.fits / SHARD_FITS), plan.cells);
  return plan.fits < SHARD_FITS || shards < 2 ? { path: "single", pool: "heavy" } : { path: "sharded", shards };
}

export function routeEvaluate(plan: EvaluatePlan): Route {
  if (plan.seconds <= LOCAL_SECONDS) return { path: "local" };
  return { path: "single", pool: plan.seconds <= LIGHT_SECONDS ? "light" : "heavy" };
}

/** Contiguous half-open ranges that cover the grid, none empty: `shards` of them, or one for each cell if there are fewer. */
export function shardCells(plan: Pick<DiscoverPlan, "cells">, shards: number): { from: number; to: number }[] {
  const count = Math.max(1, Math.min(shards, plan.cells));
  const edge = (index: number) => Math.floor((index * plan.cells) / count);
  return Array.from({ length: count }, (_, index) => ({ from: edge(index), to: edge(index + 1) }));
}
