import { once } from "node:events";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { stopperOf } from "../../src/api/stop.ts";

/** Far longer than any stop here may take. */
const LONG_MS = 10_000;

let server: Server;
afterEach(() => server.closeAllConnections());

async function listen(handle: RequestListener): Promise<{ port: number; stop: () => Promise<void> }> {
  server = createServer(handle);
  const stop = stopperOf(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, stop };
}

async function quickly(stopped: Promise<void>): Promise<void> {
  const began = performance.now();
  await stopped;
  expect(performance.now() - began).toBeLessThan(LONG_MS);
}

test("a request in flight is answered, is told to be the last of its connection, and the server is gone with it", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>();
  const { port, stop } = await listen((_, response) => arrive(() => response.end("done")));
  const answer = fetch(`http://127.0.0.1:${port}`);
  const finish = await arrived;

  const stopped = stop();
  setTimeout(finish, 50);

  const response = await answer;
  expect([await response.text(), response.headers.get("connection")]).toEqual(["done", "close"]);
  await quickly(stopped);
});

test("a reply whose headers are out already ends its connection too", async () => {
  const { port, stop } = await listen((_, response) => {
    response.writeHead(200, { "content-length": "4" }).write("do");
    setTimeout(() => response.end("ne"), 200);
  });
  const answer = request({ port, host: "127.0.0.1", headers: { connection: "keep-alive" } }).end();
  const [response] = await once(answer, "response");
  const body = response.setEncoding("utf8").toArray();

  await quickly(stop());

  expect((await body).join("")).toBe("done");
});

test("a connection that is idle, or has never asked for anything, does not hold the server", async () => {
  const { port, stop } = await listen((_, response) => response.end("done"));
  await (await fetch(`http://127.0.0.1:${port}`)).text();
  const silent = connect(port, "127.0.0.1");
  await once(silent, "connect");

  await quickly(stop());
});
