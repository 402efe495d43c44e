import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXAMPLES } from "../../src/api/examples.ts";
import { tgefdReply } from "../../src/api/jobs/tgefd.ts";
import type { Job, Problem } from "../../src/contract/job.ts";
import { changed, tgefdBase } from "../contract/tgefd-documents.ts";
import { until } from "../support/child.ts";
import { CERTIFICATE, type FileServer, serveFiles } from "../support/file-server.ts";
import { call, finished } from "../support/http.ts";
import { type Stack, startStack } from "../support/stack.ts";

let files: FileServer;
let stack: Stack;
beforeAll(async () => {
  files = await serveFiles((_, response) => {
    response.writeHead(200, { "content-type": "text/csv" }).end("x,y\n0,0\n0.1,0.1\n0.2,0.2\n0.3,0.3\n");
  });
  stack = await startStack({ env: { ORRERY_URI_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: CERTIFICATE } });
});
afterAll(async () => {
  await stack.stop();
  await files.close();
});

type Answer = ReturnType<typeof tgefdReply.parse>;
const post = <T = Answer>(path: string, body: unknown, headers?: Record<string, string>) =>
  call<T>("POST", `${stack.url}${path}`, { body, ...(headers && { headers }) });

async function postYaml<T = Problem>(path: string, text: string, type = "application/yaml") {
  const response = await fetch(`${stack.url}${path}`, { method: "POST", body: text, headers: { "content-type": type } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

interface Recorded {
  endpoint: "discover" | "evaluate";
  request: object;
  expected: { status: string; decision: object; noise_report: object[]; model: { representative_model: { formula: string } } };
}
const folder = new URL("../fixtures/tgefd/", import.meta.url);
const recorded = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Recorded);

describe("the waiting calls answer a document of the ancestor as it does", () => {
  test.each(["accepted", "rejected"])("with its document alone, status 200, when the data are %s", async (status) => {
    for (const endpoint of ["discover", "evaluate"] as const) {
      const found = recorded.find((one) => one.endpoint === endpoint && one.expected.status === status);
      if (!found) continue;
      const { status: code, headers, body } = await post(`/v1/${endpoint}`, found.request, { "x-request-id": "mine-1" });

      expect(code).toBe(200);
      expect(headers.get("x-request-id")).toBe("mine-1");
      expect(headers.get("x-artifact-reused")).toBeNull();
      expect(tgefdReply.strict().parse(body)).toEqual(body);
      const { decision, noise_report, model } = found.expected;
      expect(body).toMatchObject({ status, decision, noise_report: noise_report.map(() => ({ pi_energy: expect.any(Number) })) });
      expect(body.models[0]?.representative_model.formula).toBe(model.representative_model.formula);
      expect(body.reproducibility).toMatchObject({ deterministic: true, method_version: "tgefd-method-v1" });
      expect(body.artifacts.artifact_id).toBe(body.reproducibility.config_hash.replace(":", "-"));
      const artifacts = await call<{ artifacts: { name: string }[] }>("GET", `${stack.url}${body.artifacts.artifact_uri}`);
      expect(artifacts.body.artifacts.map(({ name }) => name)).toEqual(expect.arrayContaining(["result.json"]));
    }
  });

  test("the second time from what is stored, and says so", async () => {
    const document = changed({ "run.seed": 77 });
    const first = await post("/v1/evaluate", { ...document, run: { mode: "validate", seed: 77 } });
    const second = await post("/v1/evaluate", { ...document, run: { mode: "validate", seed: 77 } });
    expect(second.headers.get("x-artifact-reused")).toBe("true");
    expect({ ...second.body, run_id: "", artifacts: {} }).toEqual({ ...first.body, run_id: "", artifacts: {} });
  });

  test("discover and evaluate of one document are two jobs", async () => {
    const noise = { enabled: false, type: "gaussian", levels: [0, 0.1], trials_per_level: 2 };
    const document = changed({ noise: { ...noise, enabled: true } });
    const discovered = await post("/v1/discover", document);
    const evaluated = await post("/v1/evaluate", document);
    expect(evaluated.headers.get("x-artifact-reused")).toBeNull();
    expect(discovered.body.noise_report).toHaveLength(2);
    expect(evaluated.body.noise_report).toHaveLength(1);
    expect(evaluated.body.reproducibility.config_hash).not.toBe(discovered.body.reproducibility.config_hash);
  });

  test.each(["application/yaml", "application/x-yaml", "text/yaml; charset=utf-8"])("from %s too", async (type) => {
    const { status, body } = await postYaml<Answer>("/v1/evaluate", EXAMPLES.tgefd, type);
    expect(status).toBe(200);
    expect(tgefdReply.parse(body).models[0]?.representative_model.formula).toBe("y = (+2)*x");
  });

  test.each([
    [
      "an expression that the ancestor does not know",
      { "hypothesis_space.features": [{ name: "f", expression: "2*x" }] },
      /Unsupported feature expression/,
    ],
    ["no features", { "hypothesis_space.features": [] }, /features must be non-empty/],
    ["no levels", { "noise.levels": [] }, /noise profile produced no runs/],
  ])("with a problem for %s", async (_, changes, detail) => {
    const { status, headers, body } = await post<Problem>("/v1/discover", changed(changes));
    expect(status).toBe(422);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(body).toMatchObject({ code: "invalid_request", detail: expect.stringMatching(detail) });
  });
});

describe("what is refused before there is a job", () => {
  test("a file on the server, a budget that the document breaks itself, broken YAML, too much of it", async () => {
    const file = await post<Problem>("/v1/discover", changed({ dataset: { source: "file", path: "/etc/hosts" } }));
    expect([file.status, file.body.code]).toEqual([422, "dataset_source_refused"]);

    for (const uri of ["file:///etc/hosts", "http://example.org/t.csv", "https://10.0.0.1/t.csv"]) {
      const address = await post<Problem>("/v1/discover", changed({ dataset: { source: "uri", uri } }));
      expect([address.status, address.body.code]).toEqual([422, "dataset_uri_not_allowed"]);
    }

    const budget = await post<Problem>("/v1/discover_async", changed({ compute_budget: { max_hypotheses: 1 } }));
    expect([budget.status, budget.body.code, budget.body.detail]).toEqual([
      422,
      "budget_exceeded",
      "budget exceeded: hypothesis hypercube size 2 > max 1",
    ]);

    const broken = await postYaml("/v1/discover", "run: [");
    expect([broken.status, broken.body.code]).toEqual([400, "malformed_yaml"]);
    const list = await postYaml("/v1/discover", "- 1\n");
    expect([list.status, list.body.code]).toEqual([422, "invalid_request"]);
    const long = await postYaml("/v1/discover", `# ${"x".repeat(300_000)}\n`);
    expect([long.status, long.body.code]).toEqual([413, "body_too_large"]);
    expect(long.body.detail).toContain("application/json");
  });
});

describe("jobs", () => {
  test("are accepted at once, and their result has the answer under tgefd", async () => {
    const key = { "x-idempotency-key": "ancestor-1" };
    const { status, headers, body } = await post<Job>("/v1/discover_async", tgefdBase, key);
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/v1/jobs/${body.job_id}`);
    expect(body).toMatchObject({ kind: "discover", schema_version: 2 });

    const again = await post<Job>("/v1/discover_async", tgefdBase, key);
    expect(again.body.job_id).toBe(body.job_id);
    expect(again.headers.get("idempotent-replayed")).toBe("true");

    const job = await finished(stack.url, body.job_id);
    expect(job).toMatchObject({
      status: "succeeded",
      verdict: "rejected",
      result: {
        kind: "discover",
        reasons: [expect.any(String)],
        method: { name: "tgefd-v1" },
        p_value: null,
        tgefd: { status: "rejected" },
      },
    });
    expect(job.result?.candidate?.text).toBe("y = x0");
  });

  test("take a stored dataset and another order of columns in the words of version 2", async () => {
    const columns = { y: [1, 2, 3, 4, 5], b: [2, 1, 2, 3, 3], a: [1, 2, 3, 4, 5] };
    const stored = await call<{ dataset_id: string }>("POST", `${stack.url}/v1/datasets`, { body: { columns } });
    const { dataset: _, ...document } = changed({ "hypothesis_space.features": [{ name: "f", expression: "x1" }] });
    const { status, body } = await post<Job>("/v1/discover", {
      dataset: { source: "stored", dataset_id: stored.body.dataset_id },
      target: "y",
      inputs: ["b", "a"],
      decision: { method: "tgefd-v1" },
      tgefd: document,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "succeeded", result: { candidate: { text: "y = a" }, fit: { r2: 1 } } });
  });

  test("fetch a table by its address, the last column as y, and keep to the limits of the document", async () => {
    const inline = await post("/v1/discover", changed({ "run.seed": 5 }));
    const dataset = { source: "uri", uri: `https://127.0.0.1:${files.port}/t.csv` };
    const fetched = await post("/v1/discover", changed({ "run.seed": 5, dataset }));
    expect(fetched.status).toBe(200);
    const { models, summary, decision } = inline.body;
    expect(fetched.body).toMatchObject({ summary, decision, models });

    const evaluated = await post("/v1/evaluate", changed({ "run.seed": 5, dataset }));
    expect(evaluated.body.reproducibility.config_hash).toBe(fetched.body.reproducibility.config_hash);
    expect(evaluated.body.run_id).not.toBe(fetched.body.run_id);
    const again = await post("/v1/evaluate", changed({ "run.seed": 5, dataset }));
    expect(again.headers.get("x-artifact-reused")).toBe("true");

    const small = await post<Problem>("/v1/discover", changed({ dataset: { ...dataset, limits: { max_points: 3 } } }));
    expect([small.status, small.body.code]).toEqual([422, "invalid_request"]);
    expect(small.body.detail).toContain("max_points is 3");
  });

  test("carry a large table by reference", async () => {
    const rows = 20_000;
    const x = Array.from({ length: rows }, (_, row) => row / rows);
    const { body } = await post<Job>(
      "/v1/evaluate_async",
      changed({ "dataset.x.values": x, "dataset.y.values": x, "run.mode": "evaluate", noise: null }),
    );
    const history = await stack.client.workflow.getHandle(body.job_id).fetchHistory();
    const [payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(payload?.data?.length).toBeLessThan(8_192);
    expect((await finished(stack.url, body.job_id)).status).toBe("succeeded");
  });

  const long = {
    "hypothesis_space.parameters.p.values": Array.from({ length: 2_500 }, (_, index) => 1 + index / 1_000),
    "hypothesis_space.regularization.lambda": [0.01, 0.02],
    "run.seed": 9,
  };

  test("stop at the wall time of the document, and the waiting call says so", async () => {
    const { status, body } = await post<Problem>("/v1/discover", changed({ ...long, compute_budget: { max_request_wall_time_sec: 1 } }));
    expect([status, body.code]).toEqual([504, "deadline_exceeded"]);
  });

  test("can be cancelled while they compute", async () => {
    const { body } = await post<Job>("/v1/discover_async", changed(long));
    await until("computing", async () => {
      const { body: job } = await call("GET", `${stack.url}/v1/jobs/${body.job_id}`);
      return job.status === "running" ? job : undefined;
    });
    await call("POST", `${stack.url}/v1/jobs/${body.job_id}/cancel`);
    expect(await finished(stack.url, body.job_id)).toMatchObject({ status: "cancelled", verdict: null, result: null });
  });
});
