import { isCancellation, log, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { NarrativeInput, Summary, Ticket } from "../contract/flow.ts";
import { OUTBOUND_QUEUE } from "../contract/names.ts";

const SECOND = 1_000;

/** An endpoint is asked for at most 8 s; the rest is for the queue and the store. */
const WORDED = 10 * SECOND;

/** The text of the template needs the store alone. */
const PLAIN = 4 * SECOND;

/** What is left to the deadline then is for the end of the job, whose result is there already. */
const CLOSING = 3 * SECOND;

export interface Narratable extends Ticket {
  request: { narrative?: boolean | undefined };
}

/**
 * The summary with a narrative among its artifacts, if the request asks for one. The job waits for it for a quarter of a
 * minute at most, never past its deadline, and ends without it where it cannot be had.
 */
export async function narrated({ job_id, tenant, deadline_at, request }: Narratable, summary: Summary): Promise<Summary> {
  const result = summary.artifacts.find(({ name }) => name === "result.json");
  if (!request.narrative || !result) return summary;
  const input: NarrativeInput = { job_id, tenant, result };
  const worded = () => {
    const { narrative } = proxyActivities<Activities>({
      taskQueue: OUTBOUND_QUEUE,
      scheduleToCloseTimeout: withinDeadline(WORDED),
      retry: { initialInterval: 500, maximumAttempts: 3 },
    });
    return narrative(input);
  };
  const plain = () => {
    const { narrative } = proxyLocalActivities<Activities>({
      scheduleToCloseTimeout: withinDeadline(PLAIN),
      retry: { initialInterval: 500, maximumAttempts: 3 },
    });
    return narrative({ ...input, plain: "the text was not ready in time" });
  };
  try {
    const artifact = await worded().catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      return plain();
    });
    return { ...summary, artifacts: [...summary.artifacts, artifact] };
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn("no narrative", { job_id, error });
    return summary;
  }

  function withinDeadline(millis: number): number {
    return Math.max(Math.min(millis, deadline_at - CLOSING - Date.now()), 1);
  }
}
