import { headerOf } from "../contract/dataset.ts";
import type { ShardInput } from "../contract/flow.ts";
import { subsetsWithin } from "../contract/grid.ts";
import { shardKey } from "../contract/keys.ts";
import { planDiscover } from "../contract/plan.ts";
import { unseal } from "../contract/seal.ts";
import { shardIdentity } from "../contract/shard.ts";
import { canonical, keep, readIntact, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import type { Pulse } from "./pulse.ts";
import { encodeFound } from "./shard-file.ts";
import { computeWatched } from "./supervise.ts";

const isSealed = (stored: Uint8Array) => unseal(stored) !== undefined;

/**
 * What a search of one range of the grid finds, stored under the hash of everything that determines it: from the store if
 * it is there, else computed.
 */
export async function findShard(
  { store, compute }: Pick<ActivityDeps, "store" | "compute">,
  input: Omit<ShardInput, "index">,
  pulse: Pulse,
): Promise<{ key: string; bytes: Uint8Array }> {
  const { request, tenant, cells } = input;
  const { dataset } = request;
  const key = shardKey(tenant, sha256(canonical(shardIdentity(request, cells))));

  const earlier = input.anew ? undefined : await readIntact(store, key, isSealed);
  if (earlier && (await store.use(key))) return { key, bytes: earlier };

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
  await keep(store, key, bytes, isSealed);
  return { key, bytes };
}
