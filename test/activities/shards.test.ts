import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Compute, createCompute } from "../../src/activities/compute.ts";
import { createSearchShard } from "../../src/activities/search-shard.ts";
import { encodedTable, storeTable } from "../../src/api/jobs/dataset.ts";
import { tableOf } from "../../src/contract/dataset.ts";
import type { ShardInput } from "../../src/contract/flow.ts";
import { QUEUES } from "../../src/contract/names.ts";
import { discoverRequest } from "../../src/contract/request.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { longSearch } from "../support/planets.ts";

let compute: Compute;
let folder: string;
beforeAll(async () => {
  compute = createCompute({ pools: ["heavy"], threads: 1 });
  folder = await mkdtemp(join(tmpdir(), "orrery-shards-"));
});
afterAll(async () => {
  await compute.close();
  await rm(folder, { recursive: true, force: true });
});

test("a shard is computed once, unless it is to be computed anew, and is the same bytes then", async () => {
  const store = createFsStore(folder);
  let computed = 0;
  const counted: Compute = {
    ...compute,
    run(task, options) {
      computed += 1;
      return compute.run(task, options);
    },
  };
  const fetchTable = () => Promise.reject(new Error("nothing is fetched"));
  const searchShard = createSearchShard({
    store,
    compute: counted,
    fetchTable,
    sendWebhook: () => Promise.reject(new Error("nothing is sent")),
    narrate: () => Promise.reject(new Error("nothing is worded")),
    logger: createLogger({ level: "silent", process: "test" }),
  });
  const { dataset, ...search } = longSearch(400);
  const table = encodedTable(tableOf(dataset.columns));
  await storeTable(store, "t", table);
  const input: ShardInput = {
    job_id: "job",
    tenant: "t",
    request_hash: "sha256:0",
    deadline_at: Date.now() + 60_000,
    request: discoverRequest.parse({ ...search, dataset: { source: "stored", dataset_id: table.datasetId } }),
    index: 0,
    cells: { from: 0, to: 100 },
  };
  const run = (given: ShardInput) =>
    new MockActivityEnvironment({ taskQueue: QUEUES.heavy, scheduleToCloseTimeoutMs: 60_000 }).run(searchShard, given);

  const first = await run(input);
  expect([await run(input), computed]).toEqual([first, 1]);
  expect([await run({ ...input, anew: true }), computed]).toEqual([first, 2]);
});
