import { createHash } from "node:crypto";
import { OrreryError } from "../../contract/errors.ts";
import type { Result } from "../../contract/result.ts";
import type { Store } from "../../storage/store.ts";
import type { JobView } from "./view.ts";

/** The result of a job that has one: from its closing event, or if it is large from the store. */
export async function resultOf(store: Store, { jobId, summary }: JobView): Promise<Result | null> {
  if (!summary || summary.result) return summary?.result ?? null;
  const file = summary.artifacts.find(({ name }) => name === "result.json");
  const bytes = file && (await store.get(file.key));
  if (file && bytes && createHash("sha256").update(bytes).digest("hex") === file.sha256) return JSON.parse(Buffer.from(bytes).toString());
  throw new OrreryError(
    "artifact_corrupt",
    `The stored result of ${jobId} is ${bytes ? "damaged" : "missing"}; submit the job again with "reuse": false.`,
  );
}
