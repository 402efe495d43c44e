import type { Store } from "../storage/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { AuditLog } from "./audit/log.ts";
import type { DeadLetters } from "./dead-letters/letters.ts";
import type { GatewayOptions } from "./deps.ts";
import type { Health } from "./health.ts";
import type { JobBody } from "./jobs/body.ts";
import type { JobReader } from "./jobs/reader.ts";
import type { Spending } from "./jobs/spending.ts";
import type { SubmitJob } from "./jobs/submit.ts";
import type { Watchers } from "./jobs/watchers.ts";
import type { Queues } from "./temporal/queues.ts";
import type { Temporal } from "./temporal/temporal.ts";

/** What the routes are built from; each takes the few parts that it needs. */
export interface Services {
  options: GatewayOptions;
  logger: Logger;
  store: Store;
  temporal: Temporal;
  queues: Queues;
  reader: JobReader;
  spending: Spending;
  watchers: Watchers;
  submit: SubmitJob;
  deadLetters: DeadLetters;
  jobBody: JobBody;
  health: Health;
  audit: AuditLog;
  /** Aborts when the gateway is told to stop. */
  draining: AbortSignal;
}
