import type { Summary } from "./flow.ts";

/** What is stored of a finished job, so that a later one with the same request can be answered from it. */
export interface StoredSummary {
  job_id: string;
  summary: Summary;
}

/** The stored bytes as a summary; `undefined` if they are damaged, which costs the shortcut and not the job. */
export function summaryIn(bytes: Uint8Array | undefined): StoredSummary | undefined {
  if (!bytes) return undefined;
  try {
    const stored: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isStored(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

function isStored(value: unknown): value is StoredSummary {
  if (typeof value !== "object" || value === null || !("job_id" in value && "summary" in value)) return false;
  return typeof value.job_id === "string" && typeof value.summary === "object" && value.summary !== null;
}
