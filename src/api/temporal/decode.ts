import { defaultPayloadConverter } from "@temporalio/client";
import type { Payload } from "@temporalio/common";

/** A 64-bit integer as the protocol's library hands it out. */
interface Integer {
  toString(): string;
}

interface Timestamp {
  seconds?: Integer | null;
  nanos?: number | null;
}

/** Milliseconds since the epoch. */
export function millisOf(time: Timestamp | null | undefined): number | undefined {
  return time ? numberOf(time.seconds) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000) : undefined;
}

export function numberOf(value: Integer | null | undefined): number {
  return value ? Number(value.toString()) : 0;
}

/** The value of a payload. What this process cannot decode, such as an encrypted payload, is `undefined`. */
export function decoded<T>(payload: Payload | null | undefined): T | undefined {
  if (!payload) return undefined;
  try {
    return defaultPayloadConverter.fromPayload<T>(payload);
  } catch {
    return undefined;
  }
}

export function fieldsOf(fields: Record<string, Payload> | null | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, payload]) => [name, decoded(payload)]));
}
