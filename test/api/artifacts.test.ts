import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import express from "express";
import { afterEach, expect, test } from "vitest";
import { problems } from "../../src/api/middleware/problems.ts";
import { mount } from "../../src/api/operation.ts";
import { jobArtifacts } from "../../src/api/routes/jobs/artifacts.ts";
import type { Services } from "../../src/api/services.ts";
import type { Logger } from "../../src/telemetry/logger.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves one file of 1 MiB from the stream, and collects what is logged as an error. */
async function serve(stream: Readable): Promise<{ url: string; errors: { code: string; err: Error }[] }> {
  const errors: { code: string; err: Error }[] = [];
  const artifact = { name: "rows.csv", content_type: "text/csv", bytes: 1_048_576, sha256: "0", key: "k" };
  const services = {
    reader: { read: async () => ({ jobId: "discover-1", summary: { artifacts: [artifact] } }) },
    store: { stream: async () => stream },
  };
  const app = express();
  mount(app, jobArtifacts(services as unknown as Services));
  app.use(problems({ error: (fields: { code: string; err: Error }) => errors.push(fields) } as unknown as Logger));
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/jobs/discover-1/artifacts/rows.csv`, errors };
}

test.each([
  ["before the first byte", []],
  ["in the middle", ["some rows"]],
])("a store that breaks off %s cuts the reply, and the log tells why", async (_, chunks) => {
  const { url, errors } = await serve(
    Readable.from(
      (async function* () {
        yield* chunks;
        throw new Error("EIO: i/o error, read");
      })(),
    ),
  );

  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();

  await expect.poll(() => errors.map(({ code, err }) => [code, err.message])).toEqual([["store_unavailable", "EIO: i/o error, read"]]);
});

test("a client that hangs up is no error", async () => {
  const stream = new Readable({ read: () => undefined });
  stream.push("some rows");
  const { url, errors } = await serve(stream);
  const left = new AbortController();
  const response = await fetch(url, { signal: left.signal });
  expect(response.status).toBe(200);

  left.abort();

  await expect.poll(() => stream.destroyed).toBe(true);
  expect(errors).toEqual([]);
});
