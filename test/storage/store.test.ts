import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { OPEN_MS } from "../../src/outbound/circuit.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import { createGcsStore } from "../../src/storage/gcs.ts";
import { guarded } from "../../src/storage/guard.ts";
import { createS3Store } from "../../src/storage/s3.ts";
import { type Store, USED_MS } from "../../src/storage/store.ts";
import { S3_CREDENTIALS, startGcs, startS3, upload } from "../support/objects.ts";
import { startProxy } from "../support/proxy.ts";

const servers = inject("objectServers");

/** After everything that is put here. */
const LATER = new Date(Date.now() + 86_400_000);

/** The behaviour that every implementation of the port shows. */
function conformance(name: string, open: () => Promise<{ store: Store; close: () => Promise<void>; folder?: string }>) {
  describe(`the ${name} store`, () => {
    let store: Store;
    let close: () => Promise<void>;
    /** Where its files lie, if their times are those of the store. */
    let folder: string | undefined;
    beforeAll(async () => {
      ({ store, close, folder } = await open());
    });
    afterAll(() => close());

    test("gives back what was put", async () => {
      expect(await store.putIfAbsent("t/artifacts/one", Buffer.from("bytes"))).toBe(true);
      expect(Buffer.from((await store.get("t/artifacts/one")) ?? []).toString()).toBe("bytes");
    });

    test("keeps the first bytes of a key", async () => {
      await store.putIfAbsent("t/artifacts/two", Buffer.from("first"));
      expect(await store.putIfAbsent("t/artifacts/two", Buffer.from("second"))).toBe(false);
      expect(Buffer.from((await store.get("t/artifacts/two")) ?? []).toString()).toBe("first");
    });

    test("lets exactly one of 20 concurrent puts win, and the bytes are the winner's", async () => {
      const wins = await Promise.all(Array.from({ length: 20 }, (_, index) => store.putIfAbsent("t/race", Buffer.from(String(index)))));
      expect(wins.filter(Boolean)).toHaveLength(1);
      expect(Buffer.from((await store.get("t/race")) ?? []).toString()).toBe(String(wins.indexOf(true)));
    });

    test("answers an unknown key with nothing", async () => {
      expect(await store.get("t/none")).toBeUndefined();
      expect(await store.getStart("t/none", 4)).toBeUndefined();
      expect(await store.stream("t/none")).toBeUndefined();
    });

    test("reads the start of a file, and all of one that is shorter", async () => {
      await store.putIfAbsent("t/start", Buffer.from("abcdef"));
      expect(Buffer.from((await store.getStart("t/start", 3)) ?? []).toString()).toBe("abc");
      expect(Buffer.from((await store.getStart("t/start", 99)) ?? []).toString()).toBe("abcdef");
    });

    test("streams a file", async () => {
      await store.putIfAbsent("t/stream", Buffer.alloc(300_000, 7));
      const stream = await store.stream("t/stream");
      expect(stream && (await buffer(stream)).length).toBe(300_000);
    });

    test("lists keys in their order, with bytes and time, from any key on", async () => {
      const keys = ["l/a", "l/a-b", "l/a.b", "l/b/c", "l/b/d/e", "l/b0", "l/c"];
      for (const key of keys.toReversed()) await store.putIfAbsent(key, Buffer.from(key));
      const all = await store.list("l/");
      expect(all.map(({ key }) => key)).toEqual(keys);
      expect(all.map(({ bytes }) => bytes)).toEqual(keys.map((key) => key.length));
      for (const { modified } of all) expect(Math.abs(modified.getTime() - Date.now())).toBeLessThan(60_000);
      for (const [index, after] of keys.entries())
        expect((await store.list("l/", { after })).map(({ key }) => key)).toEqual(keys.slice(index + 1));
      expect((await store.list("l/", { after: "l/a-a", limit: 3 })).map(({ key }) => key)).toEqual(keys.slice(1, 4));
      expect((await store.list("l/b")).map(({ key }) => key)).toEqual(keys.slice(3, 6));
      expect((await store.list("l/b/d/e")).map(({ key }) => key)).toEqual(["l/b/d/e"]);
      expect((await store.list("")).map(({ key }) => key)).toEqual(expect.arrayContaining(keys));
      expect(await store.list("nobody/")).toEqual([]);
      expect(await store.list("l/", { partial: true })).toEqual([]);
    });

    test("lists more than a server gives at a time, page by page and at once", async () => {
      const keys = Array.from({ length: 1_050 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
      for (let from = 0; from < keys.length; from += 50)
        await Promise.all(keys.slice(from, from + 50).map((key) => store.putIfAbsent(key, Buffer.from("1"))));
      expect((await store.list("many/", { limit: 2_000 })).map(({ key }) => key)).toEqual(keys);
      expect(await store.list("many/")).toHaveLength(1_000);
      const paged: string[] = [];
      for (let page = await store.list("many/", { limit: 400 }); page.length > 0; ) {
        paged.push(...page.map(({ key }) => key));
        page = await store.list("many/", { limit: 400, after: paged.at(-1) ?? "" });
      }
      expect(paged).toEqual(keys);
    });

    test("marks a key that is asked to be stored again as used, if it was not for half a day", async () => {
      const modified = async () => (await store.list("t/used"))[0]?.modified.getTime() ?? 0;
      await store.putIfAbsent("t/used", Buffer.from("bytes"));
      const first = await modified();
      await store.putIfAbsent("t/used", Buffer.from("bytes"));
      expect(await modified()).toBe(first);

      // A server that signs requests refuses those of another time, so there the file is made older instead.
      const later = Date.now() + USED_MS + 60_000;
      if (folder === undefined) vi.useFakeTimers({ toFake: ["Date"], now: later });
      else await utimes(join(folder, "t/used"), new Date(0), new Date(0));
      try {
        const stale = folder === undefined ? first : 0;
        expect(await store.putIfAbsent("t/used", Buffer.from("other"))).toBe(false);
        expect(await modified()).toBeGreaterThan(stale);
      } finally {
        vi.useRealTimers();
      }
      expect(Buffer.from((await store.get("t/used")) ?? []).toString()).toBe("bytes");
    });

    test("moves what is under a key to another", async () => {
      await store.putIfAbsent("t/here", Buffer.from("bytes"));
      expect(await store.move("t/here", "t/new/there")).toBe(true);
      expect(await store.get("t/here")).toBeUndefined();
      expect(Buffer.from((await store.get("t/new/there")) ?? []).toString()).toBe("bytes");
      expect(await store.move("t/here", "t/new/there")).toBe(false);
      expect(Buffer.from((await store.get("t/new/there")) ?? []).toString()).toBe("bytes");
    });

    test("marks a key as used without putting it, and says whether it is there", async () => {
      const modified = async () => (await store.list("t/named"))[0]?.modified.getTime() ?? 0;
      expect(await store.use("t/named")).toBe(false);
      await store.putIfAbsent("t/named", Buffer.from("bytes"));
      const first = await modified();
      expect(await store.use("t/named")).toBe(true);
      expect(await modified()).toBe(first);

      if (folder === undefined) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + USED_MS + 60_000 });
      else await utimes(join(folder, "t/named"), new Date(0), new Date(0));
      try {
        expect(await store.use("t/named")).toBe(true);
        expect(await modified()).toBeGreaterThan(folder === undefined ? first : 0);
      } finally {
        vi.useRealTimers();
      }
      expect(Buffer.from((await store.get("t/named")) ?? []).toString()).toBe("bytes");
    });

    test("puts a key whether or not it is deleted at the same time, and what a put says that it stored is there", async () => {
      for (let round = 0; round < 20; round += 1) {
        const key = `t/contended/${round}`;
        await store.putIfAbsent(key, Buffer.from("1"));
        const [stored] = await Promise.all([store.putIfAbsent(key, Buffer.from("2")), store.delete(key, LATER)]);
        if (stored) expect(Buffer.from((await store.get(key)) ?? []).toString()).toBe("2");
      }
    });

    test("deletes a key that is old enough, which is free then, and none that was put or used since, or is not there", async () => {
      const early = new Date(Date.now() - 60_000);
      await store.putIfAbsent("t/gone", Buffer.from("1"));
      expect(await store.delete("t/gone", early)).toBe(false);
      expect(Buffer.from((await store.get("t/gone")) ?? []).toString()).toBe("1");
      expect(await store.delete("t/gone", LATER)).toBe(true);
      expect(await store.delete("t/gone", LATER)).toBe(false);
      expect(await store.delete("nobody/t/gone", LATER)).toBe(false);
      expect(await store.get("t/gone")).toBeUndefined();
      expect(await store.list("t/gone")).toEqual([]);
      expect(await store.putIfAbsent("t/gone", Buffer.from("2"))).toBe(true);
    });

    test.each(["../", "/etc", "a//b", ".hidden", "a/.b"])("refuses %j as the beginning of keys", async (prefix) => {
      await expect(async () => store.list(prefix)).rejects.toThrow("not the beginning of store keys");
      await expect(async () => store.delete(prefix, LATER)).rejects.toThrow("not a store key");
    });

    test.each(["../out", "a/../../out", "/etc/passwd", "a//b", "", ".hidden", "a/.partial", "a\0b"])("refuses %j as a key", async (key) => {
      await expect(async () => store.get(key)).rejects.toThrow("not a store key");
      await expect(async () => store.putIfAbsent(key, Buffer.from("x"))).rejects.toThrow("not a store key");
    });
  });
}

/** The SDK of S3 takes credentials from the environment. */
Object.assign(process.env, S3_CREDENTIALS);

const BUCKETS = {
  async s3() {
    const server = await startS3(servers ?? "", ["lab", "shared"]);
    return { server, ...createS3Store({ bucket: "lab", prefix: "own/files", endpoint: server.endpoint }) };
  },
  async gcs() {
    const server = await startGcs(servers ?? "", ["lab", "shared"]);
    return { server, ...createGcsStore({ bucket: "lab", prefix: "own/files", endpoint: server.endpoint }) };
  },
};

if (servers !== undefined) {
  for (const [name, open] of Object.entries(BUCKETS)) {
    conformance(name, async () => {
      const { server, store } = await open();
      return { store, close: () => server.close(), ...(name === "s3" && { folder: join(server.folder, "lab/own/files") }) };
    });

    describe(`the ${name} store in its bucket`, () => {
      let bucket: Awaited<ReturnType<typeof open>>;
      beforeAll(async () => {
        bucket = await open();
      });
      afterAll(() => bucket.server.close());

      test("keeps everything below its prefix", async () => {
        await bucket.store.check();
        await bucket.store.putIfAbsent("t/artifacts/one", Buffer.from("bytes"));
        const names = await readdir(join(bucket.server.folder, "lab"));
        expect(names.filter((entry) => !entry.startsWith("."))).toEqual(["own"]);
        expect(await readFile(join(bucket.server.folder, "lab/own/files/t/artifacts/one"), "utf8")).toBe("bytes");
      });

      test("does not hand out bytes that are not those that were put", async () => {
        await bucket.store.putIfAbsent("t/damaged", Buffer.from("the first bytes"));
        await writeFile(join(bucket.server.folder, "lab/own/files/t/damaged"), "the other bytes");
        await expect(bucket.store.get("t/damaged")).rejects.toMatchObject({ code: "artifact_corrupt" });
        expect(await bucket.store.move("t/damaged", "t/aside/damaged")).toBe(true);
        expect(await readFile(join(bucket.server.folder, "lab/own/files/t/aside/damaged"), "utf8")).toBe("the other bytes");
        expect(await bucket.store.putIfAbsent("t/damaged", Buffer.from("the first bytes"))).toBe(true);
        expect(Buffer.from((await bucket.store.get("t/damaged")) ?? []).toString()).toBe("the first bytes");
      });

      test("keeps ten million bytes and none", async () => {
        const bytes = Buffer.alloc(10_000_000, "0123456789");
        await bucket.store.putIfAbsent("t/large", bytes);
        expect(Buffer.compare((await bucket.store.get("t/large")) ?? Buffer.alloc(0), bytes)).toBe(0);
        await bucket.store.putIfAbsent("t/empty", Buffer.alloc(0));
        expect((await bucket.store.get("t/empty"))?.length).toBe(0);
        expect((await bucket.store.getStart("t/empty", 4))?.length).toBe(0);
      });

      test("reads objects that others put, of any bucket and name", async () => {
        const address = { bucket: "shared", key: "runs of May/a+b é.csv" };
        await upload(name, bucket.server.endpoint, address, Buffer.from("a,T\n"));
        const object = await bucket.objects.open(address, AbortSignal.timeout(10_000));
        expect(object && (await buffer(object.chunks)).toString()).toBe("a,T\n");
        expect(object?.contentType).toBe("text/csv");
        expect(await bucket.objects.open({ ...address, key: "none" }, AbortSignal.timeout(10_000))).toBeUndefined();
      });

      test("tries again what a later try can cure, and three times at most", async () => {
        const gate = await startProxy(bucket.server.endpoint);
        const { store } =
          name === "s3"
            ? createS3Store({ bucket: "lab", prefix: "own/files", endpoint: gate.url })
            : createGcsStore({ bucket: "lab", prefix: "own/files", endpoint: gate.url });
        try {
          gate.strike(503, 2);
          expect(await store.putIfAbsent("t/again", Buffer.from("1"))).toBe(true);
          gate.strike(500, 2);
          expect(Buffer.from((await store.get("t/again")) ?? []).toString()).toBe("1");
          gate.strike(503, 9);
          await expect(store.get("t/again")).rejects.toMatchObject({ code: "store_unavailable" });
          expect(gate.asked()).toBe(3);
          gate.strike(403, 9);
          await expect(store.get("t/again")).rejects.toMatchObject({ code: "store_unavailable" });
          expect(gate.asked()).toBe(1);
        } finally {
          await gate.close();
        }
      });

      test("is left alone after five failures, and tried again after ten minutes", async () => {
        const gate = await startProxy(bucket.server.endpoint);
        const circuits = createCircuits();
        const make = name === "s3" ? createS3Store : createGcsStore;
        const store = guarded(make({ bucket: "lab", prefix: "own/files", endpoint: gate.url }).store, circuits);
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
        try {
          gate.strike(503, 15);
          for (let call = 0; call < 5; call += 1) await expect(store.get("t/left")).rejects.toMatchObject({ retryAt: undefined });
          expect(gate.asked()).toBe(15);
          const left = { code: "store_unavailable", message: expect.stringMatching(/left alone until 2/), retryAt: expect.any(Date) };
          for (const call of [
            () => store.get("t/left"),
            () => store.putIfAbsent("t/left", Buffer.from("1")),
            () => store.getStart("t/left", 1),
            () => store.stream("t/left"),
            () => store.list("t/"),
            () => store.use("t/left"),
            () => store.delete("t/left", LATER),
            () => store.move("t/left", "t/moved"),
            () => store.check(),
          ])
            await expect(call()).rejects.toMatchObject(left);
          expect(gate.asked()).toBe(15);
          vi.setSystemTime(Date.now() + OPEN_MS);
          expect(await store.putIfAbsent("t/left", Buffer.from("1"))).toBe(true);
          expect(circuits.states()).toEqual([{ target: "store", state: "closed", reopens_at: null }]);
        } finally {
          vi.useRealTimers();
          await gate.close();
        }
      });

      test("that cannot be reached, or has no such bucket, is store_unavailable without its address", async () => {
        const make = name === "s3" ? createS3Store : createGcsStore;
        for (const options of [
          { bucket: "nobody", prefix: "own", endpoint: bucket.server.endpoint },
          { bucket: "lab", prefix: "own", endpoint: "http://127.0.0.1:9" },
        ]) {
          await expect(make(options).store.check()).rejects.toMatchObject({
            code: "store_unavailable",
            message: expect.not.stringContaining("127.0.0.1"),
          });
        }
      });
    });
  }
}

for (const sync of [true, false]) {
  conformance(sync ? "fs" : "fs without sync", async () => {
    const folder = await mkdtemp(join(tmpdir(), "orrery-store-"));
    return { store: createFsStore(folder, { sync }), close: () => rm(folder, { recursive: true }), folder };
  });
}

test("the fs store leaves no partial file behind, and one that a kill left is never read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "orrery-store-"));
  const store = createFsStore(folder);
  await store.putIfAbsent("t/a", Buffer.from("1"));
  await store.putIfAbsent("t/a", Buffer.from("2"));
  expect(await readdir(join(folder, "t"))).toEqual(["a"]);

  for (let serial = 0; serial < 4; serial += 1) await writeFile(join(folder, "t", `b.${process.pid}-${serial}.partial`), "half");
  expect(await store.get("t/b")).toBeUndefined();
  expect(await store.putIfAbsent("t/b", Buffer.from("whole"))).toBe(true);
  expect(Buffer.from((await store.get("t/b")) ?? []).toString()).toBe("whole");

  const partial = `t/a.${randomUUID()}.partial`;
  await writeFile(join(folder, partial), "half");
  expect((await store.list("")).map(({ key }) => key)).not.toContain(partial);
  expect(await store.list("t/", { partial: true })).toMatchObject([{ key: partial, bytes: 4 }]);
  expect(await store.delete(partial, LATER)).toBe(true);
  expect(await store.list("", { partial: true })).toEqual([]);
  await rm(folder, { recursive: true });
});

test("a name that leads nowhere is store_unavailable, and no put waits for it without end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "orrery-store-"));
  await symlink(join(folder, "nowhere"), join(folder, "a"));
  await expect(createFsStore(folder).putIfAbsent("a", Buffer.from("1"))).rejects.toMatchObject({ code: "store_unavailable" });
  await rm(folder, { recursive: true });
});

test("a directory that cannot be used is store_unavailable, without its path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "orrery-store-"));
  await writeFile(join(folder, "file"), "in the way");
  const store = createFsStore(join(folder, "file", "artifacts"));
  await expect(store.check()).rejects.toMatchObject({ code: "store_unavailable", message: expect.not.stringContaining(folder) });
  await expect(store.putIfAbsent("t/a", Buffer.from("1"))).rejects.toMatchObject({ code: "store_unavailable" });
  await rm(folder, { recursive: true });
});
