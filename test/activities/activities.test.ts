import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Info } from "@temporalio/activity";
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Compute, createCompute } from "../../src/activities/compute.ts";
import { type Activities, createActivities } from "../../src/activities/index.ts";
import { encodeTable, tableOf } from "../../src/contract/dataset.ts";
import type { DiscoverInput, EvaluateInput, Fetched, Handback, Summary } from "../../src/contract/flow.ts";
import { datasetKey } from "../../src/contract/keys.ts";
import { QUEUES } from "../../src/contract/names.ts";
import { discoverRequest, evaluateRequest } from "../../src/contract/request.ts";
import { createNarrate } from "../../src/narrative/narrate.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { until } from "../support/child.ts";
import { lostStore } from "../support/objects.ts";
import { keplerEvaluation, longSearch, planets } from "../support/planets.ts";

const logger = createLogger({ level: "silent", process: "test" });
/** Failed attempts are what these tests provoke; the SDK need not tell. */
const quiet = new DefaultLogger("ERROR");
let compute: Compute;
let folder: string;
let activities: Activities;
/** No test here names a dataset by its address. */
const fetchTable = () => Promise.reject(new Error("nothing is fetched"));
/** Nor one that is told of its end. */
const sendWebhook = () => Promise.reject(new Error("nothing is sent"));
const narrate = createNarrate({ endpoint: undefined, circuits: createCircuits() });
beforeAll(() => {
  compute = createCompute({ pools: ["control", "light", "heavy"], threads: 1 });
});
afterAll(() => compute.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-activities-"));
  activities = createActivities({ store: createFsStore(folder), compute, fetchTable, sendWebhook, narrate, logger });
  return () => rm(folder, { recursive: true, force: true });
});

const ticket = (job_id: string) => ({
  job_id,
  tenant: "t",
  request_hash: `sha256:${job_id}`,
  // By a clock that is wrong: what counts is the time that the server leaves.
  deadline_at: Date.now() - 3_600_000,
});

function evaluation(job_id: string): EvaluateInput {
  return { ...ticket(job_id), request: evaluateRequest.parse(keplerEvaluation), route: { path: "local" } };
}

function search(job_id: string): DiscoverInput {
  return { ...ticket(job_id), request: discoverRequest.parse(longSearch(4_000_000)), route: { path: "single", pool: "heavy" } };
}

function environment(pool: keyof typeof QUEUES, info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment({ taskQueue: QUEUES[pool], scheduleToCloseTimeoutMs: 60_000, ...info }, { logger: quiet });
}

async function evaluated(input: EvaluateInput, attempt = 1): Promise<Summary> {
  const outcome: Summary | Handback = await environment("control", { attempt }).run(activities.evaluate, input);
  if ("handed_back" in outcome) throw new Error("the work was handed back");
  return outcome;
}

describe("evaluate", () => {
  test("publishes a result, its evidence and the plots that it has", async () => {
    const summary = await evaluated(evaluation("one"));

    expect(summary.verdict).toBe("accepted");
    expect(summary.artifacts.map(({ name }) => name)).toEqual(["result.json", "evidence.json", "plot.svg", "residuals.svg"]);
    for (const { key, bytes } of summary.artifacts) expect(await readFile(join(folder, key))).toHaveLength(bytes);
  });

  test("leaves one set of files however often it is tried", async () => {
    const first = await evaluated(evaluation("two"));
    const files = await readdir(join(folder, "t/artifacts"));
    const second = await evaluated(evaluation("two"), 2);

    expect(await readdir(join(folder, "t/artifacts"))).toEqual(files);
    expect(second.artifacts).toEqual(first.artifacts);
  });

  test("fails for good, with its code, on a dataset that is not there", async () => {
    const input = evaluation("three");
    input.request.dataset = { source: "stored", dataset_id: `ds_${"0".repeat(64)}` };

    const failure = evaluated(input);

    await expect(failure).rejects.toThrow(ApplicationFailure);
    await expect(failure).rejects.toMatchObject({
      type: "dataset_not_found",
      nonRetryable: true,
      details: [{ attempts: 1, stage: "judge" }],
    });
  });

  test("does not compute on a dataset that was altered in the store", async () => {
    const hash = "a".repeat(64);
    const input = evaluation("four");
    input.request.dataset = { source: "stored", dataset_id: `ds_${hash}` };
    await createFsStore(folder).putIfAbsent(`t/datasets/${hash}`, Buffer.from("other bytes"));

    await expect(evaluated(input)).rejects.toMatchObject({ type: "artifact_corrupt", nonRetryable: false });
  });

  test("is tried again when the store cannot be used", async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, "in the way");

    await expect(evaluated(evaluation("five"))).rejects.toMatchObject({
      type: "store_unavailable",
      nonRetryable: false,
    });
  });
});

describe("a dataset that is fetched", () => {
  test("takes a job that predicts many rows to a pool, however short the dataset is", async () => {
    const store = createFsStore(folder);
    const fetching = createActivities({
      store,
      compute,
      fetchTable: () => Promise.resolve({ table: tableOf(planets), dropped: 0 }),
      sendWebhook,
      narrate,
      logger,
    });
    const bytes = encodeTable(tableOf({ a: Array.from({ length: 50_000 }, (_, row) => 1 + row) }));
    const hash = createHash("sha256").update(bytes).digest("hex");
    await store.putIfAbsent(datasetKey("t", hash), bytes);
    const dataset = { source: "uri", uri: "https://example.org/planets.csv" };
    const routeOf = async (predict: object) => {
      const request = evaluateRequest.parse({ ...keplerEvaluation, dataset, predict });
      const input: EvaluateInput = { ...ticket("fetched"), request, route: { path: "fetched" } };
      const fetched: Fetched | Handback = await environment("light").run(fetching.fetchDataset, input);
      return "route" in fetched && fetched.route;
    };

    expect(await routeOf({ source: "inline", columns: { a: [4] } })).toEqual({ path: "local" });
    expect(await routeOf({ source: "stored", dataset_id: `ds_${hash}` })).toEqual({ path: "single", pool: "light" });
  });
});

test("an activity is tried again when the store that is left alone may be asked again", async () => {
  const store = await lostStore(createCircuits());
  const input = evaluation("eleven");
  input.request.dataset = { source: "stored", dataset_id: `ds_${"0".repeat(64)}` };
  activities = createActivities({ store, compute, fetchTable, sendWebhook, narrate, logger });

  for (let call = 0; call < 5; call += 1)
    await expect(evaluated(input)).rejects.toMatchObject({ type: "store_unavailable", nextRetryDelay: undefined });

  const failure = await evaluated(input).catch((error: ApplicationFailure) => error);
  expect(failure).toMatchObject({ type: "store_unavailable", nonRetryable: false, message: expect.stringMatching(/left alone until/) });
  expect((failure as ApplicationFailure).nextRetryDelay).toBeGreaterThan(9 * 60_000);
});

describe("a long search", () => {
  test("reports progress that only the computing thread advances", async () => {
    const env = environment("heavy");
    const beats: { phase: string; done: number }[] = [];
    env.on("heartbeat", (details: { phase: string; done: number }) => beats.push(details));
    const running = env.run(activities.discover, search("six")).catch((error: unknown) => error);

    await until("heartbeats that tell of fits", () => (beats.filter(({ done }) => done > 0).length >= 2 ? true : undefined));
    env.cancel("CANCELLED");
    await running;

    const done = beats.map((beat) => beat.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(done.filter((fits) => fits > 0)).size).toBeGreaterThan(1);
  });

  test("stops its thread before it says that it is cancelled", async () => {
    const env = environment("heavy");
    const running = env.run(activities.discover, search("seven"));
    const failure = expect(running).rejects.toThrow(CancelledFailure);
    await until("a computing thread", () => compute.busy().find(({ fits }) => fits > 0));

    env.cancel("CANCELLED");

    await failure;
    expect(compute.busy()).toEqual([]);
  });

  test("stops its thread when the deadline passes, of which earlier attempts have used up a part", async () => {
    const tried = { scheduleToCloseTimeoutMs: 60_000, scheduledTimestampMs: 1_000, currentAttemptScheduledTimestampMs: 60_000 };

    await expect(environment("heavy", tried).run(activities.discover, search("eight"))).rejects.toMatchObject({
      type: "deadline_exceeded",
      nonRetryable: true,
    });
    expect(compute.busy()).toEqual([]);
  });

  test("is handed back when its worker stops", async () => {
    const env = environment("heavy");
    const running = env.run(activities.discover, search("nine"));
    await until("a computing thread", () => compute.busy().find(({ fits }) => fits > 0));

    env.cancel("WORKER_SHUTDOWN", new ActivityCancellationDetails({ workerShutdown: true }));

    expect(await running).toEqual({ handed_back: true });
  });

  test("is given up, to be tried again, when its thread takes no step", async () => {
    // A thread that hangs, as far as its watcher can see: it answers nothing but the order to stop.
    const hanging: Compute = {
      ...compute,
      run: (_, { signal, control }) => {
        control.enter();
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      },
    };
    const { discover } = createActivities({ store: createFsStore(folder), compute: hanging, fetchTable, sendWebhook, narrate, logger });
    const env = environment("heavy", { heartbeatTimeoutMs: 1_000 });

    await expect(env.run(discover, search("ten"))).rejects.toMatchObject({ type: "worker_lost", nonRetryable: false });
  });
});
