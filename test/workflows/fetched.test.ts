import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../src/contract/job.ts";
import { CERTIFICATE, type FileServer, serveFiles } from "../support/file-server.ts";
import { call, finished } from "../support/http.ts";
import { keplerRequest, longSearch, planets } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

const csvOf = ({ ...columns }: Record<string, number[]>) => {
  const names = Object.keys(columns);
  const rows = (columns[names[0] ?? ""] ?? []).map((_, row) => names.map((name) => columns[name]?.[row]).join(","));
  return `${[names.join(","), ...rows].join("\n")}\n`;
};

let files: FileServer;
let stack: Stack;
/** What each path serves at the moment; a path that is not here answers 503. */
const served: Record<string, string> = {};
beforeAll(async () => {
  files = await serveFiles((path, response) => {
    response.writeHead(served[path] === undefined ? 503 : 200, { "content-type": "text/csv" }).end(served[path]);
  });
  stack = await startStack({ env: { ORRERY_URI_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: CERTIFICATE } });
});
afterAll(async () => {
  await stack.stop();
  await files.close();
});

function request(path: string, rest: object = {}) {
  return { dataset: { source: "uri", uri: `https://127.0.0.1:${files.port}${path}`, units: { a: "AU", T: "d" } }, ...rest };
}

async function run(body: object, kind = "discover", headers: Record<string, string> = {}): Promise<Job> {
  const submitted = await call("POST", `${stack.url}/v1/${kind}_async`, { body, headers });
  expect(submitted.status).toBe(202);
  return finished(stack.url, submitted.body.job_id);
}

describe("a job whose dataset is behind an address", () => {
  test("finds what the same table gives when it is sent along, and says what it fetched", async () => {
    served["/planets.csv"] = csvOf(planets);
    const job = await run(request("/planets.csv"));
    const inline = await run({ ...keplerRequest, reuse: false });

    expect(job).toMatchObject({ status: "succeeded", verdict: "accepted" });
    expect(job.result).toEqual(inline.result);
    expect(job.dataset).toEqual({
      dataset_id: `ds_${job.result?.dataset.hash.replace("sha256:", "")}`,
      rows: 8,
      dropped_rows: 0,
      fetched_at: expect.any(String),
    });
  });

  test("is answered from a stored result only while the address gives the same table", async () => {
    served["/changing.csv"] = csvOf(planets);
    const first = await run(request("/changing.csv", { seed: 7 }));
    const again = await run(request("/changing.csv", { seed: 7 }));
    expect([first.reused_from, again.reused_from]).toEqual([undefined, first.job_id]);
    expect(again.result).toEqual(first.result);

    served["/changing.csv"] = csvOf({ a: planets.a, T: planets.T.map((days) => 2 * days) });
    const changed = await run(request("/changing.csv", { seed: 7 }));
    expect(changed.reused_from).toBeUndefined();
    expect(changed.result?.law?.terms[0]?.coefficient).toBeCloseTo(730.35, 1);
  });

  test("is one job for one key, and fetches once, whatever the address gives later", async () => {
    served["/keyed.csv"] = csvOf(planets);
    const key = { "idempotency-key": `fetched-${files.port}` };
    const first = await run(request("/keyed.csv"), "discover", key);
    served["/keyed.csv"] = "gone wrong";
    const again = await run(request("/keyed.csv"), "discover", key);
    expect(again).toEqual(first);
    expect(files.asked.filter((path) => path === "/keyed.csv")).toHaveLength(1);
  });

  test("runs in shards when the table asks for it", async () => {
    const { dataset, ...search } = longSearch(1_000_000);
    served["/long.csv"] = csvOf(dataset.columns);
    const { units: _, ...source } = request("/long.csv").dataset;
    const job = await run({ ...search, dataset: source });
    expect(job).toMatchObject({ status: "succeeded", progress: null });
    const tree = await call<{ members: { type: string }[] }>("GET", `${stack.url}/v1/jobs/${job.job_id}/tree`);
    expect(tree.body.members.filter(({ type }) => type === "shard").length).toBeGreaterThan(1);
    expect(files.asked.filter((path) => path === "/long.csv")).toHaveLength(1);
  });

  test("scores a law on the short path", async () => {
    served["/law.csv"] = csvOf(planets);
    const job = await run(request("/law.csv", { law: "T = 365.2*a^1.5" }), "evaluate");
    expect(job).toMatchObject({ status: "succeeded", verdict: "accepted" });
  });

  test.each([
    ["a word in it", "a,T\n1,2\n3,many\n", {}, "dataset_not_numeric"],
    ["a budget that it exceeds", csvOf(planets), { budget: { max_fits: 1 } }, "budget_exceeded"],
    ["a target that it has not", csvOf(planets), { target: "mass" }, "column_unknown"],
  ])("and that has %s fails with its code, without another try", async (name, text, rest, code) => {
    const path = `/${name.replaceAll(" ", "-")}.csv`;
    served[path] = text;
    const job = await run(request(path, rest));
    expect([job.status, job.error?.code, job.attempts]).toEqual(["failed", code, 1]);
    expect(files.asked.filter((asked) => asked === path)).toHaveLength(1);
  });

  test("waits for a server that is away, and works on what it gives then", async () => {
    const submitted = await call("POST", `${stack.url}/v1/discover_async`, { body: request("/late.csv") });
    await expect.poll(() => files.asked.filter((path) => path === "/late.csv").length, { timeout: 20_000 }).toBeGreaterThan(0);
    served["/late.csv"] = csvOf(planets);
    expect(await finished(stack.url, submitted.body.job_id)).toMatchObject({ status: "succeeded", verdict: "accepted" });
  });

  test("that nobody may fetch is refused before there is a job", async () => {
    const body = { dataset: { source: "uri", uri: "https://169.254.169.254/latest" } };
    const reply = await call<{ code: string; errors: { pointer: string }[] }>("POST", `${stack.url}/v1/discover_async`, { body });
    expect([reply.status, reply.body.code, reply.body.errors[0]?.pointer]).toEqual([422, "dataset_uri_not_allowed", "/dataset/uri"]);
  });
});
