import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createAuditLog } from "../../src/api/audit/log.ts";
import { type AuditEvent, auditKey, auditLines, auditPage } from "../../src/contract/audit.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import type { Store } from "../../src/storage/store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { call } from "../support/http.ts";
import { S3_CREDENTIALS, startS3 } from "../support/objects.ts";
import { keplerRequest } from "../support/planets.ts";
import { startProxy } from "../support/proxy.ts";

let folder: string;
let store: Store;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  store = createFsStore(folder, { sync: false });
  gateway = await startGateway({ temporalAddress: inject("temporalAddress"), dataDir: folder, store });
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

const quiet = createLogger({ level: "silent", process: "test" });

const page = async (query: string) => auditPage.parse((await call<object>("GET", `${gateway.url}/v1/audit?${query}`)).body);

/** A file of events as the sweep writes them, one second apart. */
async function putFile(tenant: string, at: string, jobs: readonly string[]): Promise<AuditEvent[]> {
  const events = jobs.map(
    (job_id, index): AuditEvent => ({
      at: new Date(Date.parse(at) + index * 1_000).toISOString(),
      actor: tenant,
      action: "job.submitted",
      job_id,
      run: 1,
    }),
  );
  await store.putIfAbsent(auditKey(tenant, new Date(at), "jobs"), auditLines(events));
  return events;
}

/** Every page, from the first to the one without a token. */
async function pages(query: string): Promise<AuditEvent[][]> {
  const all: AuditEvent[][] = [];
  for (let token = ""; ; ) {
    const { events, next_page_token } = await page(`${query}&page_token=${token}`);
    all.push(events);
    token = next_page_token;
    if (token === "") return all;
  }
}

test("events are read in the order in which they were recorded, across days and files, page by page", async () => {
  const first = await putFile("local", "2026-03-01T23:59:59.000Z", ["a", "b", "c"]);
  const second = await putFile("local", "2026-03-02T00:00:00.000Z", ["d"]);
  const third = await putFile("local", "2026-03-02T00:01:00.000Z", ["e", "f", "g", "h"]);
  await putFile("other", "2026-03-02T00:00:30.000Z", ["x"]);
  const query = "since=2026-03-01T00:00:00Z";
  const all = [...first, ...second, ...third];

  for (const size of [1, 2, 3, 4, 100]) {
    const read = await pages(`${query}&page_size=${size}`);
    expect(read.flat()).toEqual(all);
    for (const events of read) expect(events.length).toBeLessThanOrEqual(size);
  }
  expect((await pages("since=2026-03-02T00:00:00Z&page_size=2")).flat()).toEqual([...second, ...third]);
  expect((await pages(`${query}&job_id=f`)).flat()).toEqual([third[1]]);
  expect((await pages(`${query}&action=job.cancel`)).flat()).toEqual([]);
});

test("a cancel is recorded before it is done, with the request that asked for it", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const { body } = await call("POST", `${gateway.url}/v1/discover_async`, { body: keplerRequest, headers });
  const cancelled = await call("POST", `${gateway.url}/v1/jobs/${body.job_id}/cancel`);

  const { events } = await page(`job_id=${body.job_id}`);

  expect(events).toEqual([
    {
      at: expect.any(String),
      actor: "local",
      action: "job.cancel",
      job_id: body.job_id,
      run: 1,
      request_id: cancelled.headers.get("x-request-id"),
    },
  ]);
});

test("a job is cancelled also while nothing can be recorded", async () => {
  const away: Store = { ...store, putIfAbsent: () => createFsStore("/dev/null/store").putIfAbsent("t/x", Buffer.from("")) };
  const deaf = await startGateway({ temporalAddress: inject("temporalAddress"), dataDir: folder, store: away });
  const headers = { "idempotency-key": randomUUID() };
  const { body } = await call("POST", `${deaf.url}/v1/discover_async`, { body: keplerRequest, headers });

  const receipt = await call("POST", `${deaf.url}/v1/jobs/${body.job_id}/cancel`);
  await deaf.close();

  expect(receipt.status).toBe(202);
  expect(receipt.body.status).toBe("cancelling");
});

test.each([
  ["page_token=nonsense", "page_token"],
  [`page_token=${Buffer.from("0:other/audit/2026-03-02/000030000-jobs.ndjson").toString("base64url")}`, "page_token"],
  [`page_token=${Buffer.from("0:local/audit/../../other").toString("base64url")}`, "page_token"],
  [`page_token=${Buffer.from("0:local/audit/").toString("base64url")}`, "page_token"],
  [`page_token=${Buffer.from("0:local/audit/2026-11-24").toString("base64url")}`, "page_token"],
  [`page_token=${Buffer.from("0:local/audit/x//y.ndjson").toString("base64url")}`, "page_token"],
  ["since=yesterday", "since"],
  ["action=job.lost", "action"],
])("%s is refused", async (query, name) => {
  const { status, body } = await call<{ code: string; detail: string }>("GET", `${gateway.url}/v1/audit?${query}`);
  expect(status).toBe(400);
  expect(body.code).toBe("invalid_parameter");
  expect(body.detail).toContain(name);
});

test("a line of a later version, or one that is torn, is passed over", async () => {
  const log = createAuditLog(store, quiet);
  await store.putIfAbsent(auditKey("later", new Date("2026-03-05T00:00:00Z"), "x"), Buffer.from('{"action":"job.dreamt"}\n{"at":"20'));
  const { events } = await log.read("later", { since: new Date("2026-03-01T00:00:00Z") }, 10);
  expect(events).toEqual([]);
});

const servers = inject("objectServers");

test.runIf(servers !== undefined)("a file that its store gives out damaged costs its own events, and nobody else's", async () => {
  Object.assign(process.env, S3_CREDENTIALS);
  const server = await startS3(servers ?? "", ["lab"]);
  const proxy = await startProxy(server.endpoint);
  const bucket = createS3Store({ bucket: "lab", prefix: "own", endpoint: proxy.url }).store;
  const log = createAuditLog(bucket, quiet);
  const event = { actor: "local", action: "job.cancel", job_id: "discover-1", run: 1 } as const;
  await log.record("local", event);
  const read = () => log.read("local", { since: new Date(0) }, 10);
  expect((await read()).events).toHaveLength(1);

  // The list of files is the first request, and passes as it is; the file comes next, three times over.
  proxy.strike("altered", 3, 1);

  expect((await read()).events).toEqual([]);
  expect((await read()).events).toHaveLength(1);
  await proxy.close();
  await server.close();
});
