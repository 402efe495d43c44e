import { OrreryError } from "../contract/errors.ts";

/**
 * The artifact store. Keys are `/`-separated names of letters, digits, `.`, `_` and `-`, with the tenant first; what
 * is stored under a key never changes, so a key either is absent or holds its final bytes.
 */
export interface Store {
  /** Stores the bytes unless the key is taken. Atomic: a reader sees all bytes or no key. Resolves to whether this call stored them. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** All bytes under the key, or `undefined`. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The first `length` bytes under the key (fewer if it holds fewer), or `undefined`. */
  getStart(key: string, length: number): Promise<Uint8Array | undefined>;
  /** The bytes under the key as a stream, or `undefined`. */
  stream(key: string): Promise<NodeJS.ReadableStream | undefined>;
  /** Resolves if the store can be read and written; throws `store_unavailable` if not. */
  check(): Promise<void>;
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

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** The key itself, if it is one. */
export function checked(key: string): string {
  if (!KEY.test(key) || key.length > 512) throw new Error(`not a store key: ${JSON.stringify(key.slice(0, 80))}`);
  return key;
}

export function unavailable(cause: unknown): OrreryError {
  return new OrreryError(
    "store_unavailable",
    "The artifact store cannot be used now; try again, and see the operator's log for the cause.",
    { cause },
  );
}
