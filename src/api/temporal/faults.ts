import { isGrpcServiceError } from "@temporalio/client";
import { OrreryError } from "../../contract/errors.ts";

/** Status codes of gRPC, as its specification numbers them. */
const GRPC = { cancelled: 1, invalidArgument: 3, deadlineExceeded: 4, notFound: 5, resourceExhausted: 8, unavailable: 14 } as const;

const AWAY: readonly number[] = [GRPC.cancelled, GRPC.deadlineExceeded, GRPC.resourceExhausted, GRPC.unavailable];

/** The gRPC status of an error, whether the client wrapped it or not. */
function statusOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  if (error instanceof Error && isGrpcServiceError(error.cause)) return error.cause.code;
  return undefined;
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error) === GRPC.notFound;
}

export function isInvalidArgument(error: unknown): boolean {
  return statusOf(error) === GRPC.invalidArgument;
}

/** Turns a server that is away, slow or throttling into `temporal_unavailable`; other errors pass. */
export function translate(error: unknown): unknown {
  const status = statusOf(error);
  if (status === undefined || !AWAY.includes(status)) return error;
  const what = status === GRPC.resourceExhausted ? "is at its limit" : "does not answer";
  return new OrreryError("temporal_unavailable", `The Temporal server ${what}; try again in a moment.`, { cause: error });
}
