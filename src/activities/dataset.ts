import { decodeTable, encodeTable, type Table, tableOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { datasetKey } from "../contract/keys.ts";
import type { DatasetSource } from "../contract/request.ts";
import type { Store } from "../storage/store.ts";
import { sha256, verify } from "./content.ts";

/** The table of a request and the hash of its stored form. Throws `dataset_not_found` and `artifact_corrupt`. */
export async function loadTable(store: Store, tenant: string, source: DatasetSource): Promise<{ table: Table; hash: string }> {
  if (source.source === "inline") {
    const table = tableOf(source.columns, source.units);
    return { table, hash: sha256(encodeTable(table)) };
  }
  if (source.source === "uri") throw new Error("a dataset is fetched before it is loaded");
  const hash = source.dataset_id.slice("ds_".length);
  const bytes = await store.get(datasetKey(tenant, hash));
  if (!bytes) throw new OrreryError("dataset_not_found", `Dataset ${source.dataset_id} is not in the store; upload it again.`);
  verify(bytes, hash);
  return { table: decodeTable(bytes), hash };
}
