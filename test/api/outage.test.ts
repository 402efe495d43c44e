import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { call } from "../support/http.ts";
import { keplerRequest } from "../support/planets.ts";
import { freePort } from "../support/ports.ts";

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "orrery-outage-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

interface Refusal {
  code: string;
  job_id: string;
}

function refusals(server: () => TestGateway, withinMs: number) {
  test("a submit is refused in time, and the refusal names the job that would be", async () => {
    const headers = { "idempotency-key": "one" };
    const began = performance.now();
    const first = await call<Refusal>("POST", `${server().url}/v1/discover_async`, { body: keplerRequest, headers });
    const second = await call<Refusal>("POST", `${server().url}/v1/discover`, { body: keplerRequest, headers });

    expect([first.status, second.status]).toEqual([503, 503]);
    expect(first.body.code).toBe("temporal_unavailable");
    expect(first.headers.get("retry-after")).toBe("2");
    expect(first.body.job_id).toMatch(/^discover-[0-9a-v]{32}$/);
    expect(second.body.job_id).toBe(first.body.job_id);
    expect(performance.now() - began).toBeLessThan(2 * withinMs);
  });

  test.each(["", "/status", "/result", "/events", "/tree", "/explain", "/artifacts"])(
    "reading a job%s is refused in time",
    async (rest) => {
      const { status, body } = await call<Refusal>("GET", `${server().url}/v1/jobs/discover-1${rest}`);
      expect([status, body.code]).toEqual([503, "temporal_unavailable"]);
    },
  );

  test("a list is refused", async () => {
    expect((await call("GET", `${server().url}/v1/jobs`)).status).toBe(503);
  });

  test("the gateway is alive, not ready, and says what fails", async () => {
    expect((await call("GET", `${server().url}/live`)).body).toEqual({ status: "alive" });
    const ready = await call<object>("GET", `${server().url}/ready`);
    expect([ready.status, ready.body]).toEqual([503, { status: "not_ready", failing: ["temporal"] }]);
    expect((await call<object>("GET", `${server().url}/health`)).body).toMatchObject({
      status: "not_ready",
      temporal: { status: "failing", retention_days: null },
      store: { status: "ok" },
    });
  });
}

describe("while nothing listens at Temporal's address", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ temporalAddress: `127.0.0.1:${await freePort()}`, dataDir });
  });
  afterAll(() => gateway.close());

  refusals(() => gateway, 5_000);

  test("a table can still be uploaded", async () => {
    expect((await call("POST", `${gateway.url}/v1/datasets`, { body: { columns: { a: [1, 2] } } })).status).toBe(201);
  });
});

describe("while Temporal takes connections and answers nothing", () => {
  let silent: Server;
  let gateway: TestGateway;
  beforeAll(async () => {
    silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    gateway = await startGateway({ temporalAddress: `127.0.0.1:${address.port}`, dataDir, options: { temporalTimeoutMs: 500 } });
  });
  afterAll(async () => {
    await gateway.close();
    silent.close();
  });

  refusals(() => gateway, 1_500);
});

test("a store that cannot be written is named", async () => {
  const file = join(dataDir, "a-file");
  await writeFile(file, "");
  const gateway = await startGateway({ temporalAddress: `127.0.0.1:${await freePort()}`, dataDir: join(file, "store") });

  const { body } = await call<{ failing: string[] }>("GET", `${gateway.url}/ready`);
  const upload = await call<Refusal>("POST", `${gateway.url}/v1/datasets`, { body: { columns: { a: [1, 2] } } });

  expect(body.failing).toContain("store");
  expect([upload.status, upload.body.code]).toEqual([503, "store_unavailable"]);
  await gateway.close();
});
