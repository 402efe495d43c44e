import type { Connection } from "@temporalio/client";
import type { UriRules } from "../datasets/uri.ts";
import type { Circuits } from "../outbound/circuits.ts";
import type { Store } from "../storage/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { CallbackRules } from "../webhooks/callback.ts";

/** What a gateway is built from. Nothing here is read from the environment. */
export interface AppDeps {
  connection: Connection;
  store: Store;
  /** Those of the store and of whatever else this process calls. */
  circuits: Circuits;
  logger: Logger;
  options: GatewayOptions;
}

export interface GatewayOptions {
  version: string;
  /** Namespace of the jobs. */
  namespace: string;
  /** Address of the Temporal Web UI for links in job bodies; without it there are none. */
  temporalUiUrl?: string;
  /** Refuse a submit without an idempotency key. */
  requireIdempotencyKey: boolean;
  /** Answer a request without a key from a stored result of the same request. */
  storeReuse: boolean;
  /** Most bytes of one request body. */
  maxUploadBytes: number;
  /** What datasets may be fetched from, beside the public internet. Default: nothing. */
  uris?: UriRules;
  /** What webhooks may be sent to. Default: nothing. */
  callbacks?: CallbackRules;
  /** Longest wait for one call to Temporal, in milliseconds. */
  temporalTimeoutMs: number;
  /** Time in which one call may begin to replay dead letters, in milliseconds. Default: 25 s. */
  replayMs?: number;
  /**
   * Answer whatever name a request gives the server. Without it only loopback names are answered, because a page that
   * a browser loaded from elsewhere can reach an unprotected server on this machine under a name of its own.
   */
  anyHost?: boolean;
  /** Directory of the pages that explain the error codes, `<code>.md`. */
  errorPages: string;
}
