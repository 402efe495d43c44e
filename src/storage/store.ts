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
