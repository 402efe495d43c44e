import { expect, test } from "vitest";
import { spentIn, type TimedEvent } from "../../src/contract/spent.ts";

const at = (milliseconds: number) => ({ seconds: Math.floor(milliseconds / 1_000), nanos: (milliseconds % 1_000) * 1_000_000 });
const retryPolicy = { initialInterval: at(500), backoffCoefficient: 3, maximumInterval: at(10_000), maximumAttempts: 5 };

/** The three events of an activity, of which all that the history does not have are left out. */
function activity(
  id: number,
  name: string,
  times: { scheduled: number; started?: number; attempt?: number; completed?: number },
): TimedEvent[] {
  const { scheduled, started, attempt = 1, completed } = times;
  return [
    {
      eventId: id,
      eventTime: at(scheduled),
      activityTaskScheduledEventAttributes: { activityId: String(id), activityType: { name }, retryPolicy },
    },
    ...(started === undefined ? [] : [{ eventTime: at(started), activityTaskStartedEventAttributes: { scheduledEventId: id, attempt } }]),
    ...(completed === undefined ? [] : [{ eventTime: at(completed), activityTaskCompletedEventAttributes: { scheduledEventId: id } }]),
  ];
}

test("a job in one activity waits in line, computes and is done", () => {
  const events = activity(5, "discover", { scheduled: 100, started: 400, completed: 1_000 });
  expect(spentIn([{ events, open: [] }], { from: 0, to: 1_100 })).toEqual({ queued: 0.5, computing: 0.6, backoff: 0, storage: 0 });
});

test("a third attempt comes after two pauses of the retry policy", () => {
  const events = activity(5, "discover", { scheduled: 0, started: 2_300, attempt: 3, completed: 2_500 });
  expect(spentIn([{ events, open: [] }], { from: 0, to: 2_500 })).toEqual({ queued: 0, computing: 0.5, backoff: 2, storage: 0 });
});

test("what happens at once counts once: work before moving data before pauses before the line", () => {
  const job = { events: activity(5, "prepare", { scheduled: 0, started: 100, completed: 300 }), open: [] };
  const first = { events: activity(5, "searchShard", { scheduled: 300, started: 400, completed: 900 }), open: [] };
  const second = {
    events: activity(5, "searchShard", { scheduled: 300 }),
    open: [{ id: "5", attempt: 2, lastStartedAt: undefined, lastEndedAt: 500, nextAttemptAt: 1_000 }],
  };
  const spent = spentIn([job, first, second], { from: 0, to: 1_200 });
  expect(spent).toEqual({ queued: 0.3, computing: 0.6, backoff: 0.1, storage: 0.2 });
});

test("an activity whose time ran out while nobody took it was in line, and one that had failed was in a pause", () => {
  const timedOut = (failure: object): TimedEvent => ({
    eventTime: at(3_000),
    activityTaskTimedOutEventAttributes: { scheduledEventId: 5, failure },
  });
  const events = activity(5, "discover", { scheduled: 0 });
  const span = { from: 0, to: 3_000 };
  expect(spentIn([{ events: [...events, timedOut({})], open: [] }], span)).toMatchObject({ queued: 3, backoff: 0 });
  expect(spentIn([{ events: [...events, timedOut({ cause: {} })], open: [] }], span)).toMatchObject({ queued: 1, backoff: 2 });
});

test("the parts always sum to the whole", () => {
  for (let seed = 1; seed < 200; seed += 1) {
    const pick = (index: number) => (seed * 7_919 + index * 104_729) % 5_000;
    const events = [0, 1, 2, 3].flatMap((index) => {
      const [scheduled = 0, started = 0, completed = 0] = [pick(index), pick(index + 10), pick(index + 20)].sort((a, b) => a - b);
      return activity(index + 1, index % 2 ? "prepare" : "judge", { scheduled, started, completed, attempt: 1 + (seed % 4) });
    });
    const { queued, computing, backoff, storage } = spentIn([{ events, open: [] }], { from: 500, to: 4_500 });
    expect(queued + computing + backoff + storage).toBeCloseTo(4, 9);
  }
});
