import { createHash } from "node:crypto";
import { OrreryError } from "../contract/errors.ts";

/**
 * Bytes of a token in front of the server's own: a check of all that follows, which a text that is no whole token fails, and
 * what binds the token to the list that it continues.
 */
const CHECK = 6;
const BINDING = 9;

function hashOf(data: string | Uint8Array, bytes: number): Buffer {
  return createHash("sha256").update(data).digest().subarray(0, bytes);
}

/** The page token of a list whose filter is `query`; empty at its end. */
export function encodeToken(token: Uint8Array, query: string): string {
  if (token.length === 0) return "";
  const bound = Buffer.concat([hashOf(query, BINDING), token]);
  return Buffer.concat([hashOf(bound, CHECK), bound]).toString("base64url");
}

/** The server's token in a page token. Throws `invalid_parameter` for one that belongs to another list, or to none. */
export function decodeToken(text: string, query: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url");
  if (text === "") return bytes;
  const bound = bytes.subarray(CHECK);
  if (bound.length <= BINDING || !bytes.subarray(0, CHECK).equals(hashOf(bound, CHECK))) {
    throw tokenFault("is not one that a list gave, or not all of it; send next_page_token unchanged, or begin again without it");
  }
  if (bound.subarray(0, BINDING).equals(hashOf(query, BINDING))) return bound.subarray(BINDING);
  throw tokenFault("belongs to a list with another filter; keep the filter, or begin again without it");
}

function tokenFault(detail: string): OrreryError {
  return new OrreryError("invalid_parameter", `The page_token ${detail}.`, { faults: [{ pointer: "/page_token", detail }] });
}
