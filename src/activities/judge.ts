import { OrreryError } from "../contract/errors.ts";
import type { DiscoverInput, Handback, ShardResult, Summary } from "../contract/flow.ts";
import type { ShardFound } from "../engine/search.ts";
import type { Store } from "../storage/store.ts";
import { verify } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { publish } from "./publish.ts";
import { decodeFound } from "./shard-file.ts";
import { computeWatched } from "./supervise.ts";

/** Merges what the shards found, judges the best candidate and publishes the result of a sharded job. */
export function createJudge({ store, compute, logger }: ActivityDeps) {
  return async function judge(input: DiscoverInput, shards: ShardResult[]): Promise<Summary | Handback> {
    return attempt("judge", logger, async (pulse) => {
      const startedAt = new Date();
      const { request } = input;
      const { table, hash } = await loadTable(store, input.tenant, request.dataset);
      const found = await Promise.all(shards.map((shard) => readShard(store, shard)));
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

async function readShard(store: Store, shard: ShardResult): Promise<ShardFound> {
  const bytes = await store.get(shard.key);
  if (!bytes) throw new OrreryError("artifact_corrupt", "The result of a shard is missing from the store; submit the job again.");
  verify(bytes, shard.sha256);
  return decodeFound(bytes);
}
