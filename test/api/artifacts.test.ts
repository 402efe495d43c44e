import { createHash } from "node:crypto";
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
async function serve(stream: Readable, sha256 = "0"): Promise<{ url: string; errors: { code: string; err: Error }[] }> {
  const errors: { code: string; err: Error }[] = [];
  const artifact = { name: "rows.csv", content_type: "text/csv", bytes: 1_048_576, sha256, key: "k" };
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

function broken(chunks: string[]): Readable {
  return Readable.from(
    (async function* () {
      yield* chunks;
      throw new Error("EIO: i/o error, read");
    })(),
  );
}

test("a store that breaks off in the middle cuts the reply, and the log tells why", async () => {
  const { url, errors } = await serve(broken(["some rows", "more rows"]));

  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();

  await expect.poll(() => errors.map(({ code, err }) => [code, err.message])).toEqual([["store_unavailable", "EIO: i/o error, read"]]);
});

test("a store that breaks off before anything is sent is refused", async () => {
  const { url } = await serve(broken(["some rows"]));

  const response = await fetch(url);

  expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code: "store_unavailable" })]);
  expect(response.headers.get("etag")).not.toBe('"0"');
});

test("a damaged file that is sent at once is refused, and of a longer one the end is missing", async () => {
  const short = await fetch((await serve(Readable.from(["rows"]))).url);
  expect([short.status, await short.json()]).toEqual([500, expect.objectContaining({ code: "artifact_corrupt" })]);
  server?.close();

  const { url, errors } = await serve(Readable.from([Buffer.alloc(524_288), Buffer.alloc(524_288)]));
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  await expect.poll(() => errors.map(({ code }) => code)).toEqual(["artifact_corrupt"]);
});

test("a whole file is sent to its last byte", async () => {
  const chunks = [Buffer.alloc(524_288, "a"), Buffer.alloc(524_288, "b")];
  const sha256 = createHash("sha256").update(Buffer.concat(chunks)).digest("hex");

  const response = await fetch((await serve(Readable.from(chunks), sha256)).url);

  expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.concat(chunks))).toBe(0);
  expect(response.headers.get("etag")).toBe(`"${sha256}"`);
});

test("a client that hangs up is no error", async () => {
  const stream = new Readable({ read: () => undefined });
  stream.push("some rows");
  setImmediate(() => stream.push("more rows"));
  const { url, errors } = await serve(stream);
  const left = new AbortController();
  const response = await fetch(url, { signal: left.signal });
  expect(response.status).toBe(200);

  left.abort();

  await expect.poll(() => stream.destroyed).toBe(true);
  expect(errors).toEqual([]);
});
