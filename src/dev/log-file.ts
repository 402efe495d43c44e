import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log above this size is set aside at the next start, over the one that was set aside before. */
const LARGEST_BYTES = 10 * 1024 * 1024;

/** Most that is read back to show the last lines. */
const TAIL_BYTES = 16 * 1024;

/** Makes the directory of a log and sets a large log aside as `<name>.1`. */
export function rotateLog(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST_BYTES) renameSync(path, `${path}.1`);
}

/** The last lines of a log that were written after byte `from`, without empty ones. */
export function lastLines(path: string, from: number, count: number): string[] {
  // Somebody may have tidied up; a missing log must not end what it belongs to.
  if (!existsSync(path)) return [];
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const start = Math.max(from, size - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const read = readSync(file, buffer, 0, buffer.length, start);
    const lines = buffer.toString("utf8", 0, read).split("\n");
    return lines.filter((line) => line.trim() !== "").slice(-count);
  } finally {
    closeSync(file);
  }
}
