import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Connection } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { sha256 } from "../../src/activities/content.ts";
import { clean } from "../../src/clean/clean.ts";
import { readNames } from "../../src/clean/histories.ts";
import { createNames } from "../../src/clean/names.ts";
import type { JobMemo, Summary } from "../../src/contract/flow.ts";
import type { Job } from "../../src/contract/job.ts";
import { artifactKey, datasetKey, summaryKey } from "../../src/contract/keys.ts";
import { ENGINE_VERSION, LOCAL_TENANT, QUEUES, WORKFLOWS } from "../../src/contract/names.ts";
import { encodeSummary } from "../../src/contract/summary.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { createGcsStore } from "../../src/storage/gcs.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import type { Store } from "../../src/storage/store.ts";
import { type Bench, startBench } from "../api/bench.ts";
import { orrery } from "../cli/run.ts";
import { call, type Reply } from "../support/http.ts";
import { S3_CREDENTIALS, startGcs, startS3 } from "../support/objects.ts";
import { keplerEvaluation } from "../support/planets.ts";
import { everyKey } from "../support/scan.ts";

const DAY_MS = 86_400_000;

describe("orrery clean", () => {
  let bench: Bench;
  let folder: string;
  beforeAll(async () => {
    bench = await startBench();
    folder = await mkdtemp(join(tmpdir(), "orrery-clean-"));
  });
  afterAll(async () => {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: string[], namespace = bench.client.options.namespace) =>
    orrery(["clean", ...args], {
      env: { ORRERY_DATA_DIR: folder, TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: namespace },
    });

  async function put(key: string, days: number, content = "12345"): Promise<string> {
    const path = join(folder, "artifacts", key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    const time = new Date(Date.now() - days * DAY_MS);
    await utimes(path, time, time);
    return key;
  }

  async function allKeys(): Promise<string[]> {
    const store = createFsStore(join(folder, "artifacts"));
    const keys: string[] = (await store.list("", { partial: true })).map(({ key }) => key);
    for await (const { key } of everyKey(store)) keys.push(key);
    return keys.toSorted();
  }

  const start = (type: string, workflowId: string, input: object, memo: Record<string, unknown> = {}) =>
    bench.client.workflow.start(type, { workflowId, taskQueue: QUEUES.control, args: [input], memo });

  test("deletes what no job and no dead letter names, after a dry run that says the same and deletes nothing", async () => {
    const hash = (of: string) => sha256(of);
    const summary = { artifacts: [{ name: "result.json", sha256: hash("result"), key: `t/artifacts/${hash("result")}` }] };
    await start(WORKFLOWS.evaluate, "evaluate-done", {});
    await bench.hand.succeed(summary as unknown as Summary);
    await start(
      WORKFLOWS.discover,
      "discover-open",
      { request: { dataset: { dataset_id: `ds_${hash("open")}` } } },
      { request_hash: `sha256:${hash("asked")}` },
    );
    await start("deadLetter", "dead-letter.discover-failed.1", { job_id: "discover-failed", dataset: `ds_${hash("letter")}` });
    await start(WORKFLOWS.tgefd, "discover-policy", { shard: { key: `t/shards/${hash("shard")}` } });
    await expect.poll(async () => (await bench.client.workflow.count()).count).toBe(4);

    const kept = [
      await put(`t/artifacts/${hash("result")}`, 40),
      await put(`t/datasets/${hash("open")}`, 40),
      // A summary that stays answers later jobs with the files that it names.
      await put(`t/summaries/2/${hash("asked")}`, 40, hash("answer")),
      await put(`t/artifacts/${hash("answer")}`, 40),
      await put(`t/datasets/${hash("letter")}`, 40),
      await put("t/errors/discover-failed.1.json", 40),
      await put(`t/shards/${hash("shard")}`, 40),
      await put(`t/artifacts/${hash("young")}`, 0.5),
      await put(`t/artifacts/${hash("written")}.${randomUUID()}.partial`, 0.5),
      await put("t/audit/2026-01-01/one.ndjson", 400),
      await put("check", 400),
    ].toSorted();
    for (const key of [
      `t/artifacts/${hash("orphan")}`,
      `t/datasets/${hash("orphan")}`,
      `other/datasets/${hash("orphan")}`,
      `t/shards/${hash("orphan")}`,
      `t/summaries/2/${hash("orphan")}`,
      "t/errors/discover-forgotten.1.json",
      `t/damaged/artifacts/${hash("result")}.${randomUUID()}`,
      `t/artifacts/${hash("killed")}.${randomUUID()}.partial`,
    ])
      await put(key, 40);
    const before = await allKeys();

    const dry = await run(["--dry-run", "--json"]);
    expect(await allKeys()).toEqual(before);
    const wet = await run(["--json"]);

    expect(await allKeys()).toEqual(kept);
    const one = { files: 1, bytes: 5 };
    const counted = {
      jobs: 4,
      kept: { files: 8, bytes: 99 },
      removed: { artifacts: one, damaged: one, datasets: { files: 2, bytes: 10 }, errors: one, partial: one, shards: one, summaries: one },
    };
    expect([dry.code, wet.code]).toEqual([0, 0]);
    expect(JSON.parse(dry.out)).toMatchObject({ ...counted, dry_run: true });
    expect(JSON.parse(wet.out)).toMatchObject({ ...counted, dry_run: false });
    expect((await run(["--older-than", "24h", "--dry-run"])).out).toMatch(/Kept 8 files .*\nWould delete 0 files with 0 bytes\.\n$/);
  });

  test("leaves a dataset and an earlier result that a job is submitted with when the names have been read", async () => {
    const store = createFsStore(bench.dataDir);
    const age = (key: string) => utimes(join(bench.dataDir, key), new Date(0), new Date(0));
    const { columns, units } = keplerEvaluation.dataset;
    const upload = await call<{ dataset_id: string }>("POST", `${bench.url}/v1/datasets`, { body: { columns, units } });
    const { dataset_id } = upload.body;
    const dataset = datasetKey(LOCAL_TENANT, dataset_id.slice("ds_".length));
    const first = await call("POST", `${bench.url}/v1/evaluate_async`, { body: keplerEvaluation });
    const { memo } = await bench.client.workflow.getHandle(first.body.job_id).describe();
    const file = artifactKey(LOCAL_TENANT, sha256("12345"));
    const artifacts = [{ name: "result.json", content_type: "application/json", bytes: 5, sha256: sha256("12345"), key: file }];
    const summary: Summary = { verdict: "accepted", result: null, artifacts, started_at: new Date().toISOString(), attempts: 1 };
    const result = summaryKey(LOCAL_TENANT, ENGINE_VERSION, (memo as unknown as JobMemo).request_hash);
    const unused = summaryKey(LOCAL_TENANT, ENGINE_VERSION, `sha256:${sha256("unused")}`);
    for (const key of [result, unused]) await store.putIfAbsent(key, encodeSummary({ job_id: "evaluate-earlier", summary }));
    await store.putIfAbsent(file, Buffer.from("12345"));
    for (const key of [dataset, result, unused, file]) await age(key);
    const replies: Reply<Job>[] = [];
    const submit = async (request: object) => replies.push(await call("POST", `${bench.url}/v1/evaluate_async`, { body: request }));
    const busy: Store = {
      ...store,
      async delete(key, time) {
        if (key === result) await submit(keplerEvaluation);
        if (key === dataset) await submit({ ...keplerEvaluation, dataset: { source: "stored", dataset_id } });
        return store.delete(key, time);
      },
    };

    // No name at all is known: the jobs that would give them come when the clean-up is about to delete.
    const cleaned = await clean({ store: busy, names: createNames(), before: new Date(Date.now() - DAY_MS), dryRun: false });

    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    expect(replies[0]?.body.reused_from).toBe("evaluate-earlier");
    expect(cleaned.removed).toMatchObject({ summaries: { files: 1 } });
    expect(await Promise.all([dataset, result, unused, file].map((key) => store.use(key)))).toEqual([true, true, false, true]);
  });

  test("refuses a time of less than a day", async () => {
    const { code, out, err } = await run(["--older-than", "23h"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/--older-than=23h: .* at least 1d/);
  });

  test("deletes nothing by the word of a server that has no job, or that does not answer", async () => {
    await put(`t/artifacts/${sha256("lonely")}`, 40);
    const before = await allKeys();
    const empty = await startBench();
    const lost = await run([], empty.client.options.namespace);
    await empty.close();
    const away = await orrery(["clean"], { env: { ORRERY_DATA_DIR: folder, TEMPORAL_ADDRESS: "127.0.0.1:9" } });

    expect([lost.code, away.code]).toEqual([1, 1]);
    expect(lost.err).toMatch(/has no job, so nothing in the store would be kept/);
    expect(await allKeys()).toEqual(before);
  });

  test("stops at a payload that it cannot read", async () => {
    const connection = await Connection.connect({ address: inject("temporalAddress") });
    const { namespace } = bench.client.options;
    await connection.workflowService.startWorkflowExecution({
      namespace,
      workflowId: "discover-secret",
      requestId: randomUUID(),
      workflowType: { name: WORKFLOWS.discover },
      taskQueue: { name: "nobody" },
      input: { payloads: [{ metadata: { encoding: Buffer.from("binary/encrypted") }, data: Buffer.from("?") }] },
    });
    const reading = () => readNames({ connection, namespace }, createNames());
    await expect.poll(() => reading().catch((error: Error) => error.message)).toMatch(/payloads of the form binary\/encrypted/);
    await connection.close();
  });
});

const servers = inject("objectServers");
Object.assign(process.env, S3_CREDENTIALS);

describe.runIf(servers !== undefined).each([
  ["s3", startS3, createS3Store],
  ["gcs", startGcs, createGcsStore],
] as const)("a clean-up of a %s store", (kind, serve, make) => {
  test("keeps what is named, what is young, and what is used or put again before it comes to delete it", async () => {
    const server = await serve(servers ?? "", ["lab"]);
    const { store } = make({ bucket: "lab", prefix: "own", endpoint: server.endpoint });
    const [named, used, again, orphan, young] = ["named", "used", "again", "orphan", "young"].map(
      (text) => `t/artifacts/${sha256(text)}`,
    ) as [string, string, string, string, string];
    const old = [named, used, again, orphan];
    for (const key of old) await store.putIfAbsent(key, Buffer.from("12345"));
    let before = new Date(Math.max(...(await store.list("")).map(({ modified }) => modified.getTime())) + 1);
    if (kind === "s3") {
      // A server that signs requests refuses those of another time, so there the files are made older instead.
      before = new Date(Date.now() - DAY_MS);
      const longAgo = new Date(Date.now() - 2 * DAY_MS);
      for (const key of old) await utimes(join(server.folder, "lab/own", key), longAgo, longAgo);
    } else vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS });
    await store.putIfAbsent(young, Buffer.from("12345"));
    const names = createNames();
    names.add(sha256("named"));
    const busy: Store = {
      ...store,
      async delete(key, time) {
        if (key === used) await store.use(key);
        if (key === again) await store.putIfAbsent(key, Buffer.from("12345"));
        return store.delete(key, time);
      },
    };

    try {
      const dry = await clean({ store: busy, names, before, dryRun: true });
      const wet = await clean({ store: busy, names, before, dryRun: false });

      expect(dry.removed).toEqual({ artifacts: { files: 3, bytes: 15 } });
      expect(wet).toEqual({ kept: { files: 4, bytes: 20 }, removed: { artifacts: { files: 1, bytes: 5 } } });
    } finally {
      vi.useRealTimers();
    }
    expect((await store.list("")).map(({ key }) => key)).toEqual([named, used, again, young].toSorted());
    await server.close();
  });
});

test("a set of names has all that were added, and hardly any other", () => {
  const names = createNames();
  for (let index = 0; index < 50_000; index += 1) names.add(`discover-${index}`);
  let missing = 0;
  let others = 0;
  for (let index = 0; index < 50_000; index += 1) {
    if (!names.has(`discover-${index}`)) missing += 1;
    if (names.has(`evaluate-${index}`)) others += 1;
  }
  expect([missing, others]).toEqual([0, 0]);
});
