import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";

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

/** The last lines of a log that were written after byte `from`, without empty ones, as people read them. */
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
    return lines
      .filter((line) => line.trim() !== "")
      .slice(-count)
      .flatMap(readable)
      .map(stripVTControlCharacters);
  } finally {
    closeSync(file);
  }
}

/** Members of a line of our own logs that have their own places, or none; the last are errors. */
const KNOWN = ["time", "level", "msg", "process", "err", "error", "cause"];
/** Pino's numbers of what is worse than news. */
const LEVELS: Record<number, string> = { 40: "warn", 50: "error", 60: "fatal" };

/** A line of our own logs in words: when, how bad, what, and what it is about; below it where an error came from. Others stay as they are. */
function readable(line: string): string[] {
  const entry = parsed(line);
  if (typeof entry?.time !== "string" || typeof entry.msg !== "string") return [line];
  const { time, level, msg, err, error = err, cause = error } = entry;
  const about = Object.entries(entry).filter(([name]) => !KNOWN.includes(name));
  const words = [
    `${time.slice(11, 19)}Z`,
    LEVELS[Number(level)] ?? "",
    msg,
    ...about.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  ];
  const where = textOf(cause).split("\n").filter(Boolean);
  // A warning says what it is about; only what may have ended the process says where as well.
  return [words.filter(Boolean).join(" "), ...(Number(level) < 50 ? where.slice(0, 1) : where)];
}

/** An error as it was logged, whole or as a text. */
function textOf(error: unknown): string {
  const { stack, message } = (typeof error === "object" && error !== null ? error : { message: error }) as Record<string, unknown>;
  const text = stack ?? message;
  return typeof text === "string" ? text : "";
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return line.startsWith("{") ? (JSON.parse(line) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
