import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { OrreryError } from "../contract/errors.ts";
import type { Store } from "../storage/store.ts";

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Throws `artifact_corrupt` unless the bytes have the hash under which they were stored. */
export function verify(bytes: Uint8Array, hash: string): void {
  if (sha256(bytes) !== hash)
    throw new OrreryError("artifact_corrupt", "A stored file does not match its checksum; restore it or submit the job again.");
}

/**
 * Puts bytes under a key that stands for exactly these bytes. Throws `artifact_corrupt` if others are there: a damaged
 * disk, or an engine that is not deterministic. Nothing overwrites them, so that an operator can look.
 */
export async function keep(store: Store, key: string, bytes: Uint8Array): Promise<void> {
  if (await store.putIfAbsent(key, bytes)) return;
  const stored = await store.get(key);
  if (stored && Buffer.compare(stored, bytes) === 0) return;
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
