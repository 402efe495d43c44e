import { activityInfo } from "@temporalio/activity";
import { headerOf } from "../contract/dataset.ts";
import type { Handback, ShardInput, ShardResult } from "../contract/flow.ts";
import { subsetsWithin } from "../contract/grid.ts";
import { shardKey } from "../contract/keys.ts";
import { planDiscover } from "../contract/plan.ts";
import { shardIdentity } from "../contract/shard.ts";
import { canonical, keep, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { encodeFound } from "./shard-file.ts";
import { computeWatched } from "./supervise.ts";

/**
 * Searches one range of the grid and stores what it finds under the hash of everything that determines it, so that an
 * attempt after a lost reply finds the work done.
 */
export function createSearchShard({ store, compute, logger }: ActivityDeps) {
  return async function searchShard(input: ShardInput): Promise<ShardResult | Handback> {
    return attempt("search", logger, async (pulse) => {
      const { request, tenant, cells } = input;
      const { dataset } = request;
      const key = shardKey(tenant, sha256(canonical(shardIdentity(request, cells))));

      const earlier = input.anew ? undefined : await store.get(key);
      const { attempt: attempts } = activityInfo();
      if (earlier) return { key, sha256: sha256(earlier), attempts };

      const { table, hash } = await loadTable(store, tenant, dataset);
      const plan = planDiscover(request, headerOf(table));
      const total = plan.targets * subsetsWithin(plan.grids, cells);
      const found = await computeWatched(
        compute,
        { ticket: input, pulse },
        { op: "search", request, plan, table, hash, cells },
        { phase: "search", total },
      );
      const bytes = encodeFound(found);
      await keep(store, key, bytes);
      return { key, sha256: sha256(bytes), attempts };
    });
  };
}
