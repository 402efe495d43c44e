import { createHash } from "node:crypto";
import { once } from "node:events";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OrreryError } from "../contract/errors.ts";
import type { Artifact } from "../contract/job.ts";

/**
 * A stored file, each chunk when the next is here and the last when all have the right hash: a client never has the
 * whole of a file that is not what the job wrote. Resolves with the first chunk, and throws what is wrong until then;
 * later the stream fails with it. `artifact_corrupt` with the advice, or `store_unavailable` if the file breaks off.
 */
export async function verified(stored: NodeJS.ReadableStream, { name, sha256 }: Artifact, advice: string): Promise<Readable> {
  const hash = createHash("sha256");
  let held: Buffer | undefined;
  const file = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      const ready = held;
      held = chunk;
      next(null, ready);
    },
    flush(end) {
      if (hash.digest("hex") === sha256) end(null, held);
      else {
        end(new OrreryError("artifact_corrupt", `The file ${name} is damaged in the store; ${advice}.`));
      }
    },
  });
  // What fails here fails the stream too, which is where it is told.
  pipeline(stored, file).catch(() => undefined);
  await once(file, "readable").catch((error: unknown) => {
    throw brokenOff(error, name);
  });
  return file;
}

/** The error with which a stored file ended early. */
export function brokenOff(cause: unknown, name: string): OrreryError {
  if (cause instanceof OrreryError) return cause;
  return new OrreryError("store_unavailable", `The file ${name} could not be read to its end; try again.`, { cause });
}
