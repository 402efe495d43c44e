import { isErrorCode } from "../../contract/errors.ts";
import type { Member } from "../../contract/job.ts";
import { shardId } from "../../contract/names.ts";
import type { PendingActivity, Snapshot } from "../temporal/snapshot.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { type Descendants, descendantsIn, isShard, type ScheduledActivity } from "./descendants.ts";
import { isBusy, triesOf } from "./status.ts";
import type { JobView } from "./view.ts";

/** Shards whose state is read at the same time. */
const PARALLEL = 8;

/** Events that are read of one workflow. A job of 64 shards has about 900. */
const MAX_EVENTS = 2_000;

type State = Member["state"];

/** The job, its shards and their activities, each with what has become of it. A state that says of one that it has ended is final. */
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
  const told = await toldOf(temporal, snapshot);
  const planned = Array.from({ length: memo.shards ?? 0 }, (_, index) => shardId(jobId, index, memo.run));
  const shards = [...new Set([...planned, ...[...told.children.keys()].filter(isShard)])];
  // What the job neither started nor will start went with it.
  const unseen: State = snapshot.closedAt === undefined ? "waiting" : "cancelled";
  const theirs: Member[][] = [];
  for (let from = 0; from < shards.length; from += PARALLEL) {
    const some = shards.slice(from, from + PARALLEL);
    theirs.push(...(await Promise.all(some.map((id) => shardMembers(temporal, id, told.children.get(id) ?? unseen)))));
  }
  return [root, ...activitiesOf(told, snapshot), ...theirs.flat()];
}

/** A shard and its activities. Of one that the server does not know, the job's own history knows more, or nothing happened. */
async function shardMembers(temporal: Temporal, id: string, otherwise: State): Promise<Member[]> {
  const snapshot = await temporal.describe(id);
  const shard = { id, type: "shard", name: id.slice(id.lastIndexOf(".") + 1) } as const;
  if (!snapshot) return [{ ...shard, state: otherwise, attempts: 0, error: null }];
  const activities = activitiesOf(await toldOf(temporal, snapshot), snapshot);
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

async function toldOf(temporal: Temporal, { workflowId, runId }: Snapshot): Promise<Descendants> {
  return descendantsIn(await temporal.events(workflowId, runId, MAX_EVENTS), workflowId);
}

/** The activities of a workflow: those that have ended from its history, which is read last, the others from its description. */
function activitiesOf({ activities }: Descendants, snapshot: Snapshot): Member[] {
  const { workflowId, cancelRequested } = snapshot;
  const pending = new Map(snapshot.activities.map((activity) => [`${workflowId}/${activity.id}`, activity]));
  return activities.map((told) => {
    if (told.member.state !== "queued") return told.member;
    const open = pending.get(told.member.id);
    return open ? pendingMember(open, told.member, cancelRequested) : withoutEnd(told, snapshot);
  });
}

/**
 * An activity that was still open when its workflow closed went with it. Its worker hears of that with its next heartbeat,
 * so only after the time that the server allows between two is it sure to be silent.
 */
function withoutEnd({ member, heartbeatTimeoutMs }: ScheduledActivity, { closedAt, execution }: Snapshot): Member {
  if (closedAt === undefined || member.state !== "queued") return member;
  if (Date.now() < closedAt + heartbeatTimeoutMs) return { ...member, state: "cancelling" };
  return { ...member, state: execution === "timed_out" ? "timed_out" : "cancelled" };
}

function pendingMember(activity: PendingActivity, member: Member, cancelling: boolean): Member {
  const { lastFailure, nextAttemptAt } = activity;
  const waiting = nextAttemptAt !== undefined && nextAttemptAt > Date.now() ? "backoff" : "queued";
  return {
    ...member,
    state: cancelling ? "cancelling" : isBusy(activity) ? "running" : waiting,
    attempts: triesOf(activity),
    error: isErrorCode(lastFailure) ? lastFailure : null,
  };
}
