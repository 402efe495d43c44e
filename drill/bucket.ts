import { join } from "node:path";
import { S3_CREDENTIALS, startS3 } from "../test/support/objects.ts";
import { type Fault, startProxy } from "../test/support/proxy.ts";
import { pause } from "./pause.ts";
import type { StageStore } from "./store.ts";

/**
 * What becomes of how many requests. A process leaves a store alone for ten minutes after five calls in a row that failed,
 * each tried three times: twelve requests are four calls at most, and jobs outlast them. What is silent takes 15 s a request,
 * so there are fewer; and what is altered three times in one call is taken for damaged for good.
 */
const TROUBLES: readonly { name: string; fault: Fault; requests: number }[] = [
  { name: "S3 answers 500", fault: 500, requests: 12 },
  { name: "S3 answers 503", fault: 503, requests: 12 },
  { name: "S3 answers slowly", fault: "slow", requests: 12 },
  { name: "S3 stops in the middle of answers", fault: "stalled", requests: 2 },
  { name: "S3 does not answer", fault: "silent", requests: 2 },
  { name: "S3 cuts its answers short", fault: "cut", requests: 12 },
  { name: "S3 loses its answers", fault: "lost", requests: 12 },
  { name: "S3 answers with other bytes", fault: "altered", requests: 2 },
];

/** Longest wait for the requests that are to be struck. */
const STRUCK_MS = 60_000;

/** A store in a bucket of a real server that speaks S3, behind a proxy that does to its answers what networks and clouds do. */
export async function openBucket(servers: string): Promise<StageStore> {
  const server = await startS3(servers, ["drill"]);
  const proxy = await startProxy(server.endpoint);

  async function strike(fault: Fault, requests: number): Promise<string> {
    proxy.strike(fault, requests);
    const end = Date.now() + STRUCK_MS;
    while (proxy.asked() < requests && Date.now() < end) await pause(20);
    const struck = Math.min(proxy.asked(), requests);
    proxy.strike(fault, 0);
    if (struck === 0) throw new Error(`no request came to S3 within ${STRUCK_MS} ms`);
    return `${struck} requests to S3 were struck: ${fault}`;
  }

  return {
    env: { ...S3_CREDENTIALS, ORRERY_STORE: "s3", ORRERY_STORE_BUCKET: "drill", ORRERY_STORE_ENDPOINT: proxy.url },
    folder: join(server.folder, "drill"),
    troubles: TROUBLES.map(({ name, fault, requests }) => ({ name, strike: () => strike(fault, requests) })),
    renames: false,
    leftOut: [],
    async close() {
      await proxy.close();
      await server.close();
    },
  };
}
