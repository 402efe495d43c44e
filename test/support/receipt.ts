import type { Client } from "@temporalio/client";
import type { Member } from "../../src/contract/job.ts";

type State = Member["state"];

/** What the server's histories say of a job, a shard or an activity. Times are milliseconds since the epoch. */
export interface Fact {
  since: number;
  end?: { state: State; at: number };
}

const OVER: readonly State[] = ["succeeded", "failed", "cancelled", "timed_out"];

/** Of a job and everything below it, by id. Read from the histories by other means than the gateway's. */
export async function factsOf(client: Client, workflowId: string): Promise<Map<string, Fact>> {
  const facts = new Map<string, Fact>();
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const activities = new Map<string, Fact>();
  const shards: string[] = [];
  for (const event of events ?? []) {
    const at = Number(event.eventTime?.seconds ?? 0) * 1_000 + Math.floor((event.eventTime?.nanos ?? 0) / 1e6);
    if (event.workflowExecutionStartedEventAttributes) facts.set(workflowId, { since: at });
    const own = facts.get(workflowId);
    if (!own) throw new Error(`the history of ${workflowId} does not begin with its start`);
    if (event.workflowExecutionCompletedEventAttributes) own.end = { state: "succeeded", at };
    if (event.workflowExecutionCanceledEventAttributes) own.end = { state: "cancelled", at };
    if (event.workflowExecutionTimedOutEventAttributes) own.end = { state: "timed_out", at };
    if (event.workflowExecutionTerminatedEventAttributes) own.end = { state: "failed", at };
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) {
      const late = failed.failure?.applicationFailureInfo?.type === "deadline_exceeded";
      own.end = { state: late ? "timed_out" : "failed", at };
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const fact: Fact = { since: at };
      activities.set(String(event.eventId), fact);
      facts.set(`${workflowId}/${scheduled.activityId}`, fact);
    }
    const ends = [
      [event.activityTaskCompletedEventAttributes, "succeeded"],
      [event.activityTaskFailedEventAttributes, "failed"],
      [event.activityTaskTimedOutEventAttributes, "timed_out"],
      [event.activityTaskCanceledEventAttributes, "cancelled"],
    ] as const;
    for (const [end, state] of ends) {
      const activity = end && activities.get(String(end.scheduledEventId));
      if (activity) activity.end = { state, at };
    }
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId;
    if (child?.includes(".shard-")) shards.push(child);
  }
  for (const shard of shards) for (const [id, fact] of await factsOf(client, shard)) facts.set(id, fact);
  return facts;
}

/**
 * What a receipt says that is not so: a descendant that it leaves out or makes up, an end that did not come or was another,
 * an end before it was asked for that it does not know, and threads at work for what it says has ended.
 */
export function contradictions(
  receipt: { askedAt: number; members: readonly Member[] },
  facts: ReadonlyMap<string, Fact>,
  computing: number,
): string[] {
  const { askedAt, members } = receipt;
  const listed = new Map(members.map((member) => [member.id, member]));
  const missing = [...facts].filter(([id, { since }]) => since < askedAt && !listed.has(id)).map(([id]) => `${id} is not listed`);
  const wrong = members.flatMap(({ id, state, attempts }) => {
    const fact = facts.get(id);
    // What was planned and never started has no history.
    if (!fact)
      return attempts === 0 && (state === "waiting" || state === "cancelled") ? [] : [`${id} is ${state}, but there is no such thing`];
    const isOver = OVER.includes(state);
    if (isOver && fact.end?.state !== state) return [`${id} is said to be ${state}, but it is ${fact.end?.state ?? "open"}`];
    if (!isOver && fact.end && fact.end.at < askedAt) return [`${id} is said to be ${state}, but had ${fact.end.state} before`];
    return [];
  });
  const open = members.filter(({ type, state }) => type === "activity" && !OVER.includes(state)).length;
  const silent = computing > open ? [`${computing} tasks are computed, but only ${open} activities are said to be open`] : [];
  return [...missing, ...wrong, ...silent];
}
