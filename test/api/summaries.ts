import { createHash } from "node:crypto";
import type { Summary } from "../../src/contract/flow.ts";
import { artifactKey } from "../../src/contract/keys.ts";
import { LOCAL_TENANT } from "../../src/contract/names.ts";
import type { Result } from "../../src/contract/result.ts";
import { createFsStore } from "../../src/storage/fs.ts";

export const result: Result = {
  schema_version: 2,
  kind: "evaluate",
  verdict: "rejected",
  reasons: ["lack_of_fit"],
  margins: { r2: { value: 0.4, limit: 0.9 } },
  fit: { rows: 8, r2: 0.4, rmse: 12.5, holdout_rmse: null },
  p_value: null,
  stability: { trials: 5, kept: 1, share: 0.2, levels: [] },
  pareto: [],
  rivals: [],
  landscape: null,
  method: { name: "v2", version: "1", fingerprint: "test" },
  dataset: { hash: "test", rows: 8 },
  seed: 42,
  cost: { fits: 1, cells: 1 },
};

/** The summary of a job that succeeded, with its result stored as a file, and inline unless it is said to be large. */
export async function storedSummary(dataDir: string, { large = false } = {}): Promise<Summary> {
  const bytes = Buffer.from(JSON.stringify(result));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const key = artifactKey(LOCAL_TENANT, sha256);
  await createFsStore(dataDir).putIfAbsent(key, bytes);
  return {
    verdict: result.verdict,
    result: large ? null : result,
    artifacts: [{ name: "result.json", content_type: "application/json", bytes: bytes.length, sha256, key }],
    started_at: "2026-01-01T00:00:00.000Z",
    attempts: 2,
  };
}
