import { createHash } from "node:crypto";
import { decodeHeader, encodeTable, headerOf, MAX_HEADER_BYTES, type Table, type TableHeader, tableOf } from "../../contract/dataset.ts";
import { type ErrorCode, OrreryError } from "../../contract/errors.ts";
import { datasetKey } from "../../contract/keys.ts";
import type { DatasetSource } from "../../contract/request.ts";
import type { Store } from "../../storage/store.ts";

/** Of the ids of datasets; their hash follows. */
const PREFIX = "ds_";

/** Codes of what can be wrong with a table that a client sends. */
export const TABLE_PROBLEMS: readonly ErrorCode[] = [
  "dataset_empty",
  "dataset_too_large",
  "dataset_ragged",
  "dataset_not_numeric",
  "column_duplicate",
  "column_name_invalid",
  "column_unknown",
];

/** The header of a request's dataset, except of one that the job fetches; of an inline one the table too. Throws `dataset_not_found` and what `tableOf` throws. */
export async function resolveDataset(
  store: Store,
  tenant: string,
  source: Exclude<DatasetSource, { source: "uri" }>,
): Promise<{ header: TableHeader; table: Table | undefined }> {
  if (source.source === "inline") {
    const table = tableOf(source.columns, source.units);
    return { header: headerOf(table), table };
  }
  const key = keyOf(tenant, source.dataset_id);
  const [start, isThere] = await Promise.all([store.getStart(key, MAX_HEADER_BYTES), store.use(key)]);
  if (!start || !isThere) {
    throw new OrreryError("dataset_not_found", `Dataset ${source.dataset_id} is not in the store; upload it with POST /v1/datasets.`, {
      faults: [{ pointer: "/dataset/dataset_id", detail: "no such dataset" }],
    });
  }
  return { header: decodeHeader(start).header, table: undefined };
}

/** The same for the rows that a request has a law applied to, if there are any, with pointers into `/predict`. */
export async function resolvePredict(store: Store, tenant: string, source: Exclude<DatasetSource, { source: "uri" }> | undefined) {
  return source && resolveDataset(store, tenant, source).catch(fromPredict);
}

function fromPredict(error: unknown): never {
  if (!(error instanceof OrreryError)) throw error;
  const faults = error.faults.map(({ pointer, detail }) => ({ pointer: pointer.replace(/^\/dataset(?=\/|$)/, "/predict"), detail }));
  throw new OrreryError(error.code, `Of the rows to predict: ${error.message}`, { faults, cause: error.cause });
}

/** A table as the store keeps it, under its hash. */
export interface EncodedTable {
  datasetId: string;
  bytes: Uint8Array;
}

export function encodedTable(table: Table): EncodedTable {
  const bytes = encodeTable(table);
  return { datasetId: `${PREFIX}${createHash("sha256").update(bytes).digest("hex")}`, bytes };
}

/** Stores a table; storing it again changes nothing. */
export async function storeTable(store: Store, tenant: string, { datasetId, bytes }: EncodedTable): Promise<void> {
  await store.putIfAbsent(keyOf(tenant, datasetId), bytes);
}

function keyOf(tenant: string, datasetId: string): string {
  return datasetKey(tenant, datasetId.slice(PREFIX.length));
}
