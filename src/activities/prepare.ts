import { encodeTable, headerOf } from "../contract/dataset.ts";
import type { DiscoverInput, Handback, Preparation } from "../contract/flow.ts";
import { datasetKey } from "../contract/keys.ts";
import { planDiscover } from "../contract/plan.ts";
import { shardCells } from "../contract/route.ts";
import { keep } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";

/** Stores the dataset of a sharded job, so that no child carries the rows, and cuts its grid into ranges. */
export function createPrepare({ store, logger }: ActivityDeps) {
  return async function prepare(input: DiscoverInput): Promise<Preparation | Handback> {
    return attempt("prepare", logger, async () => {
      const startedAt = new Date();
      const { request, tenant, route } = input;
      const { table, hash } = await loadTable(store, tenant, request.dataset);
      if (request.dataset.source === "inline") await keep(store, datasetKey(tenant, hash), encodeTable(table));
      const plan = planDiscover(request, headerOf(table));
      return {
        request: { ...request, dataset: { source: "stored", dataset_id: `ds_${hash}` } },
        shards: shardCells(plan, route.path === "sharded" ? route.shards : 1),
        started_at: startedAt.toISOString(),
      };
    });
  };
}
