import { isErrorCode } from "../../contract/errors.ts";
import type { Member } from "../../contract/job.ts";
import { millisOf } from "../temporal/decode.ts";
import type { HistoryEvent } from "../temporal/history.ts";

/** What the history of a workflow tells of what it started. */
export interface Descendants {
  /** In the order in which they were scheduled. Those that have not ended are `queued`: their attempts are not in the history. */
  activities: ScheduledActivity[];
  /** What became of each child workflow, by its id; `undefined` while it is open. */
  children: Map<string, Member["state"] | undefined>;
}

export interface ScheduledActivity {
  member: Member;
  /** A worker that hears nothing of an end is given up by the server after this many milliseconds. */
  heartbeatTimeoutMs: number;
}

export function descendantsIn(events: readonly HistoryEvent[], workflowId: string): Descendants {
  /** By the number of the event that scheduled each. */
  const activities = new Map<string, ScheduledActivity>();
  const children: Descendants["children"] = new Map();
  for (const event of events) {
    recordActivity(activities, event, workflowId);
    recordChild(children, event);
  }
  return { activities: [...activities.values()], children };
}

/** A job can have other children, which are not part of its work. */
export function isShard(workflowId: string): boolean {
  return /\.shard-\d+$/.test(workflowId);
}

function recordActivity(activities: Map<string, ScheduledActivity>, event: HistoryEvent, workflowId: string): void {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const id = `${workflowId}/${scheduled.activityId ?? ""}`;
    const name = scheduled.activityType?.name ?? "";
    activities.set(String(event.eventId), {
      member: { id, type: "activity", name, state: "queued", attempts: 0, error: null },
      heartbeatTimeoutMs: millisOf(scheduled.heartbeatTimeout) ?? 0,
    });
    return;
  }
  const started = event.activityTaskStartedEventAttributes;
  if (started) update(started.scheduledEventId, { attempts: started.attempt ?? 1 });
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) update(completed.scheduledEventId, { state: "succeeded" });
  const failed = event.activityTaskFailedEventAttributes;
  if (failed) {
    const code = failed.failure?.applicationFailureInfo?.type;
    update(failed.scheduledEventId, { state: "failed", error: isErrorCode(code) ? code : "internal_error" });
  }
  const timedOut = event.activityTaskTimedOutEventAttributes;
  if (timedOut) update(timedOut.scheduledEventId, { state: "timed_out" });
  const cancelled = event.activityTaskCanceledEventAttributes;
  if (cancelled) update(cancelled.scheduledEventId, { state: "cancelled" });

  function update(scheduledEventId: unknown, change: Partial<Member>): void {
    const activity = activities.get(String(scheduledEventId));
    if (activity) Object.assign(activity.member, change);
  }
}

function recordChild(children: Descendants["children"], event: HistoryEvent): void {
  const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (initiated) children.set(initiated.workflowId ?? "", undefined);
  const ends = [
    [event.childWorkflowExecutionCompletedEventAttributes, "succeeded"],
    [event.childWorkflowExecutionFailedEventAttributes, "failed"],
    [event.childWorkflowExecutionTerminatedEventAttributes, "failed"],
    [event.childWorkflowExecutionTimedOutEventAttributes, "timed_out"],
    [event.childWorkflowExecutionCanceledEventAttributes, "cancelled"],
  ] as const;
  for (const [end, state] of ends) if (end) children.set(end.workflowExecution?.workflowId ?? "", state);
}
