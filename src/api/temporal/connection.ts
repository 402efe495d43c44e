import { Connection, type ConnectionOptions, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from "@temporalio/client";

/**
 * Retries of one call: four pauses of 0.1 to 0.5 s bridge about a second in which the server restarts. The library's own
 * ten attempts with pauses of up to 5 s would outlive the deadline of the call, because a pause that has begun is not cut
 * short.
 */
const RETRIES = { maxAttempts: 5, initialIntervalMs: () => 60 };

/** A server that was away for long is found again within this time; gRPC's own default is two minutes. */
const MAX_RECONNECT_MS = 1_000;

/** Connects on first use, so that a gateway starts, and answers that Temporal is away, while it is away. */
export function connectTemporal(options: ConnectionOptions): Connection {
  return Connection.lazy({
    ...options,
    channelArgs: {
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": MAX_RECONNECT_MS,
      ...options.channelArgs,
    },
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions(RETRIES))],
  });
}
