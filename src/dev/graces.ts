/** Longest times between the request to stop and the kill, in milliseconds. */

export const GATEWAY_GRACE_MS = 15_000;
export const SERVER_GRACE_MS = 15_000;

/** Beyond the drain of its jobs, a worker needs time to hand the rest back and to close. */
const CLOSING_MS = 12_000;

export function workerGraceMs(drainSeconds: number): number {
  return drainSeconds * 1_000 + CLOSING_MS;
}

/** A whole system stops its processes one after another. */
export function systemGraceMs(drainSeconds: number): number {
  return GATEWAY_GRACE_MS + workerGraceMs(drainSeconds) + SERVER_GRACE_MS;
}
