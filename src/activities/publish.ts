import { activityInfo } from "@temporalio/activity";
import type { StoredArtifact, Summary, Ticket } from "../contract/flow.ts";
import { artifactKey, summaryKey } from "../contract/keys.ts";
import { ENGINE_VERSION } from "../contract/names.ts";
import { encodeSummary, type StoredSummary, summaryIn } from "../contract/summary.ts";
import type { Store } from "../storage/store.ts";
import { canonical, keep, readIntact, sha256 } from "./content.ts";
import type { Judgement } from "./task.ts";

/** Results up to this size travel in the closing event, so that reading them needs no store. */
const MAX_INLINE_BYTES = 32_768;

/**
 * Stores what a job found and returns the summary that closes it. Every file is named by its hash and put if absent, so
 * any number of attempts leave one set of files; the files come first and the summary that names them last.
 */
export async function publish(store: Store, ticket: Ticket, judgement: Judgement, startedAt: Date): Promise<Summary> {
  const { tenant } = ticket;
  const files = [
    { name: "result.json", content_type: "application/json", text: canonical(judgement.result) },
    { name: "evidence.json", content_type: "application/json", text: canonical(judgement.evidence) },
    ...judgement.plots.map(({ name, svg }) => ({ name, content_type: "image/svg+xml", text: svg })),
    ...(judgement.predictions === undefined ? [] : [{ name: "predictions.csv", content_type: "text/csv", text: judgement.predictions }]),
  ];
  const artifacts = await Promise.all(
    files.map(async ({ name, content_type, text }): Promise<StoredArtifact> => {
      const bytes = Buffer.from(text);
      const hash = sha256(bytes);
      const key = artifactKey(tenant, hash);
      await keep(store, key, bytes);
      return { name, content_type, bytes: bytes.length, sha256: hash, key };
    }),
  );
  const [resultFile] = artifacts;
  const summary: Summary = {
    verdict: judgement.result.verdict,
    result: resultFile && resultFile.bytes <= MAX_INLINE_BYTES ? judgement.result : null,
    artifacts,
    started_at: startedAt.toISOString(),
    attempts: activityInfo().attempt,
  };
  await keepSummary(store, summaryKey(tenant, ENGINE_VERSION, ticket.request_hash), { job_id: ticket.job_id, summary });
  return summary;
}

/** The first job that answers a request is the one that later ones are answered from, unless what it left is damaged. */
async function keepSummary(store: Store, key: string, stored: StoredSummary): Promise<void> {
  const bytes = encodeSummary(stored);
  if (await store.putIfAbsent(key, bytes)) return;
  const earlier = await readIntact(store, key, (found) => summaryIn(found) !== undefined);
  if (!earlier) await store.putIfAbsent(key, bytes);
}
