import { headerOf, type Table } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import type { DiscoverInput, Handback, ShardResult, Summary } from "../contract/flow.ts";
import { planDiscover } from "../contract/plan.ts";
import { shardCells } from "../contract/route.ts";
import { readIntact, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { publish } from "./publish.ts";
import type { Pulse } from "./pulse.ts";
import { findShard } from "./shard.ts";
import { decodeFound } from "./shard-file.ts";
import { computeWatched } from "./supervise.ts";

/** Merges what the shards found, judges the best candidate and publishes the result of a sharded job. */
export function createJudge(deps: ActivityDeps) {
  const { store, compute, logger } = deps;

  /** The file of each shard. One that was lost or damaged since is computed again. */
  async function filesOf(input: DiscoverInput, shards: ShardResult[], table: Table, pulse: Pulse): Promise<Uint8Array[]> {
    const stored = await Promise.all(shards.map((shard) => readIntact(store, shard.key, (bytes) => sha256(bytes) === shard.sha256)));
    const files: Uint8Array[] = [];
    for (const [index, shard] of shards.entries()) files.push(stored[index] ?? (await searchAgain(input, shard, index, table, pulse)));
    return files;
  }

  async function searchAgain(input: DiscoverInput, shard: ShardResult, index: number, table: Table, pulse: Pulse): Promise<Uint8Array> {
    const { request, route } = input;
    const cells = shardCells(planDiscover(request, headerOf(table)), route.path === "sharded" ? route.shards : 1)[index];
    const { bytes } = cells ? await findShard(deps, { ...input, cells }, pulse) : {};
    if (bytes && sha256(bytes) === shard.sha256) return bytes;
    throw new OrreryError("artifact_corrupt", "The result of a shard is lost and cannot be found again; submit the job again.");
  }

  return async function judge(input: DiscoverInput, shards: ShardResult[]): Promise<Summary | Handback> {
    return attempt("judge", logger, async (pulse) => {
      const startedAt = new Date();
      const { request } = input;
      const { table, hash } = await loadTable(store, input.tenant, request.dataset);
      const found = (await filesOf(input, shards, table, pulse)).map(decodeFound);
      const judgement = await computeWatched(
        compute,
        { ticket: input, pulse },
        { op: "judge", request, table, hash, found },
        { phase: "judge", total: 1 },
      );
      return publish(store, input, judgement, startedAt);
    });
  };
}
