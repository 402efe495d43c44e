import type { Job } from "../../contract/job.ts";
import { QUEUES, type Status } from "../../contract/names.ts";
import { dealtWith, REMEDIES } from "../../contract/wording.ts";
import type { Letter } from "../dead-letters/letters.ts";
import type { Queues } from "../temporal/queues.ts";
import type { PendingActivity, Snapshot } from "../temporal/snapshot.ts";
import type { QueueState } from "../temporal/temporal.ts";
import { iso } from "./body.ts";
import { isBusy } from "./status.ts";
import type { JobView } from "./view.ts";

/** How long a task must have waited for the count of its queue to be told. */
const COUNTED_MS = 1_000;

/** Why a job is where it is. Times are milliseconds since the epoch. */
export interface Reason {
  reason: "finished" | "running" | "cancelling" | "no_worker" | "delayed" | "queued" | "backoff" | "paused";
  since: number | undefined;
  detail: string;
  /** What has to move first, as `kind:name`. */
  blockedBy: string | null;
  action: string;
  queue: QueueState | null;
  /** When the pause ends that the job is in, if that is known. */
  until?: number;
}

/** How an ended job ended, and what to do about it. `letter` is its dead letter, if it has one. */
export function finished({ status, error, finishedAt }: JobView, letter: Letter | undefined): Reason {
  const why = error ? ` ${error.message} (${error.code})` : "";
  return plain("finished", finishedAt ?? undefined, `The job has ended: ${status}.${why}`, action());

  function action(): string {
    if (status === "succeeded") return "Read its result.";
    if (status === "cancelled") return "Run it once more, if need be; no completed shard is computed again.";
    if (!letter) return "Run it once more, if need be; its dead letter comes within about a minute.";
    return letter.resolution ? dealtWith(letter.resolution) : REMEDIES[letter.facts.reason];
  }
}

/** Finds what an open job waits for, from its description and the queue that holds its next task. */
export async function reasonOf(snapshot: Snapshot, status: Status, queues: Queues): Promise<Reason> {
  const { activities, openChildren, workflowTask, startedAt, dueAt } = snapshot;
  if (snapshot.execution === "paused" || (activities.length > 0 && activities.every(({ state }) => state === "PAUSED"))) {
    const action = "Unpause it with the temporal command or in its Web UI, or cancel the job.";
    return { ...plain("paused", undefined, "An operator paused the job.", action), blockedBy: "operator:pause" };
  }
  const blocked = await blockOf();
  if (status !== "cancelling") return blocked;
  // What the job waits for matters to a cancellation only if nobody is there to deliver it.
  const detail = blocked.reason === "no_worker" ? `Cancellation was requested. ${blocked.detail}` : "Its work is being stopped.";
  const action = blocked.reason === "no_worker" ? blocked.action : "Wait; this takes moments.";
  return { ...blocked, reason: "cancelling", detail, action, blockedBy: blocked.reason === "no_worker" ? blocked.blockedBy : null };

  async function blockOf(): Promise<Reason> {
    const busy = activities.find(isBusy);
    if (workflowTask && !workflowTask.started) {
      const queue = await queues.state(QUEUES.control, "workflow");
      // What is computed goes on while somebody is there to decide what follows; only a cancellation waits for the decision.
      const goesOn = (busy !== undefined || openChildren.length > 0) && queue.pollers > 0 && status !== "cancelling";
      if (!goesOn) return inQueue(queue, workflowTask.scheduledAt ?? startedAt, status === "queued" ? "It" : "Its next step");
    }
    if (busy)
      return plain("running", busy.lastStartedAt, `${busy.type} is at work, attempt ${busy.attempt}.`, "Wait, or follow its events.");
    const [next] = activities;
    if (next) return waitingActivity(next);
    if (openChildren.length > 0) {
      const queue = await queues.state(QUEUES.heavy, "activity");
      if (queue.pollers === 0) return inQueue(queue, startedAt, "A shard");
      return { ...plain("running", startedAt, `${openText(openChildren.length)}.`, "Wait, or look at its tree."), queue };
    }
    if (!workflowTask && dueAt > Date.now()) {
      const delayed = plain("delayed", startedAt, `Its start is delayed until ${iso(dueAt)}.`, "Wait, or cancel the job.");
      return { ...delayed, until: dueAt };
    }
    return plain("running", workflowTask?.scheduledAt ?? startedAt, "A worker decides what comes next.", "Wait.");
  }

  async function waitingActivity(activity: PendingActivity): Promise<Reason> {
    const { nextAttemptAt, attempt, maxAttempts, lastFailure, type } = activity;
    if (nextAttemptAt !== undefined && nextAttemptAt > Date.now()) {
      const detail = `Attempt ${attempt - 1} of ${type} failed (${lastFailure ?? "unknown"}); attempt ${attempt} of ${maxAttempts} begins at ${iso(nextAttemptAt)}.`;
      const action = "Wait for the next attempt, or cancel the job.";
      return { ...plain("backoff", activity.lastEndedAt, detail, action), blockedBy: `activity:${type}`, until: nextAttemptAt };
    }
    return inQueue(await queues.state(activity.queue || QUEUES.control, "activity"), activity.scheduledAt, `Attempt ${attempt} of ${type}`);
  }
}

/**
 * The reason of a job whose shards are open, which is all that it knows of them, by what each of them tells: if none is at
 * work, the reason of one.
 */
export async function ofShards(told: Reason, shards: readonly Snapshot[], queues: Queues): Promise<Reason> {
  const open = openText(shards.length);
  const busy = shards.filter(({ activities }) => activities.some(isBusy)).length;
  if (busy > 0) return { ...told, detail: `${open}, ${busy} of them at work.` };
  const [idle] = shards.toSorted((one, other) => other.activities.length - one.activities.length);
  if (!idle) return told;
  const reason = await reasonOf(idle, "running", queues);
  return { ...reason, detail: `${open}, none of them at work. Of the first: ${reason.detail}` };
}

function openText(shards: number): string {
  return shards === 1 ? "1 shard is open" : `${shards} shards are open`;
}

/** `what` is in line. */
function inQueue(queue: QueueState, since: number | undefined, what: string): Reason {
  const blockedBy = `queue:${queue.name}`;
  const pool = queue.name.replace("orrery-", "");
  if (queue.pollers === 0) {
    // A server that has just started has not met its workers yet.
    const detail = `The server knows of no worker for ${queue.name} at present; it learns of one when that asks for work.`;
    return { reason: "no_worker", since, detail, blockedBy, action: `Start a worker for the pool ${pool}, or cancel the job.`, queue };
  }
  return {
    reason: "queued",
    since,
    detail: queuedDetail(queue, since, what),
    blockedBy,
    action: `Wait, or add workers for the pool ${pool}.`,
    queue,
  };
}

/** The server's count lags, so of a task that has just come it says nothing. */
function queuedDetail({ name, backlog }: QueueState, since: number | undefined, what: string): string {
  if (backlog <= 0 || Date.now() - (since ?? 0) < COUNTED_MS) return `${what} is in line for a worker.`;
  return `${what} waits on ${name}, where about ${backlog === 1 ? "1 task waits" : `${backlog} tasks wait`}.`;
}

function plain(reason: Reason["reason"], since: number | undefined, detail: string, action: string): Reason {
  return { reason, since, detail, blockedBy: null, action, queue: null };
}

/** The part of a reason that a job body shows: only while something other than its own work holds the job up. */
export function waitingOf({ reason, since, detail, blockedBy }: Reason): Job["waiting"] {
  if (reason === "finished" || reason === "running" || (reason === "cancelling" && blockedBy === null)) return null;
  return { reason, since: since === undefined ? null : iso(since), detail, blocked_by: blockedBy };
}
