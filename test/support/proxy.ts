import { once } from "node:events";
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

const SLOW_MS = 2_000;

/**
 * What a proxy does to a request: answers with a status itself, never answers, or passes it on and loses the answer, gives
 * it seconds later, cuts it short, alters a byte of its body, or stops in the middle of it.
 */
export type Fault = number | "silent" | "lost" | "slow" | "cut" | "altered" | "stalled";

export interface FaultyProxy {
  url: string;
  /** Strikes the next requests, after the first few if asked to. The others pass as they are. */
  strike(fault: Fault, requests: number, after?: number): void;
  /** Requests since the last strike was ordered, repetitions included. */
  asked(): number;
  close(): Promise<void>;
}

/** A real HTTP proxy in front of a server. */
export async function startProxy(endpoint: string): Promise<FaultyProxy> {
  let orders: { fault: Fault; after: number; left: number } = { fault: 503, after: 0, left: 0 };
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const fault = orders.after <= 0 && orders.left > 0 ? orders.fault : undefined;
    if (orders.after > 0) orders.after -= 1;
    else orders.left -= 1;
    handle(request, response, fault).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const body = await buffer(request);
    if (typeof fault === "number") {
      response.writeHead(fault).end();
      return;
    }
    if (fault === "silent") return;
    const onward = forward(endpoint + request.url, { method: request.method, headers: request.headers });
    onward.end(body);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const bytes = await buffer(answer);
    if (fault === "lost") {
      response.destroy();
      return;
    }
    if (fault === "slow") await pause(SLOW_MS);
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (fault === undefined || fault === "slow") response.end(bytes);
    else if (fault === "altered") response.end(bytes.fill(bytes.length === 0 ? 0 : bytes.readUInt8(0) ^ 1, 0, 1));
    else {
      response.write(bytes.subarray(0, bytes.length >> 1));
      if (fault === "cut") setImmediate(() => response.destroy());
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    strike(fault, requests, after = 0) {
      orders = { fault, after, left: requests };
      asked = 0;
    },
    asked: () => asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
