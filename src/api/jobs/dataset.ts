import { createHash } from "node:crypto";
import { decodeHeader, encodeTable, headerOf, MAX_HEADER_BYTES, type Table, type TableHeader, tableOf } from "../../contract/dataset.ts";
import { OrreryError } from "../../contract/errors.ts";
import { datasetKey } from "../../contract/keys.ts";
import type { DatasetSource } from "../../contract/request.ts";
import type { Store } from "../../storage/store.ts";

/** The header of a request's dataset; of an inline one the table too. Throws `dataset_not_found` and what `tableOf` throws. */
export async function resolveDataset(
  store: Store,
  tenant: string,
  source: DatasetSource,
): Promise<{ header: TableHeader; table: Table | undefined }> {
  if (source.source === "inline") {
    const table = tableOf(source.columns, source.units);
    return { header: headerOf(table), table };
  }
  const start = await store.getStart(datasetKey(tenant, source.dataset_id.slice("ds_".length)), MAX_HEADER_BYTES);
  if (!start) {
    throw new OrreryError("dataset_not_found", `Dataset ${source.dataset_id} is not in the store; upload it with POST /v1/datasets.`, {
      faults: [{ pointer: "/dataset/dataset_id", detail: "no such dataset" }],
    });
  }
  return { header: decodeHeader(start).header, table: undefined };
}

/** Stores a table under its hash; storing it again changes nothing. */
export async function storeTable(store: Store, tenant: string, table: Table): Promise<{ datasetId: string; bytes: number }> {
  const bytes = encodeTable(table);
  const hash = createHash("sha256").update(bytes).digest("hex");
  await store.putIfAbsent(datasetKey(tenant, hash), bytes);
  return { datasetId: `ds_${hash}`, bytes: bytes.length };
}
