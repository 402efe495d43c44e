import { z } from "zod";
import type { Kind } from "./names.ts";
import { parseDocument } from "./parse.ts";
import { type DatasetSource, discoverRequest, MAX_DEADLINE_SECONDS } from "./request.ts";
import { type TgefdDocument, tgefdDocument } from "./tgefd.ts";
import { readTgefd } from "./tgefd-data.ts";

const { shape } = discoverRequest;

const envelope = z.strictObject({
  schema_version: shape.schema_version,
  decision: z.strictObject({ method: z.literal("tgefd-v1") }),
  tgefd: tgefdDocument,
  budget: z.strictObject({ deadline_seconds: shape.budget.unwrap().shape.deadline_seconds }).prefault({}),
  callback_url: shape.callback_url,
  narrative: shape.narrative,
  priority: shape.priority,
  reuse: shape.reuse,
});

/** A job of either kind that the policy of the ancestor decides. Columns of the table stand for its `x0`, `x1`, … in the order of `inputs`. */
export const tgefdRequest = z
  .strictObject({ ...envelope.shape, dataset: shape.dataset, target: shape.target, inputs: shape.inputs })
  .meta({ id: "TgefdRequest", description: "Decide by the policy of the ancestor; `tgefd` is its document without the data." });
export type TgefdRequest = z.infer<typeof tgefdRequest>;

/** Whether a document asks for the policy of the ancestor, as its own document or as a request of schema version 2. */
export function asksForTgefd(document: object): boolean {
  if (isTgefdConfig(document)) return true;
  const decision: unknown = "decision" in document ? document.decision : undefined;
  return typeof decision === "object" && decision !== null && "method" in decision && decision.method === "tgefd-v1";
}

/** Whether a document is one of the ancestor, which it answers with its own document too. */
export function isTgefdConfig(document: object): boolean {
  return "tgefd_config_version" in document;
}

/** Reads either form. Throws what `parseDocument` and `readTgefd` throw. */
export function parseTgefd(document: object): TgefdRequest {
  return isTgefdConfig(document) ? upcast(document) : parseDocument(tgefdRequest, document);
}

/** Makes a request of schema version 2 out of a document of the ancestor (payload schema version 1). */
function upcast(sent: object): TgefdRequest {
  const { document, data } = readTgefd(sent);
  const wallTime = document.compute_budget.max_request_wall_time_sec;
  const budget = wallTime === null ? undefined : { deadline_seconds: Math.min(MAX_DEADLINE_SECONDS, Math.ceil(wallTime)) };
  const rest = envelope.parse({ decision: { method: "tgefd-v1" }, tgefd: document, ...(budget && { budget }) });
  const dataset: DatasetSource =
    "uri" in data ? { source: "uri", uri: data.uri, missing: "refuse" } : { source: "inline", columns: data.columns };
  return { ...rest, dataset };
}

/**
 * The noise profile of a run: that of the document, or one level of 0 with one trial for evaluate, for mode validate
 * and where noise is off.
 */
export function noiseOf({ run, noise }: TgefdDocument, kind: Kind): NonNullable<TgefdDocument["noise"]> {
  const profile = kind === "evaluate" || run.mode === "validate" || !noise?.enabled ? { levels: [0], trials_per_level: 1 } : noise;
  return { enabled: true, type: "gaussian", levels: profile.levels, trials_per_level: profile.trials_per_level };
}
