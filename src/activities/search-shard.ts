import { activityInfo } from "@temporalio/activity";
import type { Handback, ShardInput, ShardResult } from "../contract/flow.ts";
import { sha256 } from "./content.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { findShard } from "./shard.ts";

/** Searches one range of the grid, or finds the work done by an attempt whose reply was lost. */
export function createSearchShard(deps: ActivityDeps) {
  return async function searchShard(input: ShardInput): Promise<ShardResult | Handback> {
    return attempt("search", deps.logger, async (pulse) => {
      const { key, bytes } = await findShard(deps, input, pulse);
      return { key, sha256: sha256(bytes), attempts: activityInfo().attempt };
    });
  };
}
