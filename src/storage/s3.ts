import { addAbortSignal, type Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from "@aws-sdk/client-s3";
import { OrreryError } from "../contract/errors.ts";
import {
  checked,
  checkedPage,
  damaged,
  type Entry,
  isStale,
  type Objects,
  type Page,
  putOrMark,
  type Store,
  unavailable,
} from "./store.ts";

export interface S3Options {
  bucket: string;
  /** Beginning of every key, without a slash at the end. */
  prefix: string;
  /** Address of a server that speaks S3. Default: Amazon's own. */
  endpoint?: string;
  /** Default: what the SDK finds in its environment and profiles, as for the credentials. */
  region?: string;
  /** Longest silence of the server. Default: 15 s. */
  silenceMs?: number;
}

/** Tries of one call, of which the SDK repeats those that a later one can cure: 5xx, 429 and broken connections, after 0 to 0.1, 0 to 0.2 s. */
const ATTEMPTS = 3;

/** Most entries of one answer of a server. */
const MOST_LISTED = 1_000;

const CONNECT_MS = 5_000;

const SILENCE_MS = 15_000;

/** Longest time of one call, its repetitions included. A table of 100 MB takes 10 s at 80 Mbit/s. */
const CALL_MS = 120_000;

/**
 * A store in a bucket of S3, or of a server that speaks it and knows `If-None-Match: *` on PUT, on which put-if-absent
 * rests. Checksums travel with each object and are compared when it is read whole.
 */
export function createS3Store({ bucket, prefix, endpoint, region, silenceMs = SILENCE_MS }: S3Options): { store: Store; objects: Objects } {
  const client = new S3Client({
    ...(region !== undefined && { region }),
    // Other servers have no name for each bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: silenceMs, socketTimeout: silenceMs, throwOnRequestTimeout: true },
  });
  const keyOf = (key: string) => `${prefix}/${checked(key)}`;
  const inTime = () => ({ abortSignal: AbortSignal.timeout(CALL_MS) });

  async function put(key: string, bytes: Uint8Array): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const object = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: "*", ChecksumAlgorithm: "CRC32" });
        await client.send(object, inTime());
        return true;
      } catch (error) {
        const status = statusOf(error);
        if (status === 412) return false;
        // Another put of the key was on its way; the next try sees what became of it.
        if (status !== 409 || attempt === ATTEMPTS) throw unavailable(error);
        await pause(Math.random() * 100 * attempt);
      }
    }
  }

  /** When an object was stored; `undefined` if it is not there. */
  async function modifiedOf(key: string): Promise<Date | undefined> {
    try {
      const { LastModified = new Date() } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), inTime());
      return LastModified;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw unavailable(error);
    }
  }

  /** An object has a new time when it is stored anew, with the bytes that it has. Resolves to whether it is there. */
  async function markUsed(key: string): Promise<boolean> {
    const modified = await modifiedOf(key);
    if (!modified || !isStale(modified)) return modified !== undefined;
    try {
      const bytes = await read(key);
      if (bytes) await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ChecksumAlgorithm: "CRC32" }), inTime());
      return bytes !== undefined;
    } catch (error) {
      // It was found to be damaged: whoever asked looks at it next.
      if (error instanceof OrreryError && error.code === "artifact_corrupt") return true;
      throw error instanceof OrreryError ? error : unavailable(error);
    }
  }

  /** Begins to read an object; the SDK repeats this by itself. */
  async function open(key: string, how: { Range?: string; ChecksumMode?: "ENABLED" }): Promise<GetObjectCommandOutput | undefined> {
    try {
      return await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...how }), inTime());
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw unavailable(error);
    }
  }

  /** Reads an object to its end, anew if it breaks off or is not what was put, which the SDK finds after it has given it out. */
  async function read(key: string): Promise<Uint8Array | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const output = await open(key, { ChecksumMode: "ENABLED" });
      try {
        return await bytesOf(output);
      } catch (error) {
        if (attempt === ATTEMPTS) throw isDamage(error) ? damaged(error) : unavailable(error);
        await pause(Math.random() * 100 * attempt);
      }
    }
  }

  async function start(key: string, length: number): Promise<Uint8Array | undefined> {
    try {
      return await bytesOf(await open(key, { Range: `bytes=0-${length - 1}` }));
    } catch (error) {
      // An empty object has no range.
      if (error instanceof OrreryError && statusOf(error.cause) === 416) return new Uint8Array();
      throw error instanceof OrreryError ? error : unavailable(error);
    }
  }

  async function list(start: string, { after, limit, partial = false }: Page = {}): Promise<Entry[]> {
    const most = checkedPage(start, limit);
    const entries: Entry[] = [];
    let last = after === undefined ? undefined : `${prefix}/${after}`;
    // What is being put is not there at all.
    while (!partial && entries.length < most) {
      const input = { Bucket: bucket, Prefix: `${prefix}/${start}`, MaxKeys: Math.min(most - entries.length, MOST_LISTED) };
      const page = await client
        .send(new ListObjectsV2Command({ ...input, ...(last !== undefined && { StartAfter: last }) }), inTime())
        .catch((error: unknown) => {
          throw unavailable(error);
        });
      for (const { Key = "", Size = 0, LastModified = new Date() } of page.Contents ?? [])
        entries.push({ key: Key.slice(prefix.length + 1), bytes: Size, modified: LastModified });
      last = page.Contents?.at(-1)?.Key;
      if (!page.IsTruncated || last === undefined) break;
    }
    return entries;
  }

  return {
    store: {
      async putIfAbsent(key, bytes) {
        return putOrMark(
          () => put(keyOf(key), bytes),
          () => markUsed(keyOf(key)),
        );
      },
      use: async (key) => markUsed(keyOf(key)),
      get: async (key) => read(keyOf(key)),
      getStart: async (key, length) => start(keyOf(key), length),
      stream: async (key) => (await open(keyOf(key), { ChecksumMode: "ENABLED" }))?.Body as Readable | undefined,
      list,
      async move(key, to) {
        const source = `${bucket}/${keyOf(key)}`;
        const copy = new CopyObjectCommand({ Bucket: bucket, Key: keyOf(to), CopySource: source });
        const original = new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(key) });
        try {
          await client.send(copy, inTime());
          await client.send(original, inTime());
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          throw unavailable(error);
        }
      },
      async delete(key, before) {
        const modified = await modifiedOf(keyOf(key));
        if (!modified || modified >= before) return false;
        try {
          await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(key) }), inTime());
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          throw unavailable(error);
        }
      },
      async check() {
        // Whether the key is there already or not, the answer shows that this process may write.
        await put(`${prefix}/check`, new Uint8Array());
      },
    },
    objects: {
      async open(address, signal) {
        try {
          const { Body, ContentType, ContentEncoding } = await client.send(
            new GetObjectCommand({ Bucket: address.bucket, Key: address.key }),
            {
              abortSignal: signal,
            },
          );
          const body = Body as Readable;
          return { chunks: body, contentType: ContentType, contentEncoding: ContentEncoding, close: () => void body.destroy() };
        } catch (error) {
          signal.throwIfAborted();
          if (statusOf(error) === 404) return undefined;
          throw unavailable(error);
        }
      },
    },
  };
}

/** The status of the answer, even if the SDK could not read the rest of it. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "$metadata" in error ? (error as S3ServiceException).$metadata.httpStatusCode : undefined;
}

async function bytesOf(output: GetObjectCommandOutput | undefined): Promise<Uint8Array | undefined> {
  // The SDK stops watching the time once the first bytes are here.
  if (output) addAbortSignal(AbortSignal.timeout(CALL_MS), output.Body as Readable);
  return output?.Body?.transformToByteArray();
}

/** The SDK has no class for it. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && /^checksum mismatch/i.test(error.message);
}
