import { millisOf } from "../temporal/decode.ts";
import type { HistoryEvent } from "../temporal/history.ts";
import { iso } from "./body.ts";

export interface Wait {
  reason: string;
  since: string;
  until: string | null;
  seconds: number;
}

/** Shorter waits are the server's own pace. */
const MIN_WAIT_MS = 100;

const MAX_WAITS = 100;

/** The past waits of a job: how long each of its tasks lay in a queue, and how long failed attempts held one up. */
export function waitsOf(events: readonly HistoryEvent[]): Wait[] {
  const scheduledAt = new Map<string, number>();
  const waits: Wait[] = [];
  for (const event of events) {
    const at = millisOf(event.eventTime) ?? 0;
    if (event.workflowTaskScheduledEventAttributes || event.activityTaskScheduledEventAttributes)
      scheduledAt.set(String(event.eventId), at);
    const task = event.workflowTaskStartedEventAttributes ?? event.activityTaskStartedEventAttributes;
    const since = task && scheduledAt.get(String(task.scheduledEventId));
    if (since === undefined || since === null || at - since < MIN_WAIT_MS) continue;
    // The history has the start of the last attempt only, so the time until then includes the attempts before it.
    const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
    waits.push({ reason: attempt > 1 ? "backoff" : "queued", since: iso(since), until: iso(at), seconds: (at - since) / 1_000 });
  }
  return waits.slice(-MAX_WAITS);
}
