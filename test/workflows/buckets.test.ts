import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { call, finished } from "../support/http.ts";
import { type ObjectServer, S3_CREDENTIALS, startGcs, startS3, upload } from "../support/objects.ts";
import { planets } from "../support/planets.ts";
import { type Stack, startStack } from "../support/stack.ts";

const servers = inject("objectServers");
Object.assign(process.env, S3_CREDENTIALS);

const table = `a,T\n${planets.a.map((a, row) => `${a},${planets.T[row]}`).join("\n")}\n`;

describe.skipIf(servers === undefined).each([
  ["s3", "s3", startS3],
  ["gcs", "gs", startGcs],
] as const)("a system on an %s store", (kind, scheme, start) => {
  let server: ObjectServer;
  let stack: Stack;
  beforeAll(async () => {
    server = await start(servers ?? "", ["lab", "shared", "closed"]);
    const env = { ORRERY_STORE: kind, ORRERY_STORE_BUCKET: "lab", ORRERY_STORE_ENDPOINT: server.endpoint, ORRERY_URI_BUCKETS: "shared" };
    stack = await startStack({ env });
    for (const bucket of ["lab", "shared", "closed"])
      await upload(kind, server.endpoint, { bucket, key: "runs/planets.csv" }, Buffer.from(table));
  });
  afterAll(async () => {
    await stack.stop();
    await server.close();
  });

  const discover = (uri: string) => call("POST", `${stack.url}/v1/discover_async`, { body: { dataset: { source: "uri", uri } } });

  test.each(["lab", "shared"])("finds the law in a file of the bucket %s, and keeps what it finds in its own", async (bucket) => {
    const accepted = await discover(`${scheme}://${bucket}/runs/planets.csv`);
    expect(accepted.status).toBe(202);
    const job = await finished(stack.url, accepted.body.job_id);
    expect(job).toMatchObject({ status: "succeeded", verdict: "accepted", dataset: { rows: 8, dropped_rows: 0 } });

    const plot = await fetch(`${stack.url}/v1/jobs/${job.job_id}/artifacts/plot.svg`);
    expect([plot.status, (await plot.text()).slice(0, 4)]).toEqual([200, "<svg"]);
    expect((await readdir(join(server.folder, "lab/orrery"), { recursive: true })).some((name) => name.includes("artifacts"))).toBe(true);
    expect(await readdir(stack.folder)).not.toContain("artifacts");
  });

  test("takes uploads, and finds them again", async () => {
    const headers = { "content-type": "text/csv" };
    const uploaded = await fetch(`${stack.url}/v1/datasets`, { method: "POST", body: table, headers });
    const { dataset_id } = (await uploaded.json()) as { dataset_id: string };
    const accepted = await call("POST", `${stack.url}/v1/discover`, { body: { dataset: { source: "stored", dataset_id } } });
    expect(accepted.body).toMatchObject({ status: "succeeded", verdict: "accepted" });
  });

  test("says what is not there, and opens no other bucket and nothing of its own", async () => {
    const missing = await finished(stack.url, (await discover(`${scheme}://lab/runs/none.csv`)).body.job_id);
    expect([missing.status, missing.error?.code]).toEqual(["failed", "dataset_not_found"]);
    const other = scheme === "s3" ? "gs" : "s3";
    for (const uri of [
      `${scheme}://closed/runs/planets.csv`,
      `${other}://lab/runs/planets.csv`,
      `${scheme}://lab/orrery/local/datasets/0`,
    ]) {
      const { status, body } = await discover(uri);
      expect([status, (body as unknown as { code: string }).code]).toEqual([422, "dataset_uri_not_allowed"]);
    }
  });
});
