import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { orrery } from "./run.ts";

test("arguments reach the process, and its exit code comes back", async () => {
  const { code, out, err } = await orrery(["setup", "--frequency=7"]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("--frequency");
});

test("a signal reaches the process and ends both", async () => {
  // A server that accepts and never answers holds the set-up in its connection.
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  const stop = new AbortController();
  const running = orrery(["setup"], { env, signal: stop.signal });
  const [socket] = (await once(server, "connection")) as [Socket];
  const gone = once(socket.resume(), "close");
  socket.on("error", () => undefined);
  stop.abort("SIGTERM");
  const { code } = await running;
  await gone;
  server.close();
  expect(code).toBe(143);
});
