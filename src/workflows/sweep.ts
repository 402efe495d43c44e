import { patched, proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { Swept } from "../contract/flow.ts";
import { AUDIT_WINDOW_MS } from "../contract/names.ts";

/** The server's index can lag behind; what it shows up to this much later is still found. */
const OVERLAP_MS = 3_600_000;

/** The life of jobs is recorded up to this long ago: later, the server's index may not know all of it. */
const AUDIT_LAG_MS = 10_000;

/** Longest span that one sweep records. */
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
  const from = last?.audited_to === undefined ? began - OVERLAP_MS : Date.parse(last.audited_to);
  // After days without a worker it takes several sweeps to catch up: one alone might never end in time.
  const until = Math.min(began - AUDIT_LAG_MS, from + MOST_AUDITED_MS);
  const to = new Date(Math.floor(until / AUDIT_WINDOW_MS) * AUDIT_WINDOW_MS).toISOString();
  if (patched("audit")) await auditJobs({ from: new Date(from).toISOString(), to });
  return { began_at: new Date(began).toISOString(), audited_to: to };
}
