import type { FetchTable } from "../datasets/fetch.ts";
import type { Narrate } from "../narrative/narrate.ts";
import type { Store } from "../storage/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { SendWebhook } from "../webhooks/send.ts";
import type { Compute } from "./compute.ts";

/** What activities act on; built once by the worker process. */
export interface ActivityDeps {
  store: Store;
  compute: Compute;
  fetchTable: FetchTable;
  sendWebhook: SendWebhook;
  narrate: Narrate;
  logger: Logger;
}
