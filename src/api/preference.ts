import type { Request, Response } from "express";

/** Longest wait that a client can ask for, in seconds. */
const MAX_WAIT = 60;

/**
 * Seconds that the client is ready to wait (RFC 7240, `Prefer: wait=10`). `respond-async` without `wait` is zero; a
 * preference that cannot be understood is ignored, as the RFC asks. Notes in the reply what was applied.
 */
export function waitSeconds(request: Request, response: Response, otherwise: number): number {
  response.vary("Prefer");
  const preferences = (request.get("prefer") ?? "").split(/[,;]/).map((part) => part.trim().toLowerCase());
  const asked = preferences.map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1]).find((digits) => digits !== undefined);
  if (asked !== undefined) {
    const seconds = Math.min(MAX_WAIT, Number(asked));
    response.set("Preference-Applied", `wait=${seconds}`);
    return seconds;
  }
  if (!preferences.includes("respond-async")) return otherwise;
  response.set("Preference-Applied", "respond-async");
  return 0;
}

/**
 * Whether the client knows the state with this tag (`If-None-Match`, weak comparison). A `Cache-Control` of the request
 * does not count: the fetch of browsers and Node adds `no-cache` to every request that carries a tag.
 */
export function knows(request: Request, tag: string): boolean {
  const known = request.get("if-none-match")?.split(",").map(strong) ?? [];
  return known.includes("*") || known.includes(strong(tag));
}

function strong(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

/** Aborts when the client goes away before it has its answer. */
export function departure(response: Response): AbortSignal {
  const left = new AbortController();
  if (response.destroyed) left.abort();
  response.once("close", () => left.abort());
  return left.signal;
}
