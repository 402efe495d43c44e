import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RESULT } from "./planets.ts";
import { orrery } from "./run.ts";
import { answersFor, jobOf, sendJson, startStandIn } from "./stand-in.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-demo-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("demo uses a gateway that answers, submits the eight planets and saves the plot", async () => {
  const standIn = await startStandIn();
  const { code, out, err } = await orrery(["demo"], { url: standIn.url, cwd: folder });
  await standIn.close();

  expect(code).toBe(0);
  expect(err).toContain(`Using the gateway at ${standIn.url}.`);
  expect(out).toContain("T = 365.2 a^1.5");
  expect(out).toContain("364.90 to 365.48");
  expect(out).toContain("a (AU)");
  expect(out).toContain(`${standIn.url}/docs`);
  expect(await readFile(join(folder, "orrery-demo.svg"), "utf8")).toBe("<svg/>");
  const [upload, submit] = ["/v1/datasets", "/v1/discover_async"].map((route) => standIn.received.find(({ path }) => path === route));
  expect(upload?.body).toBe(await readFile("data/planets.csv", "utf8"));
  expect(JSON.parse(submit?.body ?? "")).toEqual({
    dataset: { source: "stored", dataset_id: `ds_${"1".repeat(64)}` },
    target: "T",
    reuse: false,
  });
});

test("demo fails if the law is not accepted", async () => {
  const standIn = await startStandIn(answersFor(jobOf({ verdict: "rejected", result: { ...RESULT, verdict: "rejected" } })));
  const { code } = await orrery(["demo"], { url: standIn.url, cwd: folder });
  await standIn.close();
  expect(code).toBe(3);
});

test("demo starts nothing if the address is not that of this machine's gateway", async () => {
  const standIn = await startStandIn();
  await standIn.close();
  const { code, err } = await orrery(["demo", "--url", standIn.url], { cwd: folder });
  expect(code).toBe(1);
  expect(err).toContain(`No gateway answers at ${standIn.url}.`);
});

test("demo says what a gateway that is not ready lacks", async () => {
  const standIn = await startStandIn({
    "GET /ready": (_, response) => sendJson(response, 503, { status: "not_ready", failing: ["temporal"] }),
  });
  const { code, err } = await orrery(["demo"], { url: standIn.url, cwd: folder });
  await standIn.close();
  expect(code).toBe(1);
  expect(err).toContain("is not ready (temporal).");
});

test("demo names a foreign web server on the address in one sentence", async () => {
  const standIn = await startStandIn({ "GET /ready": (_, response) => response.end("<html>A page</html>") });
  const { code, out, err } = await orrery(["demo"], { url: standIn.url, cwd: folder });
  await standIn.close();
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^error: .* Check that the address is an Orrery gateway of the same version\.\n$/);
});
