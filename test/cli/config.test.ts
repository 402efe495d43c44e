import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXAMPLES } from "../../src/api/examples.ts";
import { orrery } from "./run.ts";
import { startStandIn } from "./stand-in.ts";

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

test.each([["--seed", "7"], ["--max-terms", "2"], ["--no-reuse"]])(
  "%s is refused, because it would have to change the document",
  async (...option) => {
    const { code, err } = await run("discover", "config.yaml", ...option);
    expect(code).not.toBe(0);
    expect(err).toContain(`${option[0]} cannot change a document with tgefd_config_version`);
  },
);
