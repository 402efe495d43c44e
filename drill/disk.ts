import { execFile } from "node:child_process";
import { mkdir, rename, rm, statfs, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pause } from "./pause.ts";
import type { StageStore } from "./store.ts";

const run = promisify(execFile);

/** Shorter than the pauses between five attempts together: a job outlasts it. */
const TROUBLE_MS = 3_000;

/** Most bytes of a disk of its own. It takes the memory that its files need. */
const DISK_BYTES = 2 ** 30;

/** What a full disk has left, which a few files use up. */
const REST_BYTES = 2 ** 16;

/** A remount is refused while a file is being written. */
const REMOUNT_MS = 5_000;

/**
 * A store in a directory. With `own` the directory is a disk of its own, in memory, which can be made too small and
 * read-only: to be asked for only in a mount namespace that goes away with the drill (see main.ts).
 */
export async function openDisk(folder: string, { own }: { own: boolean }): Promise<StageStore> {
  const root = join(folder, "data");
  const files = join(root, "files");
  const store = join(root, "artifacts");
  await mkdir(root);
  if (own) await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "drill", root]);
  await mkdir(files);
  // Below a file there is no directory, and no process can make one.
  const nowhere = join(root, "nowhere");
  await writeFile(nowhere, "");
  await point(files);

  /** Lets the store's name stand for another place, at one stroke: between two, a process could make the directory anew. */
  async function point(to: string): Promise<void> {
    await symlink(to, `${store}.next`);
    await rename(`${store}.next`, store);
  }

  async function remount(options: () => Promise<string>): Promise<void> {
    for (const end = Date.now() + REMOUNT_MS; ; await pause(20)) {
      try {
        await run("mount", ["-o", `remount,${await options()}`, root]);
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** How a file of the drill's own fares there, which is too large for what a full disk has left. */
  async function refusal(): Promise<string> {
    const path = join(root, "probe");
    try {
      await writeFile(path, Buffer.alloc(2 * REST_BYTES));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    } finally {
      await rm(path, { force: true }).catch(() => undefined);
    }
    throw new Error(`${root} takes files, though it should not`);
  }

  async function remounted(options: () => Promise<string>, back: string): Promise<string> {
    await remount(options);
    const code = await refusal();
    await pause(TROUBLE_MS);
    await remount(async () => back);
    return `the store refused files with ${code} for ${TROUBLE_MS} ms`;
  }

  const away = {
    name: "take the store away",
    async strike() {
      await point(join(nowhere, "store"));
      await pause(TROUBLE_MS);
      await point(files);
      return `the store was away for ${TROUBLE_MS} ms`;
    },
  };
  const readOnly = { name: "make the store read-only", strike: () => remounted(async () => "ro", "rw") };
  const full = {
    name: "fill the store's disk",
    strike: () => remounted(async () => `size=${(await used(root)) + REST_BYTES}`, `size=${DISK_BYTES}`),
  };
  return {
    env: { ORRERY_DATA_DIR: root },
    folder: files,
    troubles: own ? [away, readOnly, full] : [away],
    renames: true,
    leftOut: own ? [] : [readOnly.name, full.name].map((name) => `${name}: a disk cannot be mounted here`),
    async close() {
      if (own) await run("umount", ["-l", root]);
    },
  };
}

async function used(path: string): Promise<number> {
  const { bsize, blocks, bfree } = await statfs(path);
  return (blocks - bfree) * bsize;
}
