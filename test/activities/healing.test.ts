import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Compute, createCompute } from "../../src/activities/compute.ts";
import { keep, sha256 } from "../../src/activities/content.ts";
import { type Activities, createActivities } from "../../src/activities/index.ts";
import { encodeTable, tableOf } from "../../src/contract/dataset.ts";
import type { DiscoverInput, EvaluateInput, Handback, Preparation, ShardResult } from "../../src/contract/flow.ts";
import { datasetKey, summaryKey } from "../../src/contract/keys.ts";
import { ENGINE_VERSION, QUEUES } from "../../src/contract/names.ts";
import { discoverRequest, evaluateRequest } from "../../src/contract/request.ts";
import { seal, unseal } from "../../src/contract/seal.ts";
import { summaryIn } from "../../src/contract/summary.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import type { Store } from "../../src/storage/store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { keplerEvaluation, longSearch, planets } from "../support/planets.ts";

const SHARDS = 3;
let compute: Compute;
let folder: string;
let store: Store;
let activities: Activities;
/** What the operator's log says of files that were set aside. */
let aside: string[];
beforeAll(() => {
  compute = createCompute({ pools: ["control", "heavy"], threads: 1 });
});
afterAll(() => compute.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-healing-"));
  store = createFsStore(folder);
  const logger = createLogger({ level: "silent", process: "test" });
  activities = createActivities({
    store,
    compute,
    fetchTable: () => Promise.reject(new Error("nothing is fetched")),
    sendWebhook: () => Promise.reject(new Error("nothing is sent")),
    narrate: () => Promise.reject(new Error("nothing is worded")),
    logger,
  });
  aside = [];
  return () => rm(folder, { recursive: true, force: true });
});

async function run<In extends unknown[], Out>(
  pool: "control" | "heavy",
  activity: (...input: In) => Promise<Out | Handback>,
  ...input: In
) {
  const logger = new DefaultLogger("WARN", ({ message, meta }) => {
    if (message === "a damaged file was set aside") aside.push(String(meta?.key));
  });
  const env = new MockActivityEnvironment({ taskQueue: QUEUES[pool], scheduleToCloseTimeoutMs: 60_000 }, { logger });
  const outcome: Out | Handback = await env.run(activity, ...input);
  // No worker stops here, so none is handed back.
  return outcome as Out;
}

const ticket = (job_id: string) => ({ job_id, tenant: "t", request_hash: `sha256:${sha256(job_id)}`, deadline_at: Date.now() + 60_000 });

const evaluation = (job_id: string): EvaluateInput => ({
  ...ticket(job_id),
  request: evaluateRequest.parse(keplerEvaluation),
  route: { path: "local" },
});

/** Changes one byte in the middle, as a failing disk does. */
async function damage(key: string): Promise<Buffer> {
  const bytes = await readFile(join(folder, key));
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(join(folder, key), bytes);
  return bytes;
}

/** Bytes of the one file that was set aside from a folder. */
async function setAside(area: string): Promise<Buffer> {
  const names = await readdir(join(folder, "t/damaged", area));
  expect(names).toHaveLength(1);
  return readFile(join(folder, "t/damaged", area, names[0] ?? ""));
}

test("a damaged artifact is set aside, and the next job that writes it mends it", async () => {
  const first = await run("control", activities.evaluate, evaluation("one"));
  const [file] = first.artifacts;
  const bad = await damage(file?.key ?? "");

  const second = await run("control", activities.evaluate, evaluation("two"));

  expect(second.artifacts).toEqual(first.artifacts);
  expect(sha256(await readFile(join(folder, file?.key ?? "")))).toBe(file?.sha256);
  expect(Buffer.compare(await setAside("artifacts"), bad)).toBe(0);
  expect(aside).toEqual([file?.key]);
});

test("a damaged summary is replaced by that of the next job", async () => {
  await run("control", activities.evaluate, evaluation("one"));
  const key = summaryKey("t", ENGINE_VERSION, evaluation("one").request_hash);
  await damage(key);

  await run("control", activities.evaluate, evaluation("one"));

  expect(summaryIn(await store.get(key))?.job_id).toBe("one");
  expect(aside).toEqual([key]);
});

describe("the files of a sharded search", () => {
  const input: DiscoverInput = {
    ...ticket("sharded"),
    request: discoverRequest.parse(longSearch(4_000)),
    route: { path: "sharded", shards: SHARDS },
  };

  async function searched(): Promise<{ input: DiscoverInput; shards: ShardResult[]; again: (index: number) => Promise<ShardResult> }> {
    const { request, shards } = await run("control", activities.prepare, input);
    const again = async (index: number) => {
      const cells = shards[index] as Preparation["shards"][number];
      return run("heavy", activities.searchShard, { ...input, request, index, cells });
    };
    return { input: { ...input, request }, shards: await Promise.all(shards.map((_, index) => again(index))), again };
  }

  test("are found by a second attempt, and computed anew where they are damaged", async () => {
    const { shards, again } = await searched();
    const [first] = shards as [ShardResult];
    expect(await again(0)).toEqual(first);
    expect(aside).toEqual([]);

    await damage(first.key);

    expect(await again(0)).toEqual(first);
    expect(sha256(await readFile(join(folder, first.key)))).toBe(first.sha256);
    expect(aside).toEqual([first.key]);
  });

  test("are computed anew by the judge where they were damaged or lost since", async () => {
    const { input: judged, shards } = await searched();
    const whole = await run("heavy", activities.judge, judged, shards);
    await damage(shards[0]?.key ?? "");
    await rm(join(folder, shards[2]?.key ?? ""));

    const mended = await run("heavy", activities.judge, judged, shards);

    expect(mended.artifacts).toEqual(whole.artifacts);
    expect(aside).toEqual([shards[0]?.key]);
    for (const { key, sha256: hash } of shards) expect(sha256(await readFile(join(folder, key)))).toBe(hash);
  });
});

test("an intact file with other content than what was computed is left, and refused", async () => {
  await store.putIfAbsent("t/shards/one", seal("one"));

  const keeping = keep(store, "t/shards/one", seal("two"), (stored) => unseal(stored) !== undefined);

  await expect(keeping).rejects.toMatchObject({ code: "artifact_corrupt", message: expect.stringMatching(/other bytes than expected/) });
  expect(unseal((await store.get("t/shards/one")) ?? new Uint8Array())).toBe("one");
});

test("a damaged dataset is set aside and asked for again, in every attempt, until it is uploaded", async () => {
  const bytes = encodeTable(tableOf(planets, {}));
  const key = datasetKey("t", sha256(bytes));
  await store.putIfAbsent(key, bytes);
  await damage(key);
  const input = evaluation("five");
  input.request.dataset = { source: "stored", dataset_id: `ds_${sha256(bytes)}` };

  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(run("control", activities.evaluate, input)).rejects.toMatchObject({
      type: "artifact_corrupt",
      message: expect.stringMatching(/was damaged .* upload the table again/),
    });
  expect(aside).toEqual([key]);

  expect(await store.putIfAbsent(key, bytes)).toBe(true);
  expect((await run("control", activities.evaluate, input)).verdict).toBe("accepted");
});
