import { OrreryError } from "../contract/errors.ts";

/**
 * The artifact store. Keys are `/`-separated names of letters, digits, `.`, `_` and `-`, with the tenant first; what
 * is stored under a key never changes, so a key either is absent or holds its final bytes.
 */
export interface Store {
  /**
   * Stores the bytes unless the key is taken. Atomic: a reader sees all bytes or no key. Resolves to whether this call
   * stored them. A taken key is marked as used, since whoever asked counts on it.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Marks a key as used: one that was `modified` more than USED_MS ago is so anew. Resolves to whether it is there. Whoever
   * lets a job name a file that it did not put asks for this first, so that no clean-up takes it for forgotten.
   */
  use(key: string): Promise<boolean>;
  /** All bytes under the key, or `undefined`. Throws `artifact_corrupt` where the store itself can tell that they are damaged. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The first `length` bytes under the key (fewer if it holds fewer), or `undefined`. */
  getStart(key: string, length: number): Promise<Uint8Array | undefined>;
  /** The bytes under the key as a stream, or `undefined`. */
  stream(key: string): Promise<NodeJS.ReadableStream | undefined>;
  /**
   * What is stored under keys that begin with `prefix`, in the order of the keys: at most `limit` (default 1,000, most
   * 10,000) of those after the key `after`. With `partial` it lists instead what puts that were killed left behind,
   * under names that `delete` takes; no other method knows them.
   */
  list(prefix: string, page?: Page): Promise<Entry[]>;
  /** Gives what is under a key another one, for damaged files alone. Resolves to whether there was anything. */
  move(key: string, to: string): Promise<boolean>;
  /**
   * Removes a key if it is there and was last modified before that time, and resolves to whether it did. For clean-up alone:
   * nothing else may assume that a key can go. A use between the look at the time and the removal is overlooked: in a
   * directory some microseconds, in S3 the time of one call, in Cloud Storage none.
   */
  delete(key: string, before: Date): Promise<boolean>;
  /** Resolves if the store can be read and written; throws `store_unavailable` if not. */
  check(): Promise<void>;
}

export interface Page {
  after?: string;
  limit?: number;
  partial?: boolean;
}

export interface Entry {
  key: string;
  bytes: number;
  /** When it was stored or used, to half a day. */
  modified: Date;
}

/** A clean-up leaves what was modified within a day, so what is in use has to be marked more often than that. */
export const USED_MS = 12 * 3_600_000;

export function isStale(modified: Date): boolean {
  return Date.now() - modified.getTime() > USED_MS;
}

/** Objects that others put into buckets: datasets that a request names by s3: or gs:. */
export interface Objects {
  /** Begins to read an object, or resolves to `undefined`. Throws `store_unavailable`. */
  open(address: { bucket: string; key: string }, signal: AbortSignal): Promise<StoredObject | undefined>;
}

export interface StoredObject {
  chunks: AsyncIterable<Buffer>;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  close(): void;
}

/** Rounds in which a clean-up may delete a key right after a put has found it taken. */
const ROUNDS = 5;

/** Puts a key, or marks the one that is there; puts it after all if it was deleted in between. Resolves to whether it was put. */
export async function putOrMark(put: () => Promise<boolean>, mark: () => Promise<boolean>): Promise<boolean> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (await put()) return true;
    if (await mark()) return false;
  }
  throw unavailable(new Error("the key is neither free nor is anything there"));
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

export function isKey(text: string): boolean {
  return KEY.test(text) && text.length <= 512;
}

/** The key itself, if it is one. */
export function checked(key: string): string {
  if (!isKey(key)) throw new Error(`not a store key: ${JSON.stringify(key.slice(0, 80))}`);
  return key;
}

const MAX_PAGE = 10_000;

/** The beginning of keys itself, if it is one, and how many entries are asked for. */
export function checkedPage(prefix: string, limit = 1_000): number {
  if (!/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*([A-Za-z0-9_-][A-Za-z0-9._-]*)?$/.test(prefix) || prefix.length > 512)
    throw new Error(`not the beginning of store keys: ${JSON.stringify(prefix.slice(0, 80))}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw new Error(`not a number of entries: ${limit}`);
  return limit;
}

export function unavailable(cause: unknown): OrreryError {
  return new OrreryError(
    "store_unavailable",
    "The artifact store cannot be used now; try again, and see the operator's log for the cause.",
    { cause },
  );
}

export function damaged(cause: unknown): OrreryError {
  return new OrreryError("artifact_corrupt", "A stored file does not match its checksum; restore it or submit the job again.", { cause });
}
