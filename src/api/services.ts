import type { Store } from "../storage/store.ts";
import type { AuditLog } from "./audit/log.ts";
import type { GatewayOptions } from "./deps.ts";
import type { Health } from "./health.ts";
import type { JobBody } from "./jobs/body.ts";
import type { JobReader } from "./jobs/reader.ts";
import type { SubmitJob } from "./jobs/submit.ts";
import type { Watchers } from "./jobs/watchers.ts";
import type { Queues } from "./temporal/queues.ts";
import type { Temporal } from "./temporal/temporal.ts";

/** What the routes are built from; each takes the few parts that it needs. */
export interface Services {
  options: GatewayOptions;
  store: Store;
  temporal: Temporal;
  queues: Queues;
  reader: JobReader;
  watchers: Watchers;
  submit: SubmitJob;
  jobBody: JobBody;
  health: Health;
  audit: AuditLog;
}
