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
      .map(readable);
  } finally {
    closeSync(file);
  }
}

/** Members of a line of our own logs that are told before all others, or not at all. */
const KNOWN = ["time", "level", "msg", "process", "err"];
/** Pino's numbers. */
const LEVELS: Record<number, string> = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };

/** A line of JSON in words: the time of day, the level unless it is plain, the message, what it is about. Others stay as they are. */
function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg, err } = entry;
  if (typeof msg !== "string") return line;
  const about = Object.entries(entry).filter(([name]) => !KNOWN.includes(name));
  const fault = typeof err === "object" && err !== null && "message" in err ? `: ${String(err.message)}` : "";
  return [
    ...(typeof time === "string" ? [time.slice(11, 19)] : []),
    ...(level === 30 ? [] : [LEVELS[Number(level)] ?? String(level)]),
    `${msg}${fault}`,
    ...about.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  ].join(" ");
}
