import { proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { Swept } from "../contract/flow.ts";

/** The server's index can lag behind; what it shows up to this much later is still found. */
const OVERLAP_MS = 3_600_000;

const { sweepDeadLetters } = proxyActivities<Activities>({
  startToCloseTimeout: "10 minutes",
  heartbeatTimeout: "30 seconds",
  retry: { maximumAttempts: 3 },
});

/** Looks after what the workflows of jobs could not do themselves, because the server or an operator ended them. */
export async function sweep(): Promise<Swept> {
  const began = Date.now();
  const last = workflowInfo().lastResult as Swept | undefined;
  await sweepDeadLetters(last === undefined ? null : new Date(Date.parse(last.began_at) - OVERLAP_MS).toISOString());
  return { began_at: new Date(began).toISOString() };
}
