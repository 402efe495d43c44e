import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS } from "../../src/contract/errors.ts";
import { call } from "../support/http.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        requestBody?: { content: Record<string, { example: unknown }> };
        responses: Record<string, { description: string; content?: Record<string, object> }>;
      }
    >
  >;
  components: { schemas: Record<string, { additionalProperties?: unknown }> };
}
const document = async () => (await call<Document>("GET", `${bench.url}/openapi.json`)).body;

describe("the OpenAPI document", () => {
  test("describes every route of the contract, each under a name of its own", async () => {
    const { openapi, paths } = await document();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );

    expect(openapi).toBe("3.1.0");
    expect(routes.sort()).toEqual(
      [
        "POST /v1/discover_async",
        "POST /v1/evaluate_async",
        "POST /v1/discover",
        "POST /v1/evaluate",
        "GET /v1/jobs",
        "GET /v1/jobs/{id}",
        "GET /v1/jobs/{id}/status",
        "GET /v1/jobs/{id}/result",
        "GET /v1/jobs/{id}/events",
        "GET /v1/jobs/{id}/tree",
        "GET /v1/jobs/{id}/explain",
        "POST /v1/jobs/{id}/cancel",
        "POST /v1/jobs/{id}/rerun",
        "GET /v1/jobs/{id}/artifacts",
        "GET /v1/jobs/{id}/artifacts/{name}",
        "GET /v1/dead-letters",
        "GET /v1/dead-letters/{id}",
        "GET /v1/dead-letters/{id}/artifacts",
        "GET /v1/dead-letters/{id}/artifacts/{name}",
        "POST /v1/dead-letters/replay",
        "DELETE /v1/dead-letters/{id}",
        "POST /v1/datasets",
        "GET /live",
        "GET /ready",
        "GET /health",
        "GET /healthz",
        "GET /readyz",
        "GET /v1/audit",
        "GET /openapi.json",
        "GET /docs",
        "GET /docs/assets/{file}",
        "GET /docs/errors",
        "GET /docs/errors/{code}",
        "GET /",
      ].sort(),
    );
    const names = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(names).size).toBe(names.length);
  });

  test("names the code of every refusal, as problem+json", async () => {
    const { paths } = await document();
    const described = new Set<string>();
    for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (content?.["application/problem+json"] === undefined) continue;
        for (const [, code = ""] of description.matchAll(/`(\w+)`:/g)) {
          expect(String(ERRORS[code as keyof typeof ERRORS].status)).toBe(status);
          described.add(code);
        }
      }
    }
    expect([...described]).toEqual(
      expect.arrayContaining(["job_not_found", "idempotency_key_reused", "temporal_unavailable", "body_too_large"]),
    );
  });

  test("has an example of every body, which is accepted as it is where the path names no job", async () => {
    const paths = Object.entries((await document()).paths).filter(([path]) => !path.includes("{"));
    const bodies = paths.flatMap(([path, { post }]) =>
      Object.entries(post?.requestBody?.content ?? {}).map(([type, { example }]) => ({ path, type, example })),
    );

    // A binary file has no example that a page could show.
    const texts = bodies.filter(({ type }) => type !== "application/vnd.apache.parquet");
    expect([bodies.length, texts.length]).toEqual([14, 13]);
    for (const { path, type, example } of texts) {
      const body = typeof example === "string" ? example : JSON.stringify(example);
      const { status } = await fetch(`${bench.url}${path}`, {
        method: "POST",
        body,
        headers: { "content-type": type, prefer: "respond-async" },
      });
      expect([path, type, Math.floor(status / 100)]).toEqual([path, type, 2]);
    }
  });

  test("says what budgets and margins mean", async () => {
    const { schemas } = (await document()).components;
    expect(schemas.Budget).toMatchObject({ properties: { max_fits: { description: expect.any(String) } } });
    expect(schemas.Result).toMatchObject({ properties: { margins: { description: expect.any(String) } } });
  });

  test("refers to nothing that it does not hold", async () => {
    const text = JSON.stringify(await document());
    const { components } = await document();
    const missing = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)]
      .map(([, name = ""]) => name)
      .filter((name) => components.schemas[name] === undefined);
    expect(missing).toEqual([]);
  });
});

describe("the documentation page", () => {
  test("takes everything from this server and may run nothing else", async () => {
    const response = await fetch(`${bench.url}/docs`);
    const html = await response.text();
    const policy = response.headers.get("content-security-policy") ?? "";

    expect(policy).toMatch(/^default-src 'self'/);
    expect(policy).not.toMatch(/https?:/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\/assets\//);
      expect((await fetch(`${bench.url}${link}`)).status).toBe(200);
    }
  });

  test("serves no other file", async () => {
    for (const file of ["package.json", "index.html", "..%2F..%2Fpackage.json", "swagger-initializer.js", "toString"]) {
      expect((await fetch(`${bench.url}/docs/assets/${file}`)).status).toBe(404);
    }
  });

  test("leads to the page of every error code", async () => {
    const index = await fetch(`${bench.url}/docs/errors`);
    const links = [...(await index.text()).matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => link);

    expect(index.headers.get("content-type")).toMatch(/^text\/html/);
    expect(links).toHaveLength(Object.keys(ERRORS).length);
    for (const link of links) expect([link, (await fetch(`${bench.url}${link}`)).status]).toEqual([link, 200]);
  });

  test("has a page for an error code, and none for what is not one", async () => {
    const page = await fetch(`${bench.url}/docs/errors/job_not_found`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/markdown; charset=utf-8"]);
    expect((await fetch(`${bench.url}/docs/errors/nothing`)).status).toBe(404);
    expect((await fetch(`${bench.url}/docs/errors/..%2F..%2Fpackage`)).status).toBe(404);
  });
});

test("health tells clients what they have to know, and no address", async () => {
  const { body } = await call<object>("GET", `${bench.url}/health`);

  expect(body).toMatchObject({
    status: "ready",
    failing: [],
    version: "0.0.0-test",
    temporal: { status: "ok", namespace: expect.stringMatching(/^api-/), retention_days: 1 },
    store: { status: "ok" },
    idempotency: { required: false, window_seconds: 86_400 },
    reuse: true,
    limits: { upload_bytes: 1_048_576, rows: 1_000_000 },
  });
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|localhost/);
});

test("a gateway that drains is alive and not ready", async () => {
  const gateway = await bench.another();
  gateway.drain();

  expect((await call("GET", `${gateway.url}/live`)).status).toBe(200);
  expect((await call<object>("GET", `${gateway.url}/ready`)).body).toEqual({ status: "not_ready", failing: ["draining"] });
});

test("every reply has the headers of a careful server and no name of its software", async () => {
  for (const path of ["/live", "/v1/jobs/x", "/nothing"]) {
    const { headers } = await fetch(`${bench.url}${path}`);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(headers.get("x-powered-by")).toBeNull();
  }
});

test("OPTIONS lists the methods of a route", async () => {
  const response = await fetch(`${bench.url}/v1/jobs`, { method: "OPTIONS" });
  expect([response.status, response.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
});
