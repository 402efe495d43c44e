import type { Summary } from "./flow.ts";
import { seal, unseal } from "./seal.ts";

/** What is stored of a finished job, so that a later one with the same request can be answered from it. */
export interface StoredSummary {
  job_id: string;
  summary: Summary;
}

/** The stored bytes as a summary; `undefined` if they are damaged, which costs the shortcut and not the job. */
export function summaryIn(bytes: Uint8Array | undefined): StoredSummary | undefined {
  const text = bytes && unseal(bytes);
  if (text === undefined) return undefined;
  const stored: unknown = JSON.parse(text);
  return isStored(stored) ? stored : undefined;
}

export function encodeSummary(stored: StoredSummary): Uint8Array {
  return seal(JSON.stringify(stored));
}

function isStored(value: unknown): value is StoredSummary {
  if (typeof value !== "object" || value === null || !("job_id" in value && "summary" in value)) return false;
  return typeof value.job_id === "string" && typeof value.summary === "object" && value.summary !== null;
}
