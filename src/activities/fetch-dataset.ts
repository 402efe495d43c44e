import { Context } from "@temporalio/activity";
import { encodeTable, headerOf, type Table, type TableHeader } from "../contract/dataset.ts";
import { type Fetched, type FetchedDataset, type Handback, type JobInput, MAX_PAYLOAD_BYTES, type Route } from "../contract/flow.ts";
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
 * history, so the rest of the job works on these bytes whatever the address answers later, and so does every later run.
 */
export function createFetchDataset({ store, fetchTable, logger }: ActivityDeps) {
  async function read({
    request,
    tenant,
    route,
  }: JobInput): Promise<{ table: Table } & Pick<FetchedDataset, "dropped_rows" | "fetched_at">> {
    if (request.dataset.source !== "uri") throw new Error("the dataset needs no fetch");
    if (route.path === "fetched" && route.dataset) {
      const { dataset_id, dropped_rows, fetched_at } = route.dataset;
      const { table } = await loadTable(store, tenant, { source: "stored", dataset_id });
      return { table, dropped_rows, fetched_at };
    }
    const { table, dropped } = await fetchTable(request.dataset, Context.current().cancellationSignal);
    return { table, dropped_rows: dropped, fetched_at: new Date().toISOString() };
  }

  return async function fetchDataset(input: JobInput): Promise<Fetched | Handback> {
    return attempt("prepare", logger, async () => {
      const { request, tenant } = input;
      const { table, dropped_rows, fetched_at } = await read(input);
      // Before it is stored, so that a request that is refused leaves nothing behind.
      const predict = "law" in request && request.predict && (await loadTable(store, tenant, request.predict)).table;
      const route = routeOf(input, headerOf(table), predict ? headerOf(predict) : undefined);

      const bytes = encodeTable(table);
      const hash = sha256(bytes);
      await keep(store, datasetKey(tenant, hash), bytes);
      const dataset = { dataset_id: `ds_${hash}`, rows: table.rows, dropped_rows, fetched_at };

      // The address says nothing about the content, so a stored result is looked up by what was fetched.
      const { budget: _budget, priority: _priority, reuse, ...rest } = request;
      const request_hash = `sha256:${sha256(canonical({ ...("kind" in input && { kind: input.kind }), ...rest, dataset: dataset.dataset_id }))}`;
      const key = summaryKey(tenant, ENGINE_VERSION, request_hash);
      const earlier = reuse ? summaryIn(await store.get(key)) : undefined;
      const reused = earlier && (await store.use(key)) ? earlier : undefined;
      const fetched: Fetched = { dataset, route, request_hash };
      return reused && Buffer.byteLength(JSON.stringify(reused)) < MAX_PAYLOAD_BYTES / 2 ? { ...fetched, reused } : fetched;
    });
  };
}

function routeOf(input: JobInput, header: TableHeader, predict: TableHeader | undefined): Route {
  if ("kind" in input) return routeTgefd(planTgefd(input.request, header, input.kind));
  const { request } = input;
  return "law" in request ? routeEvaluate(planEvaluate(request, header, predict)) : routeDiscover(planDiscover(request, header));
}
