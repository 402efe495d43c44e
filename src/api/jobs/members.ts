import { isErrorCode } from "../../contract/errors.ts";
import type { Member } from "../../contract/job.ts";
import { shardId } from "../../contract/names.ts";
import type { HistoryEvent } from "../temporal/history.ts";
import type { PendingActivity, Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { isBusy, triesOf } from "./status.ts";
import type { JobView } from "./view.ts";

/** Shards whose state is read at the same time. */
const PARALLEL = 8;

/** Events that are read of one workflow. A job of 64 shards has about 900. */
const MAX_EVENTS = 2_000;

type State = Member["state"];

/** The job, its shards and their activities, each with what has become of it. */
export async function membersOf(temporal: Temporal, view: JobView, snapshot: Snapshot): Promise<Member[]> {
  const { jobId, memo } = view;
  const root: Member = {
    id: jobId,
    type: "job",
    name: memo.kind,
    state: view.status,
    attempts: view.attempts,
    error: view.error?.code ?? null,
  };
  const shards = Array.from({ length: memo.shards ?? 0 }, (_, index) => shardId(jobId, index, memo.run));
  const own = await activitiesOf(temporal, snapshot);
  const ended = snapshot.closedAt !== undefined;
  const theirs: Member[][] = [];
  for (let from = 0; from < shards.length; from += PARALLEL) {
    theirs.push(...(await Promise.all(shards.slice(from, from + PARALLEL).map((id) => shardMembers(temporal, id, ended)))));
  }
  return [root, ...own, ...theirs.flat()];
}

/** A shard and its activities. One that the job never started waits, or was cancelled with the job. */
async function shardMembers(temporal: Temporal, id: string, jobEnded: boolean): Promise<Member[]> {
  const snapshot = await temporal.describe(id);
  const shard = { id, type: "shard", name: id.slice(id.lastIndexOf(".") + 1) } as const;
  if (!snapshot) return [{ ...shard, state: jobEnded ? "cancelled" : "waiting", attempts: 0, error: null }];
  const activities = await activitiesOf(temporal, snapshot);
  const failed = activities.find(({ error }) => error !== null);
  return [
    {
      ...shard,
      state: stateOf(snapshot, activities),
      attempts: Math.max(0, ...activities.map(({ attempts }) => attempts)),
      error: failed?.error ?? null,
    },
    ...activities,
  ];
}

function stateOf(snapshot: Snapshot, activities: Member[]): State {
  const { execution } = snapshot;
  if (execution === "completed") return "succeeded";
  if (execution === "terminated") return "failed";
  if (execution === "failed" || execution === "cancelled" || execution === "timed_out") return execution;
  if (snapshot.cancelRequested) return "cancelling";
  return activities.at(-1)?.state ?? "queued";
}

/** The activities of a workflow: those that have ended from its history, the others from its description. */
async function activitiesOf(temporal: Temporal, snapshot: Snapshot): Promise<Member[]> {
  const { workflowId, runId } = snapshot;
  const members = new Map<string, Member>();
  for (const event of await temporal.events(workflowId, runId, MAX_EVENTS)) record(members, event, workflowId);
  const pending = snapshot.activities.map((activity) => pendingMember(activity, workflowId, snapshot.cancelRequested));
  const ids = new Set(pending.map(({ id }) => id));
  // What was neither ended nor pending when its workflow closed went with it.
  const closed = [...members.values()].filter(({ id }) => !ids.has(id)).map((member) => closedWith(member, snapshot));
  return [...closed, ...pending];
}

function closedWith(member: Member, { closedAt, execution }: Snapshot): Member {
  if (closedAt === undefined || member.state !== "queued") return member;
  return { ...member, state: execution === "timed_out" ? "timed_out" : "cancelled" };
}

function pendingMember(activity: PendingActivity, workflowId: string, cancelling: boolean): Member {
  const { id, type, lastFailure, nextAttemptAt } = activity;
  const waiting = nextAttemptAt !== undefined && nextAttemptAt > Date.now() ? "backoff" : "queued";
  return {
    id: `${workflowId}/${id}`,
    type: "activity",
    name: type,
    state: cancelling ? "cancelling" : isBusy(activity) ? "running" : waiting,
    attempts: triesOf(activity),
    error: isErrorCode(lastFailure) ? lastFailure : null,
  };
}

/** Folds one event into the members, which are found by the number of the event that scheduled them. */
function record(members: Map<string, Member>, event: HistoryEvent, workflowId: string): void {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const id = `${workflowId}/${scheduled.activityId ?? ""}`;
    members.set(String(event.eventId), {
      id,
      type: "activity",
      name: scheduled.activityType?.name ?? "",
      state: "queued",
      attempts: 0,
      error: null,
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
    const member = members.get(String(scheduledEventId));
    if (member) Object.assign(member, change);
  }
}
