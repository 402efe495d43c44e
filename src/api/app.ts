import express, { type Express } from "express";
import { KINDS } from "../contract/names.ts";
import { NO_RULES } from "../datasets/uri.ts";
import { NO_CALLBACKS } from "../webhooks/callback.ts";
import { createAuditLog } from "./audit/log.ts";
import { createDeadLetters } from "./dead-letters/letters.ts";
import type { AppDeps } from "./deps.ts";
import { createHealth } from "./health.ts";
import { createJobBody } from "./jobs/body.ts";
import { createJobReader } from "./jobs/reader.ts";
import { createSpending } from "./jobs/spending.ts";
import { createSubmit } from "./jobs/submit.ts";
import { createWatchers } from "./jobs/watchers.ts";
import { createAccessLog } from "./middleware/access-log.ts";
import { context } from "./middleware/context.ts";
import { hosts } from "./middleware/host.ts";
import { problems, unknownRoute } from "./middleware/problems.ts";
import { security } from "./middleware/security.ts";
import { openApiDocument } from "./openapi.ts";
import { mount, type Operation } from "./operation.ts";
import { listAudit } from "./routes/audit/list.ts";
import { createDataset } from "./routes/datasets/create.ts";
import { deadLetterArtifacts } from "./routes/dead-letters/artifacts.ts";
import { discardDeadLetter } from "./routes/dead-letters/discard.ts";
import { readDeadLetters } from "./routes/dead-letters/read.ts";
import { replayDeadLetters } from "./routes/dead-letters/replay.ts";
import { openapi } from "./routes/docs/openapi.ts";
import { documentation } from "./routes/docs/pages.ts";
import { probes } from "./routes/health/probes.ts";
import { jobArtifacts } from "./routes/jobs/artifacts.ts";
import { cancelJob } from "./routes/jobs/cancel.ts";
import { jobEvents } from "./routes/jobs/events.ts";
import { explainJob } from "./routes/jobs/explain.ts";
import { listJobs } from "./routes/jobs/list.ts";
import { readJob } from "./routes/jobs/read.ts";
import { rerunJob } from "./routes/jobs/rerun.ts";
import { submitJob } from "./routes/jobs/submit.ts";
import { jobTree } from "./routes/jobs/tree.ts";
import type { Services } from "./services.ts";
import { createQueues } from "./temporal/queues.ts";
import { createTemporal } from "./temporal/temporal.ts";

export interface Gateway {
  app: Express;
  /** The requests that are not answered yet, as the log tells them. */
  open(): object[];
  /** Says that the gateway is not ready any more, and ends every waiting call and stream, so that connections can close. */
  drain(): void;
}

/** Builds the gateway. Opens no socket and starts no timer until a request comes. */
export function createApp({ connection, store, circuits, logger, options }: AppDeps): Gateway {
  const { namespace, temporalTimeoutMs: timeoutMs, temporalUiUrl } = options;
  const temporal = createTemporal({ connection, namespace, timeoutMs });
  const queues = createQueues(temporal);
  const reader = createJobReader(temporal, queues);
  const draining = new AbortController();
  const services: Services = {
    options,
    logger,
    store,
    temporal,
    queues,
    reader,
    spending: createSpending(temporal),
    watchers: createWatchers({ temporal, reader }),
    submit: createSubmit({
      temporal,
      store,
      reader,
      reuse: options.storeReuse,
      uris: options.uris ?? NO_RULES,
      callbacks: options.callbacks ?? NO_CALLBACKS,
    }),
    deadLetters: createDeadLetters(temporal),
    jobBody: createJobBody(temporalUiUrl && `${temporalUiUrl.replace(/\/$/, "")}/namespaces/${namespace}`),
    audit: createAuditLog(store, logger),
    health: createHealth({ temporal, store, circuits, logger }),
    draining: draining.signal,
  };

  const operations: Operation[] = [
    ...KINDS.flatMap((kind) => submitJob(kind, services)),
    listJobs(services),
    ...readJob(services),
    jobEvents(services),
    jobTree(services),
    explainJob(services),
    cancelJob(services),
    rerunJob(services),
    ...jobArtifacts(services),
    // Before the path of one dead letter, which would take its name for an id.
    replayDeadLetters(services),
    ...readDeadLetters(services),
    ...deadLetterArtifacts(services),
    discardDeadLetter(services),
    createDataset(services),
    listAudit(services),
    ...probes(services),
    openapi(() => openApiDocument(operations, options.version)),
    ...documentation(services),
  ];

  const accessLog = createAccessLog(logger);
  const app = express();
  app.disable("x-powered-by");
  // Tags are made from the state of a job, not from the bytes of a reply.
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(accessLog.middleware, context, security, hosts(options.anyHost ?? false));
  mount(app, operations);
  app.use(unknownRoute, problems(logger));
  return {
    app,
    open: accessLog.open,
    drain() {
      draining.abort();
      services.health.drain();
      services.watchers.close();
    },
  };
}
