import { decodeTable, encodeTable, type Table, tableOf } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { datasetKey } from "../contract/keys.ts";
import type { DatasetSource } from "../contract/request.ts";
import type { Store } from "../storage/store.ts";
import { readIntact, sha256, wasDamaged } from "./content.ts";

/** The table of a request and the hash of its stored form. Throws `dataset_not_found` and `artifact_corrupt`. */
export async function loadTable(store: Store, tenant: string, source: DatasetSource): Promise<{ table: Table; hash: string }> {
  if (source.source === "inline") {
    const table = tableOf(source.columns, source.units);
    return { table, hash: sha256(encodeTable(table)) };
  }
  if (source.source === "uri") throw new Error("a dataset is fetched before it is loaded");
  const hash = source.dataset_id.slice("ds_".length);
  const key = datasetKey(tenant, hash);
  const bytes = await readIntact(store, key, (stored) => sha256(stored) === hash);
  if (!bytes) throw await missing(store, key, source.dataset_id);
  return { table: decodeTable(bytes), hash };
}

/** Nobody but its owner has the rows of a dataset, so a damaged one cannot be made anew. */
async function missing(store: Store, key: string, id: string): Promise<OrreryError> {
  if (!(await wasDamaged(store, key))) return new OrreryError("dataset_not_found", `Dataset ${id} is not in the store; upload it again.`);
  return new OrreryError(
    "artifact_corrupt",
    `Dataset ${id} was damaged in the store and has been set aside; upload the table again, then submit the job again.`,
  );
}
