import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import { inject } from "vitest";
import type { GatewayOptions } from "../../src/api/deps.ts";
import { ATTRIBUTE_TYPES, ATTRIBUTES } from "../../src/contract/names.ts";
import { TYPE_CODES } from "../../src/dev/attributes.ts";
import { until } from "../support/child.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { createHandWorker, type HandWorker } from "./hand-worker.ts";

/** A gateway on a namespace of its own, where no worker of another test serves its queues. */
export interface Bench {
  url: string;
  gateway: TestGateway;
  client: Client;
  dataDir: string;
  /** Plays the worker, one task at a time. */
  hand: HandWorker;
  /** One more gateway on the same namespace and store. */
  another(options?: Partial<GatewayOptions>): Promise<TestGateway>;
  close(): Promise<void>;
}

export async function startBench(options: Partial<GatewayOptions> = {}): Promise<Bench> {
  const temporalAddress = inject("temporalAddress");
  const connection = await Connection.connect({ address: temporalAddress });
  const namespace = `api-${randomUUID()}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs("1 day") });
  const searchAttributes = Object.fromEntries(Object.entries(ATTRIBUTE_TYPES).map(([name, type]) => [name, TYPE_CODES[type]]));
  await until(`the namespace ${namespace}`, async () => {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes }).catch(() => undefined);
    const known = await connection.operatorService.listSearchAttributes({ namespace }).catch(() => undefined);
    return known?.customAttributes?.[ATTRIBUTES.error] === undefined ? undefined : true;
  });
  const client = new Client({ connection, namespace });
  const dataDir = await mkdtemp(join(tmpdir(), "orrery-api-"));
  const gateways: TestGateway[] = [];
  const another = async (more: Partial<GatewayOptions> = {}) => {
    const gateway = await startGateway({ temporalAddress, dataDir, options: { namespace, ...options, ...more } });
    gateways.push(gateway);
    return gateway;
  };
  const gateway = await another();
  return {
    url: gateway.url,
    gateway,
    client,
    dataDir,
    hand: createHandWorker(connection, namespace),
    another,
    async close() {
      await Promise.all(gateways.map((each) => each.close()));
      await connection.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
