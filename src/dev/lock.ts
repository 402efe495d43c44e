import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "./start-error.ts";

interface Owner {
  pid: number;
  /** When the process started, in clock ticks since boot; tells a process from a later one with the same id. Linux only. */
  started: string | undefined;
  /** Address of its gateway, once jobs are accepted. */
  url?: string;
}

export interface Lock {
  /** Writes into the lock where the gateway is, for commands on the same data directory. */
  announce(url: string): Promise<void>;
  /** Gives the directory back. */
  release(): Promise<void>;
}

const NAME = "orrery.lock";

/**
 * Takes a data directory for this process. Throws a `StartError` while
 * another process has it. The lock of a process that is gone is taken over. Two starts that take over the same stale
 * lock in the same millisecond both pass; the port check then stops one of them.
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const path = join(directory, NAME);
  const mine: Owner = { pid: process.pid, started: await startOf(process.pid) };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await create(path, JSON.stringify(mine)))
      return { announce: (url) => replace(path, { ...mine, url }), release: () => rm(path, { force: true }) };
    const owner = await readOwner(path);
    if (owner && (await isAlive(owner))) {
      throw new StartError(
        `Orrery already runs on ${directory} (process ${owner.pid}). Stop it, or start this one with another ORRERY_DATA_DIR and other ports.`,
      );
    }
    await rm(path, { force: true });
  }
  throw new StartError(`The lock ${path} cannot be taken; remove it if no Orrery runs on ${directory}.`);
}

/** Address of the gateway that runs on a data directory; undefined if none does, or it does not accept jobs yet. */
export async function addressOf(directory: string): Promise<string | undefined> {
  const owner = await readOwner(join(directory, NAME));
  return owner?.url !== undefined && (await isAlive(owner)) ? owner.url : undefined;
}

/** Puts a whole lock in the place of the one that is held, as `create` does. */
async function replace(path: string, owner: Owner): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(owner));
  await rename(temporary, path);
}

/** Makes the file with its whole content at once, or returns false if it exists: nobody reads a lock that is half written. */
async function create(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${process.pid}`;
  try {
    await writeFile(temporary, content);
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, "utf8")) as Partial<Owner>;
    if (typeof owner.pid !== "number" || owner.pid <= 0) return undefined;
    return { pid: owner.pid, started: owner.started, ...(isAddress(owner.url) && { url: owner.url }) };
  } catch {
    // Gone in the meantime, or not ours.
    return undefined;
  }
}

function isAddress(url: unknown): url is string {
  return typeof url === "string" && /^http:\/\/\S+$/.test(url) && URL.canParse(url);
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.pid === process.pid) return owner.started === (await startOf(process.pid));
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const started = await startOf(owner.pid);
  return started === undefined || owner.started === undefined || started === owner.started;
}

/** Field 22 of the process's status line; the name before it can hold spaces, so the count starts after it. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
