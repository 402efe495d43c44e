import { Context } from "@temporalio/activity";
import { OrreryError } from "../contract/errors.ts";
import type { NarrativeInput, StoredArtifact } from "../contract/flow.ts";
import { artifactKey } from "../contract/keys.ts";
import type { Result } from "../contract/result.ts";
import { plainNarrative } from "../narrative/narrate.ts";
import { keep, readIntact, sha256 } from "./content.ts";
import type { ActivityDeps } from "./deps.ts";

/**
 * Words the result of a job and stores the text as the artifact `narrative.md`. What it throws fails no job, so it is tried
 * again like any failure.
 */
export function createNarrative({ store, narrate, logger }: ActivityDeps) {
  return async function narrative({ job_id, tenant, result: file, plain }: NarrativeInput): Promise<StoredArtifact> {
    const stored = await readIntact(store, file.key, (bytes) => sha256(bytes) === file.sha256);
    if (!stored) throw new OrreryError("artifact_corrupt", "The result is missing from the store; submit the job again.");
    const result = JSON.parse(new TextDecoder().decode(stored)) as Result;
    const text = plain === undefined ? await narrate(result, Context.current().cancellationSignal) : plainNarrative(result, plain);
    const bytes = Buffer.from(text);
    const hash = sha256(bytes);
    const key = artifactKey(tenant, hash);
    await keep(store, key, bytes);
    logger.info({ job_id, bytes: bytes.length }, "narrative written");
    return { name: "narrative.md", content_type: "text/markdown; charset=utf-8", bytes: bytes.length, sha256: hash, key };
  };
}
