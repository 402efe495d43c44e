import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addressOf, lockDirectory } from "../../src/dev/lock.ts";
import { orrery } from "../cli/run.ts";
import { startStandIn } from "../cli/stand-in.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a data directory", () => {
  test("is had by one process at a time", async () => {
    const lock = await lockDirectory(folder);
    await expect(lockDirectory(folder)).rejects.toThrow(`Orrery already runs on ${folder} (process ${process.pid})`);
    await lock.release();
    const again = await lockDirectory(folder);
    await again.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["of a process that is gone", JSON.stringify({ pid: spawnSync("true").pid })],
    ["of an earlier process with the same id", JSON.stringify({ pid: process.pid, started: "1" })],
    ["that nobody can read", "{"],
  ])("is taken over from a lock %s", async (_what, content) => {
    await writeFile(join(folder, "orrery.lock"), content);
    const lock = await lockDirectory(folder);
    await lock.release();
  });

  test("tells where its gateway is, from the announcement to the release", async () => {
    expect(await addressOf(folder)).toBeUndefined();
    const lock = await lockDirectory(folder);
    expect(await addressOf(folder)).toBeUndefined();
    await lock.announce("http://127.0.0.1:9000");
    expect(await addressOf(folder)).toBe("http://127.0.0.1:9000");
    await expect(lockDirectory(folder)).rejects.toThrow("Orrery already runs on");
    await lock.release();
    expect(await addressOf(folder)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["a process that is gone", { pid: spawnSync("true").pid, url: "http://127.0.0.1:9000" }],
    ["no address", { pid: process.pid, url: "file:///etc" }],
  ])("tells no address from the lock of %s", async (_what, owner) => {
    await writeFile(join(folder, "orrery.lock"), JSON.stringify(owner));
    expect(await addressOf(folder)).toBeUndefined();
  });
});

describe("the command line", () => {
  test("finds the gateway of its data directory, unless an address or a port is set", async () => {
    const standIn = await startStandIn();
    const lock = await lockDirectory(folder);
    await lock.announce(standIn.url);
    const run = (env: Record<string, string>) => orrery(["jobs"], { env: { ORRERY_DATA_DIR: folder, ...env } });
    const [found, set, port] = await Promise.all([run({}), run({ ORRERY_URL: "http://127.0.0.1:9" }), run({ ORRERY_PORT: "9" })]);
    await lock.release();
    await standIn.close();
    expect({ code: found.code, out: found.out }).toEqual({ code: 0, out: expect.stringContaining("discover-") });
    for (const { code, err } of [set, port]) expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("127.0.0.1:9") });
  });
});
