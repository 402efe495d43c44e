import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFsStore } from "../../src/storage/fs.ts";
import { type Child, startChild, until } from "../support/child.ts";
import { scan } from "../support/scan.ts";

/** G7: what is readable matches its hash, and what is partial is never listed. */

const writer = fileURLToPath(new URL("../support/writer.ts", import.meta.url));
const killAt = new URL("../support/kill-at.ts", import.meta.url).href;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-torn-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Keys of which a writer said that they are stored, and codes with which it was refused. */
function said(word: "stored" | "refused", children: Child[]): string[] {
  return children.flatMap((child) => [...child.output().matchAll(new RegExp(`^${word} (.*)\n`, "gm"))].map(([, what]) => what ?? ""));
}

/** Several writers of the same files and one of others, all killed at the same moment after they have begun. */
async function killedRound(how: "put" | "tear", round: number): Promise<Child[]> {
  const seeds = [`r${round}`, `r${round}`, `other-r${round}`];
  const children = seeds.map((seed) => startChild(process.execPath, [writer, folder, how, seed]));
  await until("the first stored files", () => said("stored", children).length > 0 || undefined);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
  await Promise.all(children.map((child) => child.end("SIGKILL")));
  return children;
}

describe("writers that are killed at random instants", () => {
  test("leave whole files under keys, all that they said are stored, and nothing else that is listed", async () => {
    const store = createFsStore(folder);
    const ledger = new Set<string>();
    let struck = 0;
    for (let round = 0; round < 25 && (round < 8 || struck < 5); round += 1) {
      for (const key of said("stored", await killedRound("put", round))) ledger.add(key);
      // What a put leaves that was killed between its first byte and its last call: proof that the kill struck one.
      const partial = await store.list("", { partial: true });
      struck = partial.length;

      const { keys, torn } = await scan(store);

      expect(torn).toEqual([]);
      expect([...ledger].filter((key) => !keys.includes(key))).toEqual([]);
    }
    expect(struck).toBeGreaterThanOrEqual(5);
  });

  test("are seen by the scan if they write in place", async () => {
    const store = createFsStore(folder);
    let torn: string[] = [];
    for (let round = 0; round < 25 && torn.length === 0; round += 1) {
      await killedRound("tear", round);
      ({ torn } = await scan(store));
    }
    expect(torn).not.toEqual([]);
  });
});

describe.each(["before", "during", "after"])("a writer that is killed %s each call of the file system in turn", (moment) => {
  test("leaves a whole file or none, lists nothing half done, and stands in the way of no other writer", async () => {
    const store = createFsStore(folder);
    const calls: string[] = [];
    for (let call = 1; ; call += 1) {
      const env = { ...process.env, KILL_AT: `${call} ${moment}` };
      // Of even length: the writer's store then syncs, which takes all calls that there are.
      const seed = `${call}-${moment}`.padEnd(12);
      const child = startChild(process.execPath, ["--import", killAt, writer, folder, "put", seed, "1"], env);
      await child.exited;
      const [, struck] = /^killed \w+ (\w+)$/m.exec(child.output()) ?? [];
      expect(child.process.signalCode).toBe(struck === undefined ? null : "SIGKILL");
      const { keys, torn } = await scan(store);
      expect(torn, `killed ${moment} call ${call}, ${struck}`).toEqual([]);
      expect(said("stored", [child]).filter((key) => !keys.includes(key))).toEqual([]);
      const next = startChild(process.execPath, [writer, folder, "put", seed, "1"]);
      await next.exited;
      expect(said("stored", [next])).toHaveLength(1);
      if (struck === undefined) break;
      calls.push(struck);
    }
    // Each step of a put was struck: the proof that the loop did not end early.
    expect(new Set(calls)).toEqual(new Set(["mkdir", "open", "writeFile", "datasync", "link", "sync", "rm"]));
  });
});

test("the scan sees a file that was cut, one that was altered and one that is empty", async () => {
  const child = startChild(process.execPath, [writer, folder, "put", "one", "4"]);
  await child.exited;
  const store = createFsStore(folder);
  const { keys, torn } = await scan(store);
  expect([keys.length, torn]).toEqual([4, []]);
  const [cut = "", altered = "", empty = ""] = keys;
  const bytes = Buffer.from((await store.get(altered)) ?? []);
  await writeFile(join(folder, cut), Buffer.from((await store.get(cut)) ?? []).subarray(0, -1));
  await writeFile(join(folder, altered), bytes.fill(bytes.readUInt8(0) ^ 1, 0, 1));
  await writeFile(join(folder, empty), "");

  expect((await scan(store)).torn).toEqual([cut, altered, empty]);
});

/** Runs the writer by a shell, which prepares it; `$0` is Node, `$1` the writer and `$2` the folder of the store. */
async function writerAfter(preparation: string, files: number, options: { uid?: number } = {}): Promise<Child> {
  const shell = `${preparation}; exec "$0" "$1" "$2" put even ${files}`;
  const child = startChild("/bin/sh", ["-c", shell, process.execPath, writer, folder], process.env, options);
  await child.exited;
  return child;
}

test("a file that may not grow is refused, and small ones are stored as before", async () => {
  const child = await writerAfter("ulimit -f 200", 6);

  expect(said("refused", [child])).toEqual(["store_unavailable", "store_unavailable", "store_unavailable"]);
  const store = createFsStore(folder);
  const { keys, torn } = await scan(store);
  expect(torn).toEqual([]);
  expect(keys).toEqual(said("stored", [child]).toSorted());
  expect(keys).toHaveLength(3);
  expect(await store.list("", { partial: true })).toEqual([]);
});

/** A small disk of its own, seen by one shell and its children alone. */
const SMALL_DISK = 'mount -t tmpfs -o size=5m none "$2"';
const mayMount = spawnSync("unshare", ["-Urm", "/bin/sh", "-c", SMALL_DISK, "", "", tmpdir()]).status === 0;
if (!mayMount) process.stderr.write("A full disk is not tested: this machine lets nobody mount a small one.\n");

test.runIf(mayMount)("a full disk refuses what has no room and keeps what has, and takes files again once there is room", async () => {
  const outcome = join(folder, "outcome");
  await mkdir(join(folder, "disk"));
  // One of the large files fits. The shell looks at its disk itself, as nobody else can see it.
  const shell = [
    SMALL_DISK.replace("$2", "$2/disk"),
    '"$0" "$1" "$2/disk" put even 6',
    'find "$2/disk" -name "*.partial"',
    'find "$2/disk" -size +1000k -delete',
    '"$0" "$1" "$2/disk" put even 3',
    'cp -r "$2/disk" "$2/outcome"',
  ].join(" && ");
  const child = startChild("unshare", ["-Urm", "/bin/sh", "-c", shell, process.execPath, writer, folder]);

  expect(await child.exited, child.output()).toBe(0);

  const words = child.output().trim().split("\n");
  expect(words.map((line) => line.split(" ")[0])).toEqual([
    ...["stored", "stored", "refused", "stored", "refused", "stored"],
    ...["stored", "stored", "refused"],
  ]);
  const { keys, torn } = await scan(createFsStore(outcome));
  expect(torn).toEqual([]);
  expect(keys).toEqual([...new Set(said("stored", [child]))].toSorted());
});

test("a directory that may not be written refuses files and goes on giving out those it has", async () => {
  const first = await writerAfter(":", 2);
  const store = createFsStore(folder);
  const before = await scan(store);
  expect(before.keys).toEqual(said("stored", [first]).toSorted());
  const folders = [folder, join(folder, "t"), join(folder, "t/artifacts")];
  await Promise.all(folders.map((path) => chmod(path, 0o555)));
  await Promise.all(before.keys.map((key) => chmod(join(folder, key), 0o444)));
  // Nothing is read-only for root.
  const other = process.getuid?.() === 0 ? { uid: 65_534 } : {};

  const second = await writerAfter(":", 4, other);

  expect([...said("stored", [second]), ...said("refused", [second])]).toEqual([...Array(4).keys()].map(() => "store_unavailable"));
  expect(await scan(store)).toEqual(before);
  await Promise.all(folders.map((path) => chmod(path, 0o755)));
});
