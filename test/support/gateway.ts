import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createApp } from "../../src/api/app.ts";
import type { GatewayOptions } from "../../src/api/deps.ts";
import { connectTemporal } from "../../src/api/temporal/connection.ts";
import { type Circuits, createCircuits } from "../../src/outbound/circuits.ts";
import { createFsStore } from "../../src/storage/fs.ts";
import type { Store } from "../../src/storage/store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";

export interface TestGateway {
  url: string;
  port: number;
  drain(): void;
  close(): Promise<void>;
}

export interface GatewayStart {
  temporalAddress: string;
  /** Root of the artifact store. */
  dataDir: string;
  /** Default: a store in `dataDir`. */
  store?: Store;
  circuits?: Circuits;
  options?: Partial<GatewayOptions>;
}

/** A gateway in this process, on a free port, with no worker behind it. */
export async function startGateway({
  temporalAddress,
  dataDir,
  store = createFsStore(dataDir),
  circuits = createCircuits(),
  options,
}: GatewayStart): Promise<TestGateway> {
  const connection = connectTemporal({ address: temporalAddress });
  const gateway = createApp({
    connection,
    store,
    circuits,
    logger: createLogger({ level: "silent", process: "gateway" }),
    options: {
      version: "0.0.0-test",
      namespace: "default",
      requireIdempotencyKey: false,
      storeReuse: true,
      maxUploadBytes: 1_048_576,
      temporalTimeoutMs: 5_000,
      errorPages: fileURLToPath(new URL("../../docs/errors/", import.meta.url)),
      ...options,
    },
  });
  const server = createServer(gateway.app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gateway has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    drain: () => gateway.drain(),
    async close() {
      gateway.drain();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await connection.close();
    },
  };
}
