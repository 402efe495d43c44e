import { describe, expect, test } from "vitest";
import type { Entry } from "../../drill/ledger.ts";
import { type Closed, type Findings, judge, type State } from "../../drill/oracle.ts";

type Accepted = Extract<Entry, { event: "accepted" }>;

/** A job that was accepted at midnight, had an hour and took a second. */
function job(job_id: string, status: Closed["status"], more: Partial<Closed> = {}): Closed {
  const spent = { queued: 0.2, computing: 0.7, backoff: 0, storage: 0.1 };
  const times = { created_at: clock("00:00:00"), finished_at: clock("00:00:01"), deadline_at: clock("01:00:00"), spent };
  return { job_id, status, run: 1, attempts: 1, error: null, ...times, ...more };
}

function clock(time: string): string {
  return `2026-01-01T${time}.000Z`;
}

/** Three jobs that succeeded, one of them a document of the ancestor, one that failed and one that was cancelled. */
function sound(): { entries: Entry[]; state: State } {
  const accepted = (key: string, job_id: string, ends: Accepted["ends"], request = key): Accepted => ({
    at: 1,
    event: "accepted",
    key,
    job_id,
    ends,
    code: null,
    request,
    ancestor: false,
  });
  return {
    entries: [
      accepted("k1", "a", ["succeeded"], "same"),
      accepted("k1", "a", ["succeeded"], "same"),
      accepted("k2", "b", ["succeeded"], "same"),
      { ...accepted("k3", "c", ["failed"]), code: "law_not_finite" },
      accepted("k4", "d", ["cancelled"]),
      { ...accepted("k5", "f", ["succeeded"]), ancestor: true },
      { at: 2, event: "seen", job_id: "a", status: "running", run: 1 },
      { at: 3, event: "seen", job_id: "a", status: "succeeded", run: 1 },
      { at: 3, event: "cancelled", job_id: "d", receipt: "cancelled", silent_ms: 20, computing: false, calm: true },
      { at: 3, event: "read", during: "kill the gateway", job_id: "a", status: null, ms: 3 },
      { at: 3, event: "read", during: "freeze Temporal", job_id: "a", status: 503, ms: 3 },
    ],
    state: {
      jobs: [
        job("a", "succeeded"),
        job("b", "succeeded"),
        job("c", "failed", { error: LAW_NOT_FINITE }),
        job("d", "cancelled"),
        job("f", "succeeded"),
      ],
      deadLetters: [{ job_id: "c", run: 1 }],
      artifacts: [
        { job_id: "a", name: "result.json", listed: "11", read: "11" },
        { job_id: "b", name: "result.json", listed: "11", read: "11" },
      ],
      damaged: [],
      runs: new Map([
        ["a", 1],
        ["b", 1],
        ["c", 1],
        ["d", 1],
        ["f", 1],
      ]),
      replays: [{ workflow: "evaluateJob", id: "a", misfit: null }],
    },
  };
}

const STORE_UNAVAILABLE = { code: "store_unavailable", message: "The artifact store is away.", retryable: true, doc: "" } as const;

const LAW_NOT_FINITE = { code: "law_not_finite", message: "The law is not finite.", retryable: false, doc: "" } as const;

/** The end of a job, all of whose time was computing. */
function until(time: string, computing: number): Pick<Closed, "finished_at" | "spent"> {
  return { finished_at: clock(time), spent: { queued: 0, computing, backoff: 0, storage: 0 } };
}

function struck(from: string, to: string): Entry {
  const [began, over] = [from, to].map((time) => Date.parse(clock(time))) as [number, number];
  return { at: over, event: "fault", name: "freeze Temporal", from: began, open: 1, proof: "it was stopped", recovered_ms: 100 };
}

type Sound = ReturnType<typeof sound>;

/** A bug of the service, planted into what was seen or said, and the one finding that must name it. */
const PLANTED: [bug: string, plant: (world: Sound) => void, finding: keyof Findings, named: string][] = [
  ["a job is lost", ({ state }) => void state.jobs.splice(1, 1), "lost", "b"],
  ["a job never ends", ({ state }) => void state.jobs.splice(1, 1, job("b", "running")), "lost", "b"],
  [
    "one key is answered with two jobs",
    ({ entries, state }) => {
      entries.push({ at: 4, event: "accepted", key: "k1", job_id: "e", ends: ["succeeded"], code: null, request: "same", ancestor: false });
      state.jobs.push(job("e", "succeeded"));
      state.runs?.set("e", 1);
    },
    "doubled",
    "k1: a, e",
  ],
  [
    "a job with little time fails over a store that was not away",
    ({ entries, state }) => {
      entries.push({ at: 4, event: "accepted", key: "k7", job_id: "g", ends: ["timed_out"], code: null, request: "k7", ancestor: false });
      state.jobs.push(job("g", "failed", { error: STORE_UNAVAILABLE }));
      state.deadLetters.push({ job_id: "g", run: 1 });
      state.runs?.set("g", 1);
    },
    "wrongEnd",
    "g: failed",
  ],
  ["a job runs twice", ({ state }) => void state.runs?.set("b", 2), "doubled", "b: 2 runs"],
  ["a job exists that nobody asked for", ({ state }) => void state.runs?.set("x", 1), "unasked", "x"],
  [
    "an end changes between two looks",
    ({ entries }) => void entries.push({ at: 4, event: "seen", job_id: "a", status: "failed", run: 1 }),
    "changed",
    "a run 1: succeeded, then failed",
  ],
  [
    "an end goes back to running",
    ({ entries }) => void entries.push({ at: 4, event: "seen", job_id: "a", status: "running", run: 1 }),
    "changed",
    "a run 1: succeeded, then running",
  ],
  [
    "a job that cannot fail is said to have",
    ({ state }) => {
      state.jobs[1] = job("b", "failed");
      state.deadLetters.push({ job_id: "b", run: 1 });
    },
    "wrongEnd",
    "b: failed",
  ],
  [
    "a job fails with another error than it must",
    ({ state }) => {
      const error = { code: "internal_error", message: "The engine failed.", retryable: false, doc: "" } as const;
      state.jobs[2] = job("c", "failed", { error });
    },
    "wrongEnd",
    "c: failed with internal_error",
  ],
  [
    "a terminated job is said to have succeeded",
    ({ entries }) => void entries.push({ at: 4, event: "terminated", job_id: "b" }),
    "wrongEnd",
    "b: succeeded",
  ],
  [
    "an activity is tried once too often",
    ({ state }) => void state.jobs.splice(2, 1, job("c", "failed", { attempts: 6, error: LAW_NOT_FINITE })),
    "overtried",
    "c: 6 attempts",
  ],
  [
    "a worker that stops in order uses up an attempt",
    ({ entries }) => void entries.push({ at: 4, event: "restarted", job_id: "a", gave_up: 0, members: [{ id: "a/1", attempts: 2 }] }),
    "overtried",
    "a/1: 2 attempts, though its workers stopped in order",
  ],
  [
    "a job times out before its deadline",
    ({ entries, state }) => {
      entries.push({ at: 4, event: "accepted", key: "k6", job_id: "e", ends: ["timed_out"], code: null, request: "k6", ancestor: false });
      state.jobs.push(job("e", "timed_out"));
      state.deadLetters.push({ job_id: "e", run: 1 });
      state.runs?.set("e", 1);
    },
    "untimely",
    "e: timed out 3599000 ms early",
  ],
  [
    "a job goes on after its deadline",
    ({ state }) => void state.jobs.splice(0, 1, job("a", "succeeded", { deadline_at: clock("00:00:01"), ...until("00:00:30", 30) })),
    "untimely",
    "a: ended 29000 ms after its deadline",
  ],
  [
    "a fault does not excuse what goes on long after it",
    ({ entries, state }) => {
      state.jobs[0] = job("a", "succeeded", { deadline_at: clock("00:00:01"), ...until("00:00:30", 30) });
      entries.push(struck("00:00:00", "00:00:12"));
    },
    "untimely",
    "a: ended 29000 ms after its deadline",
  ],
  ["a job does not say how its time was spent", ({ state }) => void delete state.jobs[0]?.spent, "unaccounted", "a: nothing is said"],
  [
    "time of a job is counted twice",
    ({ state }) => void state.jobs.splice(0, 1, job("a", "succeeded", { spent: { queued: 1, computing: 1, backoff: 0, storage: 0 } })),
    "unaccounted",
    "a: 2.000 s of 1.000 s",
  ],
  [
    "time of a job is left out",
    ({ state }) => void state.jobs.splice(0, 1, job("a", "succeeded", { ...until("00:00:30", 20) })),
    "unaccounted",
    "a: 20.000 s of 30.000 s",
  ],
  [
    "a receipt says cancelled while a thread computes",
    ({ entries }) =>
      void entries.push({ at: 4, event: "cancelled", job_id: "d", receipt: "cancelled", silent_ms: 90, computing: true, calm: false }),
    "noisy",
    "d: computing, though its receipt says cancelled",
  ],
  [
    "a cancelled job computes on",
    ({ entries }) =>
      void entries.push({ at: 4, event: "cancelled", job_id: "d", receipt: "cancelling", silent_ms: 60_000, computing: true, calm: false }),
    "noisy",
    "d: silent after 60000 ms",
  ],
  [
    "a look at a job finds it unknown",
    ({ entries }) => void entries.push({ at: 4, event: "read", during: "freeze Temporal", job_id: "a", status: 404, ms: 2 }),
    "untold",
    "a during freeze Temporal: 404",
  ],
  [
    "a look hangs",
    ({ entries }) => void entries.push({ at: 4, event: "read", during: "freeze Temporal", job_id: "a", status: null, ms: 10_000 }),
    "untold",
    "a during freeze Temporal: no reply",
  ],
  ["a dead letter is missing", ({ state }) => void state.deadLetters.pop(), "deadLettersMissing", "c run 1"],
  [
    "a job that succeeded is a dead letter",
    ({ state }) => void state.deadLetters.push({ job_id: "a", run: 1 }),
    "deadLettersFalse",
    "a run 1",
  ],
  ["a job is a dead letter twice", ({ state }) => void state.deadLetters.push({ job_id: "c", run: 1 }), "deadLettersDouble", "c run 1"],
  [
    "a file is torn",
    ({ state }) => void state.artifacts.push({ job_id: "a", name: "plot.svg", listed: "22", read: "23" }),
    "torn",
    "a plot.svg",
  ],
  [
    "a listed file cannot be read",
    ({ state }) => void state.artifacts.push({ job_id: "a", name: "plot.svg", listed: "22", read: null }),
    "torn",
    "a plot.svg",
  ],
  ["a file of the store is damaged", ({ state }) => void state.damaged.push("local/artifacts/33"), "torn", "local/artifacts/33"],
  [
    "a document of the ancestor fails",
    ({ state }) => {
      state.jobs[4] = job("f", "failed");
      state.deadLetters.push({ job_id: "f", run: 1 });
    },
    "disowned",
    "f: failed",
  ],
  [
    "a workflow no longer fits its history",
    ({ state }) => void state.replays?.push({ workflow: "discoverJob", id: "b", misfit: "Nondeterminism error" }),
    "misfits",
    "b: Nondeterminism error",
  ],
  [
    "one request has two results",
    ({ state }) => void state.artifacts.splice(1, 1, { job_id: "b", name: "result.json", listed: "12", read: "12" }),
    "disagreeing",
    "same: 2 results",
  ],
];

function named(findings: Findings): Record<string, string[]> {
  return Object.fromEntries(Object.entries(findings).filter(([, each]) => each.length > 0));
}

describe("the oracle of the drill", () => {
  test("finds nothing where nothing is wrong", () => {
    const { entries, state } = sound();
    expect(named(judge(entries, state))).toEqual({});
  });

  test("excuses a job whose deadline passed while a fault was on", () => {
    const { entries, state } = sound();
    state.jobs[0] = job("a", "succeeded", { deadline_at: clock("00:00:01"), ...until("00:00:30", 30) });
    entries.push(struck("00:00:00", "00:00:28"));
    expect(named(judge(entries, state))).toEqual({});
  });

  test("lets a job with little time fail over a store that is away", () => {
    const { entries, state } = sound();
    entries.push(
      { at: 4, event: "accepted", key: "k7", job_id: "g", ends: ["timed_out"], code: null, request: "k7", ancestor: false },
      {
        from: Date.parse(clock("00:00:00")) - 100,
        at: Date.parse(clock("00:00:03")),
        event: "fault",
        name: "fill the store's disk",
        open: 1,
        proof: "ENOSPC",
        recovered_ms: 1,
      },
    );
    state.jobs.push(job("g", "failed", { error: STORE_UNAVAILABLE }));
    state.deadLetters.push({ job_id: "g", run: 1 });
    state.runs?.set("g", 1);
    expect(named(judge(entries, state))).toEqual({});
  });

  test("lets a job fail whose every attempt a fault took, and no job after fewer", () => {
    const { entries, state } = sound();
    const fault = { event: "fault", name: "kill the worker", open: 1, proof: "SIGKILL", recovered_ms: 1 } as const;
    const [from, at] = [Date.parse(clock("00:00:00")), Date.parse(clock("00:00:01"))];
    entries.push({ ...fault, from, at }, { ...fault, from, at });
    const lost = { code: "worker_lost", message: "The worker stopped answering.", retryable: true, doc: "" } as const;
    state.jobs[1] = job("b", "failed", { attempts: 5, error: lost });
    state.deadLetters.push({ job_id: "b", run: 1 });
    expect(named(judge(entries, state))).toEqual({});
    state.jobs[1] = job("b", "failed", { attempts: 4, error: lost });
    expect(named(judge(entries, state))).toEqual({ wrongEnd: ["b: failed"] });
  });

  test.each(PLANTED)("sees that %s", (_, plant, finding, name) => {
    const world = sound();
    plant(world);
    expect(named(judge(world.entries, world.state))).toEqual({ [finding]: [name] });
  });
});
