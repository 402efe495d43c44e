import { createHash } from "node:crypto";
import { unseal } from "../../src/contract/seal.ts";
import type { Entry, Store } from "../../src/storage/store.ts";

/** Every key of the store, page by page. */
export async function* everyKey(store: Store): AsyncGenerator<Entry> {
  let page = await store.list("", { limit: 500 });
  while (page.length > 0) {
    yield* page;
    page = await store.list("", { limit: 500, after: page.at(-1)?.key ?? "" });
  }
}

export interface Scan {
  keys: string[];
  /** Those whose bytes are not what the key or the seal says, or cannot be read. */
  torn: string[];
}

/** Looks at each file that the store lists: an artifact or dataset by its hash, a shard or summary by its seal. */
export async function scan(store: Store): Promise<Scan> {
  const found: Scan = { keys: [], torn: [] };
  for await (const { key, bytes } of everyKey(store)) {
    const [, area = "", hash] = key.split("/");
    if (area === "damaged") continue;
    found.keys.push(key);
    const stored = await store.get(key).catch(() => undefined);
    const whole = stored?.length === bytes && isWhole(area, hash, stored);
    if (!whole) found.torn.push(key);
  }
  return found;
}

/** The names of other files, such as error.json, say nothing of their bytes. */
function isWhole(area: string, hash: string | undefined, stored: Uint8Array): boolean {
  if (area === "artifacts" || area === "datasets") return createHash("sha256").update(stored).digest("hex") === hash;
  return !["shards", "summaries"].includes(area) || unseal(stored) !== undefined;
}
