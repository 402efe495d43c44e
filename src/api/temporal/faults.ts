import { isGrpcServiceError } from "@temporalio/client";
import { getGrpcStatusDetails } from "@temporalio/client/lib/helpers.js";
import { NamespaceNotFoundError } from "@temporalio/common";
import { OrreryError } from "../../contract/errors.ts";

/** Status codes of gRPC, as its specification numbers them. */
const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  aborted: 10,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

/** The server is away or in trouble. Those that a retry can cure have been tried again by the client library, in vain. */
const AWAY: readonly number[] = [
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.outOfRange,
  GRPC.internal,
  GRPC.unavailable,
  GRPC.dataLoss,
];

/** The gRPC error in an error, whether the client wrapped it or not. */
function grpcOf(error: unknown) {
  if (isGrpcServiceError(error)) return error;
  if (error instanceof Error && isGrpcServiceError(error.cause)) return error.cause;
  return undefined;
}

export function isNotFound(error: unknown): boolean {
  return grpcOf(error)?.code === GRPC.notFound;
}

export function isInvalidArgument(error: unknown): boolean {
  return grpcOf(error)?.code === GRPC.invalidArgument;
}

/** The server says that it has no such namespace, which is no word about the workflow that was asked for. */
function isNamespaceMissing(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return true;
  const grpc = grpcOf(error);
  const details = (grpc?.code === GRPC.notFound && getGrpcStatusDetails(grpc)) || [];
  return details.some(({ type_url }) => type_url?.endsWith("/temporal.api.errordetails.v1.NamespaceNotFoundFailure"));
}

/** Turns a server that is away, in trouble or throttling, or lacks the namespace, into `temporal_unavailable`; other errors pass. */
export function translate(error: unknown, namespace: string): unknown {
  if (isNamespaceMissing(error)) {
    const cause = new Error(
      `The Temporal server has no namespace ${namespace}; correct TEMPORAL_NAMESPACE, or make it: temporal operator namespace create --namespace ${namespace}`,
      { cause: error },
    );
    return new OrreryError("temporal_unavailable", "The Temporal server is not set up for jobs; try again later, or tell the operator.", {
      cause,
    });
  }
  const status = grpcOf(error)?.code;
  if (status === undefined || !AWAY.includes(status)) return error;
  const what = status === GRPC.resourceExhausted ? "is at its limit" : "does not answer";
  return new OrreryError("temporal_unavailable", `The Temporal server ${what}; try again in a moment.`, { cause: error });
}
