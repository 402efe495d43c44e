import { describe, expect, test } from "vitest";
import type { Entry } from "../../drill/ledger.ts";
import { type Closed, type Findings, judge, type State } from "../../drill/oracle.ts";

function job(job_id: string, status: Closed["status"], more: Partial<Closed> = {}): Closed {
  return { job_id, status, run: 1, attempts: 1, ...more };
}

/** Two jobs that succeeded, one that failed and one that was cancelled, all as they should. */
function sound(): { entries: Entry[]; state: State } {
  const accepted = (key: string, job_id: string, ends: Extract<Entry, { event: "accepted" }>["ends"], request = key): Entry => ({
    at: 1,
    event: "accepted",
    key,
    job_id,
    ends,
    request,
  });
  return {
    entries: [
      accepted("k1", "a", ["succeeded"], "same"),
      accepted("k1", "a", ["succeeded"], "same"),
      accepted("k2", "b", ["succeeded"], "same"),
      accepted("k3", "c", ["failed"]),
      accepted("k4", "d", ["cancelled"]),
      { at: 2, event: "seen", job_id: "a", status: "running", run: 1 },
      { at: 3, event: "seen", job_id: "a", status: "succeeded", run: 1 },
      { at: 3, event: "cancelled", job_id: "d", receipt: "cancelled", silent_ms: 20, computing: false },
      { at: 3, event: "read", during: "kill the gateway", job_id: "a", status: null, ms: 3 },
      { at: 3, event: "read", during: "freeze Temporal", job_id: "a", status: 503, ms: 3 },
    ],
    state: {
      jobs: [job("a", "succeeded"), job("b", "succeeded"), job("c", "failed"), job("d", "cancelled")],
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
      ]),
    },
  };
}

type Sound = ReturnType<typeof sound>;

/** A bug of the service, planted into what was seen or said, and the one finding that must name it. */
const PLANTED: [bug: string, plant: (world: Sound) => void, finding: keyof Findings, named: string][] = [
  ["a job is lost", ({ state }) => void state.jobs.splice(1, 1), "lost", "b"],
  ["a job never ends", ({ state }) => void state.jobs.splice(1, 1, job("b", "running")), "lost", "b"],
  [
    "one key is answered with two jobs",
    ({ entries, state }) => {
      entries.push({ at: 4, event: "accepted", key: "k1", job_id: "e", ends: ["succeeded"], request: "same" });
      state.jobs.push(job("e", "succeeded"));
      state.runs?.set("e", 1);
    },
    "doubled",
    "k1: a, e",
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
    "a terminated job is said to have succeeded",
    ({ entries }) => void entries.push({ at: 4, event: "terminated", job_id: "b" }),
    "wrongEnd",
    "b: succeeded",
  ],
  [
    "an activity is tried once too often",
    ({ state }) => void state.jobs.splice(2, 1, job("c", "failed", { attempts: 6 })),
    "overtried",
    "c: 6 attempts",
  ],
  [
    "a worker that stops in order uses up an attempt",
    ({ entries }) => void entries.push({ at: 4, event: "restarted", job_id: "a", attempts: 2 }),
    "overtried",
    "a: 2 attempts, though its workers stopped in order",
  ],
  [
    "a receipt says cancelled while a thread computes",
    ({ entries }) => void entries.push({ at: 4, event: "cancelled", job_id: "d", receipt: "cancelled", silent_ms: 90, computing: true }),
    "noisy",
    "d: computing, though its receipt says cancelled",
  ],
  [
    "a cancelled job computes on",
    ({ entries }) =>
      void entries.push({ at: 4, event: "cancelled", job_id: "d", receipt: "cancelling", silent_ms: 60_000, computing: true }),
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

  test.each(PLANTED)("sees that %s", (_, plant, finding, name) => {
    const world = sound();
    plant(world);
    expect(named(judge(world.entries, world.state))).toEqual({ [finding]: [name] });
  });
});
