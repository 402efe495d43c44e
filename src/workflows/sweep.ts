import { patched, proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { AuditWindow, Swept } from "../contract/flow.ts";
import { AUDIT_WINDOW_MS } from "../contract/names.ts";

/** The server's index can lag behind; what it shows up to this much later is still found. */
const OVERLAP_MS = 3_600_000;

/** The life of jobs is recorded when it is this old: earlier, the server's index may not know all of it. */
const AUDIT_LAG_MS = 10_000;

/** And looked at once more when it is this old, for what an index that lags far behind showed later. */
const LATE_AUDIT_LAG_MS = 3_600_000;

/** Longest span that one sweep records. After days without a worker it takes several to catch up: one alone might never end in time. */
const MOST_AUDITED_MS = 2 * 3_600_000;

const { sweepDeadLetters, auditJobs } = proxyActivities<Activities>({
  startToCloseTimeout: "10 minutes",
  heartbeatTimeout: "30 seconds",
  retry: { maximumAttempts: 3 },
});

/** Looks after what the workflows of jobs could not do themselves, because the server or an operator ended them, and records what became of all. */
export async function sweep(): Promise<Swept> {
  const began = Date.now();
  const last = workflowInfo().lastResult as Swept | undefined;
  await sweepDeadLetters(last === undefined ? null : new Date(Date.parse(last.began_at) - OVERLAP_MS).toISOString());
  const swept: Swept = { began_at: new Date(began).toISOString() };
  if (!patched("audit")) return swept;
  const first = spanOf(last?.audited_to ?? began - OVERLAP_MS, began - AUDIT_LAG_MS);
  await auditJobs(first);
  swept.audited_to = first.to;
  if (!patched("audit-again")) return swept;
  const again = spanOf(last?.audited_again_to ?? Date.parse(first.from) - LATE_AUDIT_LAG_MS, began - LATE_AUDIT_LAG_MS);
  await auditJobs(again);
  swept.audited_again_to = again.to;
  return swept;
}

/** Whole windows from where the last sweep ended to the latest that is old enough. */
function spanOf(from: string | number, latest: number): AuditWindow {
  const start = new Date(from).getTime();
  const to = Math.min(latest, start + MOST_AUDITED_MS);
  return { from: windowOf(start), to: windowOf(to) };
}

function windowOf(time: number): string {
  return new Date(Math.floor(time / AUDIT_WINDOW_MS) * AUDIT_WINDOW_MS).toISOString();
}
