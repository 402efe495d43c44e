import { Context } from "@temporalio/activity";
import { encodeTable, headerOf, type TableHeader } from "../contract/dataset.ts";
import {
  type DiscoverInput,
  type EvaluateInput,
  type Fetched,
  type Handback,
  MAX_PAYLOAD_BYTES,
  type Route,
  type TgefdInput,
} from "../contract/flow.ts";
import { datasetKey, summaryKey } from "../contract/keys.ts";
import { ENGINE_VERSION } from "../contract/names.ts";
import { planDiscover, planEvaluate } from "../contract/plan.ts";
import { routeDiscover, routeEvaluate } from "../contract/route.ts";
import { summaryIn } from "../contract/summary.ts";
import { planTgefd, routeTgefd } from "../contract/tgefd-plan.ts";
import { canonical, keep, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";

/**
 * Fetches the dataset of a job that names it by its address, and stores it by its hash. What this returns stands in the
 * history, so the rest of the job works on these bytes whatever the address answers later.
 */
export function createFetchDataset({ store, fetchTable, logger }: ActivityDeps) {
  return async function fetchDataset(input: DiscoverInput | EvaluateInput | TgefdInput): Promise<Fetched | Handback> {
    return attempt("prepare", logger, async () => {
      const { request, tenant } = input;
      if (request.dataset.source !== "uri") throw new Error("the dataset needs no fetch");
      const { table, dropped } = await fetchTable(request.dataset, Context.current().cancellationSignal);
      const fetchedAt = new Date();
      // Before it is stored, so that a request that is refused leaves nothing behind.
      const predict = "law" in request && request.predict && (await loadTable(store, tenant, request.predict)).table;
      const route = routeOf(input, headerOf(table), predict ? headerOf(predict) : undefined);

      const bytes = encodeTable(table);
      const hash = sha256(bytes);
      await keep(store, datasetKey(tenant, hash), bytes);
      const dataset = { dataset_id: `ds_${hash}`, rows: table.rows, dropped_rows: dropped, fetched_at: fetchedAt.toISOString() };

      // The address says nothing about the content, so a stored result is looked up by what was fetched.
      const { budget: _budget, priority: _priority, reuse, ...rest } = request;
      const request_hash = `sha256:${sha256(canonical({ ...("kind" in input && { kind: input.kind }), ...rest, dataset: dataset.dataset_id }))}`;
      const reused = reuse ? summaryIn(await store.get(summaryKey(tenant, ENGINE_VERSION, request_hash))) : undefined;
      const fetched: Fetched = { dataset, route, request_hash };
      return reused && Buffer.byteLength(JSON.stringify(reused)) < MAX_PAYLOAD_BYTES / 2 ? { ...fetched, reused } : fetched;
    });
  };
}

function routeOf(input: DiscoverInput | EvaluateInput | TgefdInput, header: TableHeader, predict: TableHeader | undefined): Route {
  if ("kind" in input) return routeTgefd(planTgefd(input.request, header, input.kind));
  const { request } = input;
  return "law" in request ? routeEvaluate(planEvaluate(request, header, predict)) : routeDiscover(planDiscover(request, header));
}
