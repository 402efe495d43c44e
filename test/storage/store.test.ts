import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFsStore } from "../../src/storage/fs.ts";
import type { Store } from "../../src/storage/store.ts";

/** The behaviour that every implementation of the port shows. */
function conformance(name: string, open: () => Promise<{ store: Store; close: () => Promise<void> }>) {
  describe(`the ${name} store`, () => {
    let store: Store;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ store, close } = await open());
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

    test.each(["../out", "a/../../out", "/etc/passwd", "a//b", "", ".hidden", "a/.partial", "a\0b"])("refuses %j as a key", async (key) => {
      await expect(async () => store.get(key)).rejects.toThrow("not a store key");
      await expect(async () => store.putIfAbsent(key, Buffer.from("x"))).rejects.toThrow("not a store key");
    });
  });
}

for (const sync of [true, false]) {
  conformance(sync ? "fs" : "fs without sync", async () => {
    const folder = await mkdtemp(join(tmpdir(), "orrery-store-"));
    return { store: createFsStore(folder, { sync }), close: () => rm(folder, { recursive: true }) };
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
