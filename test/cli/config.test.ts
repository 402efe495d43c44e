import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXAMPLES } from "../../src/api/examples.ts";
import { orrery } from "./run.ts";
import { JOB_ID, sendJson, startStandIn } from "./stand-in.ts";

const json = '{"tgefd_config_version": "1.0",  "dataset": {}}';
let folder: string;
let standIn: Awaited<ReturnType<typeof startStandIn>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-cli-"));
  await writeFile(join(folder, "config.yaml"), EXAMPLES.tgefd);
  await writeFile(join(folder, "config.json"), json);
  standIn = await startStandIn();
});
afterAll(async () => {
  await standIn.close();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) => orrery(args, { url: standIn.url, cwd: folder });

test.each([
  ["discover", "config.yaml", "application/yaml", EXAMPLES.tgefd],
  ["evaluate", "config.yaml", "application/yaml", EXAMPLES.tgefd],
  ["evaluate", "config.json", "application/json", json],
])("%s %s sends a document of the ancestor as it is, byte for byte", async (kind, file, type, text) => {
  const { code, err } = await run(kind, file, "--key", "mine", "--detach");
  expect({ code, err: err.split("\n")[0] }).toEqual({ code: 0, err: expect.stringContaining("Accepted.") });
  const sent = standIn.received.findLast(({ method }) => method === "POST");
  expect(sent).toMatchObject({ path: `/v1/${kind}_async`, body: text, headers: { "content-type": type, "idempotency-key": "mine" } });
});

test("standard input is known by its first key", async () => {
  await orrery(["discover", "-", "--detach"], { url: standIn.url, stdin: EXAMPLES.tgefd });
  expect(standIn.received.at(-1)).toMatchObject({ path: "/v1/discover_async", body: EXAMPLES.tgefd });
});

test("--save keeps the files of an ancestor's document, which goes as it is", async () => {
  const artifacts = [{ name: "plot.svg", content_type: "image/svg+xml", bytes: 5, sha256: "0" }];
  const finished = await startStandIn({
    [`GET /v1/jobs/${JOB_ID}/artifacts`]: (_, response) => sendJson(response, 200, { artifacts, next_page_token: "" }),
  });
  const { code, err } = await orrery(["discover", "config.yaml", "--save", "kept"], { url: finished.url, cwd: folder });
  await finished.close();
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("Saved in ") });
  expect(await readFile(join(folder, "kept", "plot.svg"), "utf8")).toBe("<svg/>");
  expect(finished.received.find(({ method }) => method === "POST")).toMatchObject({ body: EXAMPLES.tgefd });
});

test.each([
  ["tabs", "a\tT\n1\t2\n", "text/tab-separated-values"],
  ["commas", "a,T\n1,2\n", "text/csv"],
  ["an object a line", '{"a": 1, "T": 2}\n{"a": 2, "T": 3}\n', "application/x-ndjson"],
  ["the mark of Parquet", "PAR1 and more", "application/vnd.apache.parquet"],
])("a table on standard input is known by %s", async (_, stdin, type) => {
  await orrery(["discover", "-", "--detach"], { url: standIn.url, stdin });
  const sent = standIn.received.findLast(({ path }) => path === "/v1/datasets");
  expect(sent).toMatchObject({ body: stdin, headers: { "content-type": type } });
});

test.each([["--seed", "7"], ["--max-terms", "2"], ["--no-reuse"]])(
  "%s is refused, because it would have to change the document",
  async (...option) => {
    const { code, err } = await run("discover", "config.yaml", ...option);
    expect(code).not.toBe(0);
    expect(err).toContain(`${option[0]} cannot change a document with tgefd_config_version`);
  },
);
