import { createHash, randomUUID } from "node:crypto";
import { log } from "@temporalio/activity";
import canonicalize from "canonicalize";
import { OrreryError } from "../contract/errors.ts";
import { damagedKey } from "../contract/keys.ts";
import type { Store } from "../storage/store.ts";

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether stored bytes are what they should be. */
type Check = (stored: Uint8Array) => boolean;

/**
 * The bytes under a key, or `undefined` if there are none. Damaged ones are none: they are moved aside for an operator to
 * look at, so that whole ones can take their place.
 */
export async function readIntact(store: Store, key: string, isIntact: Check): Promise<Uint8Array | undefined> {
  // Damage on the way to here is gone at the second look, and so is what another has healed since.
  for (let look = 1; look <= 2; look += 1) {
    const stored = await read(store, key);
    if (stored === undefined || (stored !== "damaged" && isIntact(stored))) return stored;
  }
  const aside = `${damagedKey(key)}.${randomUUID()}`;
  if (await store.move(key, aside)) log.warn("a damaged file was set aside", { key, moved_to: aside });
  return undefined;
}

async function read(store: Store, key: string): Promise<Uint8Array | "damaged" | undefined> {
  try {
    return await store.get(key);
  } catch (error) {
    if (error instanceof OrreryError && error.code === "artifact_corrupt") return "damaged";
    throw error;
  }
}

/** Whether a file was ever set aside that had this key. */
export async function wasDamaged(store: Store, key: string): Promise<boolean> {
  return (await store.list(`${damagedKey(key)}.`, { limit: 1 })).length > 0;
}

/** Rounds in which another process may set aside or clean up what is there. */
const ROUNDS = 3;

/**
 * Puts bytes under a key that stands for exactly these bytes; damaged ones that are there make room. Throws
 * `artifact_corrupt` if intact others are there, which an engine that is not deterministic would leave. By default any
 * others are damaged ones, as they are where the key is the hash of the bytes.
 */
export async function keep(
  store: Store,
  key: string,
  bytes: Uint8Array,
  isIntact: Check = (stored) => Buffer.compare(stored, bytes) === 0,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (await store.putIfAbsent(key, bytes)) return;
    const stored = await readIntact(store, key, isIntact);
    if (!stored) continue;
    if (Buffer.compare(stored, bytes) === 0) return;
    break;
  }
  throw new OrreryError(
    "artifact_corrupt",
    `The store holds other bytes than expected under ${key}; an operator has to look at it and remove it.`,
  );
}

/** RFC 8785 text: one document, one sequence of bytes. */
export function canonical(document: unknown): string {
  const text = canonicalize(document);
  if (text === undefined) throw new TypeError("the document has no canonical form");
  return text;
}
