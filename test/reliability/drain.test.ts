import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Child, until } from "../support/child.ts";
import { call, finished } from "../support/http.ts";
import { longSearch } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** The bounds that docs/guarantees.md gives, and what a busy machine may need to notice an end. */
const CLOSING_MS = 10_000;
const GATEWAY_MS = 10_000;
const SLACK_MS = 2_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ worker: false });
});
afterAll(() => stack.stop());

interface Line {
  msg: string;
  [field: string]: unknown;
}

/** The lines that a process logged. */
function logged(child: Child): Line[] {
  return child
    .output()
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
}

function line(child: Child, message: string): Line | undefined {
  return logged(child).find(({ msg }) => msg === message);
}

/** Tells a process to stop and resolves to how it ended, and after how many milliseconds. */
async function stopped(child: Child): Promise<{ code: number | null; ms: number }> {
  const began = performance.now();
  const code = await child.end("SIGTERM");
  return { code, ms: performance.now() - began };
}

async function submit(body: object): Promise<string> {
  const reply = await call("POST", `${stack.url}/v1/discover_async`, { body, headers: { "idempotency-key": randomUUID() } });
  expect(reply.status).toBe(202);
  return reply.body.job_id;
}

describe("a worker that is told to stop", () => {
  test("with a thread at work names the job, hands it back and says that it has drained", async () => {
    const worker = await stack.startWorker({ env: { ORRERY_DRAIN_SECONDS: "1" } });
    const jobId = await submit(longSearch(400_000, 21));
    await until("a thread that computes", async () => (await worker.health()).computing.find(({ fits }) => fits > 0));

    const { code, ms } = await stopped(worker);

    expect(code).toBe(0);
    expect(ms).toBeLessThan(1_000 + CLOSING_MS);
    expect(line(worker, "draining")).toMatchObject({
      signal: "SIGTERM",
      bound_ms: 1_000 + CLOSING_MS,
      activities: [{ activity: "discover", workflow_id: jobId, attempt: 1 }],
    });
    expect(line(worker, "drained")?.ms).toBeGreaterThanOrEqual(900);
    const heir = await stack.startWorker();
    expect(await finished(stack.url, jobId)).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(await heir.end("SIGTERM")).toBe(0);
  }, 120_000);

  test("whose disk hangs gives up by name within the bound, and does not hang itself", async () => {
    const { dataset } = longSearch(400_000, 22);
    const table = [dataset.columns.x, dataset.columns.y];
    const csv = ["x,y", ...(table[0] ?? []).map((x, row) => `${x},${table[1]?.[row]}`)].join("\n");
    const upload = await fetch(`${stack.url}/v1/datasets`, { method: "POST", headers: { "content-type": "text/csv" }, body: csv });
    const { dataset_id } = (await upload.json()) as { dataset_id: string };
    const jobId = await submit({ ...longSearch(400_000, 22), dataset: { source: "stored", dataset_id } });
    // Whoever opens a pipe that nobody writes to waits without end, as for a network disk that is away.
    const file = join(stack.folder, "artifacts", "local", "datasets", dataset_id.slice("ds_".length));
    await rm(file);
    execFileSync("mkfifo", [file]);
    const worker = await stack.startWorker();
    await until("the activity", async () =>
      (await call("GET", `${stack.url}/v1/jobs/${jobId}`)).body.status === "running" ? true : undefined,
    );

    const { code, ms } = await stopped(worker);

    expect([code, worker.process.signalCode]).toEqual([null, "SIGKILL"]);
    expect(ms).toBeLessThan(CLOSING_MS + SLACK_MS);
    expect(line(worker, "still draining")).toMatchObject({ activities: [{ workflow_id: jobId }] });
    expect(line(worker, "gave up")).toMatchObject({
      why: "not done within 10 s",
      activities: [{ activity: "discover", workflow_id: jobId }],
    });
    await rm(file);
  });

  test("while Temporal is frozen gives up within the bound, and names the queues", async () => {
    const worker = await stack.startWorker();
    stack.temporal.child.process.kill("SIGSTOP");

    const { code, ms } = await stopped(worker).finally(() => stack.temporal.child.process.kill("SIGCONT"));

    expect(code).toBe(1);
    expect(ms).toBeLessThan(CLOSING_MS + SLACK_MS);
    expect(line(worker, "gave up")).toMatchObject({ activities: [], queues: expect.arrayContaining(["orrery-control"]) as string[] });
  });

  test("twice ends at once, and says what it leaves", async () => {
    const worker = await stack.startWorker({ env: { ORRERY_DRAIN_SECONDS: "60" } });
    const jobId = await submit(longSearch(4_000_000, 23));
    await until("a thread that computes", async () => (await worker.health()).computing.find(({ fits }) => fits > 0));
    worker.process.kill("SIGTERM");
    await until("the drain", () => line(worker, "draining"));

    const { code, ms } = await stopped(worker);

    expect(code).toBe(1);
    expect(ms).toBeLessThan(SLACK_MS);
    expect(line(worker, "gave up")).toMatchObject({ why: "a second signal, SIGTERM" });
    await call("POST", `${stack.url}/v1/jobs/${jobId}/cancel`);
  });
});

describe("a gateway that is told to stop", () => {
  /** An upload of 8 bytes, of which 4 have been sent, that the gateway has said to wait for. */
  async function upload(): Promise<ClientRequest> {
    const headers = { "content-type": "text/csv", "content-length": "8", "x-request-id": "upload-1", expect: "100-continue" };
    const half = request(`${stack.url}/v1/datasets`, { method: "POST", headers });
    half.flushHeaders();
    await once(half, "continue");
    half.write("x,y\n");
    return half;
  }

  test("answers what is under way, and names it until then", async () => {
    const gateway = stack.gateway();
    const half = await upload();
    const answer = once(half, "response");
    gateway.process.kill("SIGTERM");
    await until("the drain", () => line(gateway, "draining"));
    half.end("1,2\n");

    const [response] = (await answer) as [IncomingMessage];
    expect(response.statusCode).toBe(201);
    expect(await gateway.exited).toBe(0);
    expect(line(gateway, "draining")).toMatchObject({ requests: [{ request_id: "upload-1", method: "POST", route: "/v1/datasets" }] });
    expect(line(gateway, "drained")?.ms).toBeLessThan(GATEWAY_MS);
  });

  test("cuts off what is not answered within the bound, and says so", async () => {
    const gateway = await stack.startGateway();
    const half = await upload();
    const cut = once(half, "error");

    const { code, ms } = await stopped(gateway);

    expect(code).toBe(1);
    expect(ms).toBeLessThan(GATEWAY_MS + SLACK_MS);
    expect(line(gateway, "gave up")).toMatchObject({ why: "not done within 10 s", requests: [{ request_id: "upload-1" }] });
    await cut;
  });
});
