import type { DeadLetter, Handback, Salvage } from "../contract/flow.ts";
import { artifactKey } from "../contract/keys.ts";
import type { Result } from "../contract/result.ts";
import { canonical, keep, readIntact, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { pastOf } from "./history.ts";
import { decodeFound } from "./shard-file.ts";
import { computeWatched } from "./supervise.ts";

/**
 * Judges what the completed shards of a failed job have found, as if their cells were the whole grid, and stores it as
 * `partial.json`. Its verdict is `inconclusive` whatever the tests say: what was not searched may hold a better law. There is
 * no file if no shard was done.
 */
export function createSalvage({ store, compute, logger }: ActivityDeps) {
  return async function salvage(letter: DeadLetter): Promise<Salvage | Handback> {
    return attempt("judge", logger, async (pulse) => {
      const { tenant, shards: of = 0 } = letter;
      const { completed } = await pastOf(letter);
      const stored = await Promise.all(
        completed.map(({ result }) => readIntact(store, result.key, (bytes) => sha256(bytes) === result.sha256)),
      );
      const files = stored.filter((bytes) => bytes !== undefined);
      const [shard] = completed;
      if (!shard || files.length === 0) return { file: null };
      const { request } = shard.input;
      const { table, hash } = await loadTable(store, tenant, request.dataset);
      const { result } = await computeWatched(
        compute,
        { ticket: shard.input, pulse },
        { op: "judge", request, table, hash, found: files.map(decodeFound) },
        { phase: "judge", total: 1 },
      );
      const bytes = Buffer.from(canonical(inconclusive(result, { shards: files.length, of })));
      const hashed = sha256(bytes);
      const key = artifactKey(tenant, hashed);
      await keep(store, key, bytes);
      return { file: { name: "partial.json", content_type: "application/json", bytes: bytes.length, sha256: hashed, key } };
    });
  };
}

function inconclusive({ law, candidate = law, ...rest }: Result, searched: NonNullable<Result["searched"]>): Result {
  return { ...rest, verdict: "inconclusive", ...(candidate && { candidate }), searched };
}
