import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockDirectory } from "../../src/dev/lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a data directory", () => {
  test("is had by one process at a time", async () => {
    const unlock = await lockDirectory(folder);
    await expect(lockDirectory(folder)).rejects.toThrow(`Orrery already runs on ${folder} (process ${process.pid})`);
    await unlock();
    const again = await lockDirectory(folder);
    await again();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ["of a process that is gone", JSON.stringify({ pid: spawnSync("true").pid })],
    ["of an earlier process with the same id", JSON.stringify({ pid: process.pid, started: "1" })],
    ["that nobody can read", "{"],
  ])("is taken over from a lock %s", async (_what, content) => {
    await writeFile(join(folder, "orrery.lock"), content);
    const unlock = await lockDirectory(folder);
    await unlock();
  });
});
