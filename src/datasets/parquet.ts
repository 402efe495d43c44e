import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ErrorCode, type Fault, OrreryError } from "../contract/errors.ts";
import { type Read, type ReadOptions, tableFrom } from "./rows.ts";

/**
 * A file says how much each part of it holds, and a short one can say a lot. So it is decoded in a process of its own,
 * which may have this much heap and this much time, whatever the file makes the decoder do: a thread that runs out of
 * heap takes its process with it.
 */
const MAX_HEAP_MB = 512;
export const MAX_MS = 60_000;

/** Processes that decode side by side. Further files wait. */
const MAX_PROCESSES = 2;

export interface ParquetTask {
  bytes: Uint8Array<ArrayBuffer>;
  options: ReadOptions;
}

/** What the process answers. Errors are sent as data: a copy of an Error keeps neither its code nor its faults. */
export type ParquetReply =
  | { names: string[]; columns: Float64Array<ArrayBuffer>[]; dropped: number }
  | { code: ErrorCode; message: string; faults: readonly Fault[] };

/**
 * Reads a table from a Parquet file: flat columns of integers, floats and decimals; null and NaN are missing values.
 * The whole file is held, since its directory stands at its end.
 */
export async function readParquet(chunks: AsyncIterable<Buffer>, options: ReadOptions): Promise<Read> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const bytes = new Uint8Array(Buffer.concat(parts.splice(0)));
  const reply = await inTurn(() => decode({ bytes, options }));
  if ("code" in reply) throw new OrreryError(reply.code, reply.message, { faults: reply.faults });
  return tableFrom(reply.names, (index) => reply.columns[index] as Float64Array, reply.dropped);
}

async function decode(task: ParquetTask): Promise<ParquetReply> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = fileURLToPath(new URL(`./parquet-process.${extension}`, import.meta.url));
  const child = fork(program, {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    // Nothing of this process's settings and secrets is needed there.
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  try {
    const ended = once(child, "exit").then(() => undefined);
    const answered = once(child, "message", { signal: AbortSignal.timeout(MAX_MS) }).then(([reply]) => reply as ParquetReply);
    child.send(task, () => undefined);
    const reply = await Promise.race([answered, ended]);
    if (reply) return reply;
    throw new Error("the process ended without an answer");
  } catch (cause) {
    throw new OrreryError(
      "malformed_parquet",
      `The Parquet file cannot be decoded within ${MAX_HEAP_MB} MB and ${MAX_MS / 1_000} s; write it again with smaller row groups, or send CSV.`,
      { cause },
    );
  } finally {
    child.kill("SIGKILL");
  }
}

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running === MAX_PROCESSES) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
