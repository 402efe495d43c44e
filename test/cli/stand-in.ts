import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ErrorCode } from "../../src/contract/errors.ts";
import { ERRORS } from "../../src/contract/errors.ts";
import type { Job } from "../../src/contract/job.ts";
import { EVIDENCE, RESULT } from "./planets.ts";

export const JOB_ID = "discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f";

/** What the server received, for the tests to look at. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

type Handler = (request: Received, response: ServerResponse) => void;

/** A job as a gateway shows it; `change` is laid over a job that succeeded with an accepted law. */
export function jobOf(change: Partial<Job> = {}): Job {
  return {
    job_id: JOB_ID,
    kind: "discover",
    status: "succeeded",
    verdict: "accepted",
    schema_version: 2,
    request_hash: `sha256:${"a".repeat(64)}`,
    created_at: "2026-11-22T06:00:00.000Z",
    started_at: "2026-11-22T06:00:00.100Z",
    finished_at: "2026-11-22T06:00:01.500Z",
    deadline_at: "2026-11-22T07:00:00.000Z",
    run: 1,
    attempts: 1,
    progress: null,
    waiting: null,
    error: null,
    result: null,
    links: {
      self: `/v1/jobs/${JOB_ID}`,
      artifacts: `/v1/jobs/${JOB_ID}/artifacts`,
      temporal_ui: "http://127.0.0.1:8233/namespaces/default",
    },
    ...change,
  };
}

/**
 * A gateway of fixed answers on a real socket: what the CLI makes of replies is under test here, not the service.
 * `routes` replaces answers by "METHOD /path", without the query.
 */
export async function startStandIn(
  routes: Record<string, Handler> = {},
): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const known: Record<string, Handler> = { ...answersFor(jobOf({ result: RESULT })), ...routes };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = request.url ?? "";
      const entry = { method: request.method ?? "", path, headers: request.headers, body };
      received.push(entry);
      const handler = known[`${entry.method} ${path.split("?")[0]}`];
      if (handler) handler(entry, response);
      else sendProblem(response, "route_not_found", `There is no ${path}.`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Every answer about one job, in the state it ends in. */
export function answersFor(job: Job): Record<string, Handler> {
  const base = `/v1/jobs/${job.job_id}`;
  const queued: Job = { ...job, status: "queued", verdict: null, started_at: null, finished_at: null, error: null, result: null };
  return {
    "GET /ready": (_, response) => sendJson(response, 200, { status: "ready" }),
    "POST /v1/datasets": (_, response) =>
      sendJson(response, 201, { dataset_id: `ds_${"1".repeat(64)}`, rows: 8, dropped_rows: 0, columns: ["a", "T"], units: {}, bytes: 200 }),
    "POST /v1/discover_async": (_, response) => sendJson(response, 202, queued),
    "POST /v1/evaluate_async": (_, response) => sendJson(response, 202, { ...queued, kind: "evaluate" }),
    "GET /v1/jobs": (_, response) => sendJson(response, 200, { jobs: [job, queued], next_page_token: "more" }),
    [`GET ${base}`]: (request, response) =>
      sendJson(response, 200, request.path.includes("include_result") ? job : { ...job, result: null }),
    [`GET ${base}/events`]: (_, response) => {
      sendEvents(response, [
        ["status", { status: "running" }],
        ["progress", { status: "running", progress: { phase: "search", done: 12, total: 40, fraction: 0.3, eta_seconds: 9 } }],
        ["end", { status: job.status }],
      ]);
      response.end();
    },
    [`GET ${base}/result`]: (_, response) => sendJson(response, 200, job.result),
    [`GET ${base}/artifacts/evidence.json`]: (_, response) => sendJson(response, 200, EVIDENCE),
    [`GET ${base}/artifacts/narrative.md`]: (_, response) => sendProblem(response, "artifact_not_found", "There is no such file."),
    [`GET ${base}/artifacts/plot.svg`]: (_, response) => response.writeHead(200, { "content-type": "image/svg+xml" }).end("<svg/>"),
  };
}

export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));
}

export function sendProblem(
  response: ServerResponse,
  code: ErrorCode,
  detail: string,
  errors?: { pointer: string; detail: string }[],
): void {
  const { status, title } = ERRORS[code];
  const type = `/docs/errors/${code}`;
  response
    .writeHead(status, { "content-type": "application/problem+json" })
    .end(JSON.stringify({ type, title, status, detail, code, request_id: "req-7", ...(errors && { errors }) }));
}

/** Writes events with ids that go on from `first`. */
export function sendEvents(response: ServerResponse, events: [name: string, data: unknown][], first = 1): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  events.forEach(([name, data], index) => {
    response.write(`id: ${first + index}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  });
}
