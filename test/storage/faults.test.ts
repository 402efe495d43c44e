import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { artifactKey } from "../../src/contract/keys.ts";
import { createGcsStore } from "../../src/storage/gcs.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import type { Store } from "../../src/storage/store.ts";
import { type ObjectServer, S3_CREDENTIALS, startGcs, startS3 } from "../support/objects.ts";
import { type Fault, type FaultyProxy, startProxy } from "../support/proxy.ts";
import { scan } from "../support/scan.ts";

const servers = inject("objectServers");
Object.assign(process.env, S3_CREDENTIALS);

const KINDS = [
  ["s3", startS3, createS3Store],
  ["gcs", startGcs, createGcsStore],
] as const;

const BODY = Buffer.alloc(50_000, "some rows of an artifact, ");

/** Bytes that no other put has. */
let serial = 0;
function fresh(): { key: string; bytes: Buffer } {
  serial += 1;
  const bytes = Buffer.concat([BODY, Buffer.from(String(serial))]);
  return { key: artifactKey("t", createHash("sha256").update(bytes).digest("hex")), bytes };
}

/** Each fault, and whether a put or a get that it strikes in every try is refused, with which code. */
const FAULTS: [Fault, { put: string | undefined; get: string | undefined }][] = [
  [500, { put: "store_unavailable", get: "store_unavailable" }],
  [503, { put: "store_unavailable", get: "store_unavailable" }],
  [429, { put: "store_unavailable", get: "store_unavailable" }],
  ["silent", { put: "store_unavailable", get: "store_unavailable" }],
  ["lost", { put: "store_unavailable", get: "store_unavailable" }],
  ["cut", { put: undefined, get: "store_unavailable" }],
  ["altered", { put: undefined, get: "artifact_corrupt" }],
  ["stalled", { put: undefined, get: "store_unavailable" }],
];

describe.runIf(servers !== undefined).each(KINDS)("a %s store whose server", (_, start, make) => {
  let server: ObjectServer;
  let proxy: FaultyProxy;
  let store: Store;
  let direct: Store;
  beforeAll(async () => {
    server = await start(servers ?? "", ["lab"]);
    proxy = await startProxy(server.endpoint);
    const options = { bucket: "lab", prefix: "own", silenceMs: 400 };
    store = make({ ...options, endpoint: proxy.url }).store;
    direct = make({ ...options, endpoint: server.endpoint }).store;
  });
  afterEach(async () => {
    proxy.strike(503, 0);
    // Whatever was struck: what is listed is whole.
    expect((await scan(direct)).torn).toEqual([]);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  describe.each(FAULTS)("is struck by %j", (fault, refusal) => {
    test("once or twice gives and takes files all the same", async () => {
      const { key, bytes } = fresh();
      proxy.strike(fault, 2);
      await store.putIfAbsent(key, bytes);
      expect(Buffer.compare((await direct.get(key)) ?? Buffer.alloc(0), bytes)).toBe(0);
      proxy.strike(fault, 2);
      expect(Buffer.compare((await store.get(key)) ?? Buffer.alloc(0), bytes)).toBe(0);
      expect(proxy.asked()).toBe(3);
    });

    test("in every try refuses a file after three of each call, and gives out no other bytes", async () => {
      const { key, bytes } = fresh();
      proxy.strike(fault, 1_000);
      const put = await store.putIfAbsent(key, bytes).catch((error: { code: string }) => error.code);
      if (refusal.put !== undefined) expect(put).toBe(refusal.put);
      // A put that finds its key taken asks how old that is, which is a call of its own.
      expect(proxy.asked()).toBeLessThanOrEqual(6);
      await direct.putIfAbsent(key, bytes);
      proxy.strike(fault, 1_000);
      await expect(store.get(key)).rejects.toMatchObject({ code: refusal.get });
      expect(proxy.asked()).toBe(3);
    });
  });
});
