import { createHash, randomUUIDv7 } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import canonicalize from "canonicalize";
import { OrreryError } from "../../contract/errors.ts";
import type { Kind } from "../../contract/names.ts";

const MAX_KEY = 255;
const INVISIBLE = /[^\x21-\x7e]/;

/**
 * The key of a request, from `Idempotency-Key` or `x-idempotency-key`. The draft standard writes it as a quoted
 * string, most clients send it bare; both are the same key.
 */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const keys = [headers["idempotency-key"], headers["x-idempotency-key"]].flatMap((value) =>
    typeof value === "string" ? [unquoted(value)] : [],
  );
  const [key, other] = keys;
  if (other !== undefined && other !== key) {
    throw new OrreryError("idempotency_key_invalid", "Idempotency-Key and x-idempotency-key differ; send one of them.");
  }
  const fault = key === undefined ? undefined : faultOf(key);
  if (fault !== undefined) {
    throw new OrreryError(
      "idempotency_key_invalid",
      `The idempotency key ${fault}; send 1 to ${MAX_KEY} visible ASCII characters without spaces, such as a UUID.`,
    );
  }
  return key;
}

function faultOf(key: string): string | undefined {
  if (key === "") return "is empty";
  if (key.length > MAX_KEY) return `has ${key.length} characters`;
  const [bad] = INVISIBLE.exec(key) ?? [];
  if (bad === undefined) return undefined;
  const code = bad.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
  return `has ${bad === " " ? "a space" : `the byte 0x${code}`} as its character ${key.indexOf(bad) + 1}`;
}

function unquoted(value: string): string {
  return /^"(?:[^"\\]|\\["\\])*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : value;
}

/** A pure function of tenant, kind and key, so that every gateway finds the same job; without a key, a fresh id. */
export function jobIdOf(tenant: string, kind: Kind, key: string | undefined): string {
  if (key === undefined) return `${kind}-${randomUUIDv7()}`;
  // 160 bits in 32 characters of base 32: two keys do not meet.
  const hash = createHash("sha256")
    .update(JSON.stringify([tenant, kind, key]))
    .digest("hex")
    .slice(0, 40);
  return `${kind}-${BigInt(`0x${hash}`).toString(32).padStart(32, "0")}`;
}

/**
 * The hash of a checked request's canonical form (RFC 8785). That form sorts keys, but the order of inline columns has
 * a meaning, because the last one is the default target: so columns count as a list. Their values enter it as the text
 * that JSON.stringify gives, which the RFC prescribes for numbers, in a fifth of the time.
 */
export function requestHashOf(document: object): string {
  return `sha256:${createHash("sha256")
    .update(canonicalText(withOrderedColumns(document)))
    .digest("hex")}`;
}

function withOrderedColumns(document: object): object {
  const dataset: unknown = "dataset" in document ? document.dataset : undefined;
  if (typeof dataset !== "object" || dataset === null || !("columns" in dataset)) return document;
  const columns = Object.entries(dataset.columns as object).map(([name, values]) => [name, JSON.stringify(values)]);
  return { ...document, dataset: { ...dataset, columns } };
}

function canonicalText(document: object): string {
  try {
    return canonicalize(document) ?? "";
  } catch (cause) {
    throw new OrreryError(
      "invalid_request",
      "The document has no canonical form: a text in it is not valid Unicode; correct its \\u escapes.",
      { cause },
    );
  }
}
