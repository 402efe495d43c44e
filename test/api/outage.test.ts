import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectTemporal } from "../../src/api/temporal/connection.ts";
import { translate } from "../../src/api/temporal/faults.ts";
import { createTemporal } from "../../src/api/temporal/temporal.ts";
import { createCircuits } from "../../src/outbound/circuits.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { call } from "../support/http.ts";
import { lostStore } from "../support/objects.ts";
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

test("a store that failed five times is left alone, and the reply says for how long", async () => {
  const circuits = createCircuits();
  const temporalAddress = `127.0.0.1:${await freePort()}`;
  const gateway = await startGateway({ temporalAddress, dataDir, store: await lostStore(circuits), circuits });
  const send = () => call<Refusal & { detail: string }>("POST", `${gateway.url}/v1/datasets`, { body: { columns: { a: [1, 2] } } });
  const circuit = async () => (await call<{ circuits: { state: string }[] }>("GET", `${gateway.url}/health`)).body.circuits;

  for (let upload = 0; upload < 5; upload += 1) expect((await send()).headers.get("retry-after")).toBe("2");
  const refused = await send();

  expect([refused.status, refused.body.code]).toEqual([503, "store_unavailable"]);
  expect(refused.body.detail).toMatch(/left alone until 20/);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(500);
  expect(await circuit()).toEqual([{ target: "store", state: "open", reopens_at: expect.stringMatching(/^20.*Z$/) }]);
  await gateway.close();
});

describe("a namespace that the server does not have", () => {
  const temporalAddress = () => inject("temporalAddress");
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ temporalAddress: temporalAddress(), dataDir, options: { namespace: "nowhere" } });
  });
  afterAll(() => gateway.close());

  test.each([
    ["POST", "/v1/discover_async"],
    ["GET", "/v1/jobs/discover-1"],
    ["GET", "/v1/jobs"],
    ["POST", "/v1/jobs/discover-1/cancel"],
  ])("is no job that does not exist: %s %s is refused as unavailable, without its name", async (method, path) => {
    const { status, body } = await call<Refusal>(method, `${gateway.url}${path}`, method === "POST" ? { body: keplerRequest } : {});
    expect([status, body.code]).toEqual([503, "temporal_unavailable"]);
    expect(JSON.stringify(body)).not.toMatch(/nowhere|namespace/i);
  });

  test("is named to the operator", async () => {
    const connection = connectTemporal({ address: temporalAddress() });
    const temporal = createTemporal({ connection, namespace: "nowhere", timeoutMs: 5_000 });

    const refusal = await temporal.describe("discover-1").catch((error: unknown) => error);

    expect(refusal).toMatchObject({ cause: { message: expect.stringMatching(/no namespace nowhere; correct TEMPORAL_NAMESPACE/) } });
    await connection.close();
  });
});

test.each([1, 2, 4, 8, 10, 11, 13, 14, 15])("gRPC status %i, which is the server's trouble, is unavailability", (code) => {
  const error = Object.assign(new Error("trouble at 10.0.0.1"), { code, details: "trouble", metadata: new Map() });

  expect(translate(error, "default")).toMatchObject({ code: "temporal_unavailable", message: expect.not.stringContaining("trouble") });
  expect(translate(new Error("wrapped", { cause: error }), "default")).toMatchObject({ code: "temporal_unavailable" });
});
