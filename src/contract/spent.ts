/** Where the time of a run went, in seconds to the millisecond. The parts sum to the whole of it. */
export interface Spent {
  /** Waiting for a worker. */
  queued: number;
  /** An attempt was at work; in a job of many shards, on any of them. What an attempt reads and publishes is part of it. */
  computing: number;
  /** Pauses between attempts. */
  backoff: number;
  /** Fetching the dataset and putting it into the store. */
  storage: number;
}

type Part = keyof Spent;

/** In the order in which they count when several things happen at once. */
const PARTS = ["computing", "storage", "backoff"] as const;

/** Activities that only move data. */
const MOVERS: readonly string[] = ["fetchDataset", "prepare"];

interface Integer {
  toString(): string;
}
type Maybe<T> = T | null | undefined;
type Time = Maybe<{ seconds?: Maybe<Integer>; nanos?: Maybe<number> }>;
type Of = Maybe<{ scheduledEventId?: Maybe<Integer> }>;

/** What is read of an event of a history, in the protocol's own names. */
export interface TimedEvent {
  eventId?: Maybe<Integer>;
  eventTime?: Time;
  workflowTaskStartedEventAttributes?: Maybe<object>;
  workflowTaskCompletedEventAttributes?: Maybe<object>;
  workflowTaskFailedEventAttributes?: Maybe<object>;
  workflowTaskTimedOutEventAttributes?: Maybe<object>;
  activityTaskScheduledEventAttributes?: Maybe<{
    activityId?: Maybe<string>;
    activityType?: Maybe<{ name?: Maybe<string> }>;
    retryPolicy?: Maybe<{
      initialInterval?: Time;
      backoffCoefficient?: Maybe<number>;
      maximumInterval?: Time;
      maximumAttempts?: Maybe<number>;
    }>;
  }>;
  activityTaskStartedEventAttributes?: Maybe<{ scheduledEventId?: Maybe<Integer>; attempt?: Maybe<number> }>;
  activityTaskCompletedEventAttributes?: Of;
  activityTaskFailedEventAttributes?: Of;
  activityTaskCanceledEventAttributes?: Of;
  activityTaskTimedOutEventAttributes?: Maybe<{ scheduledEventId?: Maybe<Integer>; failure?: Maybe<{ cause?: Maybe<object> }> }>;
}

/** An activity that has not ended, or had not when its workflow did. Times are milliseconds since the epoch. */
export interface OpenActivity {
  id: string;
  attempt: number;
  /** When the attempt at work began; unknown while none is. */
  lastStartedAt: number | undefined;
  /** When the last attempt ended. */
  lastEndedAt: number | undefined;
  /** When the next attempt is due, while the activity waits for it. */
  nextAttemptAt: number | undefined;
}

/** What is read of the server's description of such an activity, in the protocol's own names. */
export interface DescribedActivity {
  activityId?: Maybe<string>;
  attempt?: Maybe<number>;
  lastStartedTime?: Time;
  lastAttemptCompleteTime?: Time;
  nextAttemptScheduleTime?: Time;
}

export function openActivity(described: DescribedActivity): OpenActivity {
  const { activityId, attempt, lastStartedTime, lastAttemptCompleteTime, nextAttemptScheduleTime } = described;
  return {
    id: activityId ?? "",
    attempt: attempt ?? 1,
    lastStartedAt: lastStartedTime ? millisOf(lastStartedTime) : undefined,
    lastEndedAt: lastAttemptCompleteTime ? millisOf(lastAttemptCompleteTime) : undefined,
    nextAttemptAt: nextAttemptScheduleTime ? millisOf(nextAttemptScheduleTime) : undefined,
  };
}

/** A workflow of the run: the job's own, or that of a shard. */
export interface Course {
  events: readonly TimedEvent[];
  open: readonly OpenActivity[];
}

interface Stretch {
  part: Part;
  from: number;
  to: number;
}

interface Activity {
  id: string;
  work: "computing" | "storage";
  scheduledAt: number;
  /** Pauses after the first `failures` failed attempts, in milliseconds. */
  pauses: (failures: number) => number;
  maxAttempts: number;
  /** The last attempt: a history has no other. */
  started?: { at: number; attempt: number };
  endedAt?: number;
  /** Whether an attempt failed before an end that came without one at work. */
  failedBefore: boolean;
}

/**
 * How the time between two instants was spent, in milliseconds since the epoch. Where histories do not say when the earlier
 * attempts of an activity ran, the pauses between them are those of its retry policy and the rest was work.
 */
export function spentIn(courses: readonly Course[], { from, to }: { from: number; to: number }): Spent {
  const stretches = courses
    .flatMap(({ events, open }) => stretchesOf(events, open, to))
    .map((stretch) => ({ ...stretch, from: Math.max(stretch.from, from), to: Math.min(stretch.to, to) }))
    .filter((stretch) => stretch.to > stretch.from);
  const edges = [...new Set([from, to, ...stretches.flatMap((stretch) => [stretch.from, stretch.to])])].sort((a, b) => a - b);
  const spent: Spent = { queued: 0, computing: 0, backoff: 0, storage: 0 };
  for (const [index, edge] of edges.slice(0, -1).entries()) {
    const next = edges[index + 1] ?? edge;
    const here = stretches.filter((stretch) => stretch.from <= edge && stretch.to >= next);
    const part = PARTS.find((each) => here.some((stretch) => stretch.part === each)) ?? "queued";
    spent[part] += next - edge;
  }
  for (const part of Object.keys(spent) as Part[]) spent[part] /= 1_000;
  return spent;
}

function stretchesOf(events: readonly TimedEvent[], open: readonly OpenActivity[], now: number): Stretch[] {
  const activities = new Map<string, Activity>();
  const stretches: Stretch[] = [];
  let deciding: number | undefined;
  for (const event of events) {
    const at = millisOf(event.eventTime);
    if (event.workflowTaskStartedEventAttributes) deciding = at;
    if (
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes
    ) {
      if (deciding !== undefined) stretches.push({ part: "computing", from: deciding, to: at });
      deciding = undefined;
    }
    record(activities, event, at);
  }
  if (deciding !== undefined) stretches.push({ part: "computing", from: deciding, to: now });
  const pending = new Map(open.map((activity) => [activity.id, activity]));
  for (const activity of activities.values()) stretches.push(...courseOf(activity, pending.get(activity.id), now));
  return stretches;
}

function record(activities: Map<string, Activity>, event: TimedEvent, at: number): void {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const policy = scheduled.retryPolicy;
    const first = millisOf(policy?.initialInterval);
    const longest = millisOf(policy?.maximumInterval) || Number.POSITIVE_INFINITY;
    activities.set(String(event.eventId), {
      id: scheduled.activityId ?? "",
      work: MOVERS.includes(scheduled.activityType?.name ?? "") ? "storage" : "computing",
      scheduledAt: at,
      maxAttempts: policy?.maximumAttempts ?? 1,
      pauses(failures) {
        let total = 0;
        let pause = first;
        for (let failure = 0; failure < failures; failure += 1) {
          total += Math.min(pause, longest);
          pause *= policy?.backoffCoefficient ?? 1;
        }
        return total;
      },
      failedBefore: false,
    });
    return;
  }
  const started = event.activityTaskStartedEventAttributes;
  const begun = started && activities.get(String(started.scheduledEventId));
  if (begun) begun.started = { at, attempt: started.attempt ?? 1 };
  const timedOut = event.activityTaskTimedOutEventAttributes;
  const end =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    timedOut;
  const ended = end && activities.get(String(end.scheduledEventId));
  if (!ended) return;
  ended.endedAt = at;
  ended.failedBefore = timedOut?.failure?.cause != null;
}

function courseOf(activity: Activity, open: OpenActivity | undefined, now: number): Stretch[] {
  const { work, scheduledAt, pauses, started } = activity;
  const end = activity.endedAt ?? now;
  if (activity.endedAt === undefined && open) {
    const { attempt, lastStartedAt, lastEndedAt, nextAttemptAt } = open;
    if (lastStartedAt !== undefined) return [...before(lastStartedAt, attempt), { part: work, from: lastStartedAt, to: end }];
    if (lastEndedAt === undefined) return [];
    const resumes = Math.min(nextAttemptAt ?? end, end);
    return [...tried(lastEndedAt, pauses(attempt - 2)), { part: "backoff", from: lastEndedAt, to: resumes }];
  }
  if (started) return [...before(started.at, started.attempt), { part: work, from: started.at, to: end }];
  if (!activity.failedBefore) return [];
  // It ended in a pause, or in line for an attempt that never began.
  let failures = 1;
  while (failures + 1 < activity.maxAttempts && scheduledAt + pauses(failures + 1) <= end) failures += 1;
  return [{ part: "backoff", from: Math.max(scheduledAt, end - pauses(failures)), to: end }];

  /** Until an attempt begins: the first waits in line, a later one follows others and their pauses. */
  function before(at: number, attempt: number): Stretch[] {
    return attempt > 1 ? tried(at, pauses(attempt - 1)) : [];
  }

  function tried(until: number, paused: number): Stretch[] {
    const begins = Math.max(scheduledAt, until - paused);
    return [
      { part: work, from: scheduledAt, to: begins },
      { part: "backoff", from: begins, to: until },
    ];
  }
}

export function millisOf(time: Time): number {
  return time ? Number(time.seconds?.toString() ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000) : 0;
}
