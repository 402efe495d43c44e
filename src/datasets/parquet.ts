import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ErrorCode, type Fault, OrreryError } from "../contract/errors.ts";
import { type Read, type ReadOptions, tableFrom } from "./rows.ts";

/**
 * A file says how much each part of it inflates to, and a short one can say a lot. So it is decoded in a thread that
 * may hold this much beside the numbers and is ended after this time, whatever the file makes the decoder do.
 */
const MAX_HEAP_MB = 512;
const MAX_MS = 60_000;

export interface ParquetTask {
  bytes: Uint8Array<ArrayBuffer>;
  options: ReadOptions;
}

/** What the thread answers. Errors are sent as data: a clone of an Error keeps neither its code nor its faults. */
export type ParquetReply =
  | { names: string[]; columns: Float64Array<ArrayBuffer>[]; dropped: number }
  | { code: ErrorCode; message: string; faults: readonly Fault[] };

/**
 * Reads a table from a Parquet file: flat columns of integers, floats and decimals; null and NaN are missing values.
 * The file is held once, since its directory stands at its end, and the numbers once more.
 */
export async function readParquet(chunks: AsyncIterable<Buffer>, options: ReadOptions): Promise<Read> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  // Not Buffer.concat, whose memory may be a part of a pool that cannot be handed to the thread.
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts.splice(0)) {
    bytes.set(part, offset);
    offset += part.length;
  }
  const reply = await decode({ bytes, options });
  if ("code" in reply) throw new OrreryError(reply.code, reply.message, { faults: reply.faults });
  return tableFrom(reply.names, (index) => reply.columns[index] as Float64Array, reply.dropped);
}

async function decode(task: ParquetTask): Promise<ParquetReply> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const thread = new Worker(new URL(`./parquet-thread.${extension}`, import.meta.url), {
    workerData: task,
    transferList: [task.bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  try {
    const [reply] = (await once(thread, "message", { signal: AbortSignal.timeout(MAX_MS) })) as [ParquetReply];
    return reply;
  } catch (cause) {
    throw new OrreryError(
      "malformed_parquet",
      `The Parquet file cannot be decoded within ${MAX_HEAP_MB} MB and ${MAX_MS / 1_000} s; write it again with smaller row groups, or send CSV.`,
      { cause },
    );
  } finally {
    await thread.terminate();
  }
}
