import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { callbackRules, loadSettings, loadTemporal, storeOptions, uriRules } from "../config/load.ts";
import { createCircuits } from "../outbound/circuits.ts";
import { openStore } from "../storage/open.ts";
import { drainOnSignal } from "../telemetry/drain.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createApp } from "./app.ts";
import { stopperOf } from "./stop.ts";
import { connectTemporal } from "./temporal/connection.ts";

/** Longest that a stopping gateway lets requests finish; then they are cut off. Waiting calls and streams are ended at once. */
const DRAIN_MS = 10_000;

/** Bounds for slow clients: an upload may take two minutes, headers ten seconds; an idle connection is kept for a minute. */
const REQUEST_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

async function main(): Promise<void> {
  const settings = loadSettings();
  const target = loadTemporal(settings);
  const logger = createLogger({ level: settings.ORRERY_LOG_LEVEL, process: "gateway" });
  const connection = connectTemporal(target.connection);
  const uiUrl = settings.ORRERY_TEMPORAL_UI_URL ?? (target.explicit ? undefined : `http://127.0.0.1:${settings.ORRERY_TEMPORAL_UI_PORT}`);
  const circuits = createCircuits((change) => logger.warn(change, "circuit changed"));
  const { store } = await openStore(storeOptions(settings), circuits);
  const gateway = createApp({
    connection,
    logger,
    store,
    circuits,
    options: {
      version: packageVersion(),
      namespace: target.namespace,
      ...(uiUrl !== undefined && { temporalUiUrl: uiUrl }),
      requireIdempotencyKey: settings.ORRERY_REQUIRE_IDEMPOTENCY_KEY,
      storeReuse: settings.ORRERY_STORE_REUSE,
      uris: uriRules(settings),
      callbacks: callbackRules(settings),
      maxUploadBytes: settings.ORRERY_MAX_UPLOAD_BYTES,
      temporalTimeoutMs: settings.ORRERY_TEMPORAL_TIMEOUT_MS,
      anyHost: settings.ORRERY_TRUSTED_NETWORK,
      errorPages: fileURLToPath(new URL("../../docs/errors/", import.meta.url)),
    },
  });

  const server = createServer(gateway.app);
  const stop = stopperOf(server);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await listen(server, settings.ORRERY_HOST, settings.ORRERY_PORT);

  drainOnSignal({
    logger,
    boundMs: DRAIN_MS,
    waiting: () => ({ requests: gateway.open() }),
    async close() {
      gateway.drain();
      await stop();
      await connection.close();
    },
  });
  // The embedded default keeps a channel to its children: when it is killed, they must not live on.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : settings.ORRERY_PORT;
  logger.info({ host: settings.ORRERY_HOST, port, namespace: target.namespace }, "gateway listens");
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${port} of ${host} is taken; stop what listens there, or choose another with ORRERY_PORT.`, { cause: error });
  }
}

function packageVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
