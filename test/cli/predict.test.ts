import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RESULT } from "./planets.ts";
import { orrery } from "./run.ts";
import { answersFor, JOB_ID, jobOf, sendJson, sendProblem, startStandIn } from "./stand-in.ts";

const EVALUATION = "evaluate-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f";
const CSV = "a,prediction,low,high,outside\n2.77,1683.6,1650.1,1717.2,false\n";
const predictions = { artifact: "predictions.csv", rows: 1, not_finite: 0, outside: 0, notes: ["Mind this."], first: [] } as const;

let folder: string;
let standIn: Awaited<ReturnType<typeof startStandIn>> | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orrery-cli-"));
  await writeFile(join(folder, "new.csv"), "a\n2.77\n");
  await writeFile(join(folder, "planets.json"), JSON.stringify({ columns: { a: [1, 2], T: [3, 4] } }));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});

async function gateway(change: Partial<typeof RESULT> = {}, routes: Parameters<typeof startStandIn>[0] = {}) {
  const found = {
    ...RESULT,
    kind: "evaluate" as const,
    predictions: { ...predictions, notes: [...predictions.notes], first: [] },
    ...change,
  };
  const evaluation = jobOf({ job_id: EVALUATION, kind: "evaluate", result: found });
  standIn = await startStandIn({
    ...answersFor(evaluation),
    [`GET /v1/jobs/${JOB_ID}/result`]: (_, response) => sendJson(response, 200, RESULT),
    [`GET /v1/jobs/${EVALUATION}/artifacts/predictions.csv`]: (_, response) =>
      response.writeHead(200, { "content-type": "text/csv" }).end(CSV),
    ...routes,
  });
  return standIn;
}

function submitted({ received }: NonNullable<typeof standIn>): unknown {
  return JSON.parse(received.find(({ path }) => path === "/v1/evaluate_async")?.body ?? "null");
}

test("predict sends the tree of a job's law with the job's own table, and prints the CSV", async () => {
  const server = await gateway();
  const { code, out, err } = await orrery(["predict", JOB_ID, "new.csv"], { url: server.url, cwd: folder });

  expect({ code, out }).toEqual({ code: 0, out: CSV });
  expect(err).toContain("Mind this.\n");
  expect(submitted(server)).toEqual({
    dataset: { source: "stored", dataset_id: `ds_${"0".repeat(64)}` },
    law: { target: "T", transform: "identity", ast: {} },
    constants: "refit",
    seed: 42,
    predict: { source: "stored", dataset_id: `ds_${"1".repeat(64)}` },
  });
});

test("predict takes a formula with the table that it is about, and writes a file", async () => {
  const server = await gateway();
  const args = ["predict", "T = 365.2*a^1.5", "new.csv", "--data", "planets.json", "--out", "out.csv"];
  const { code, out, err } = await orrery(args, { url: server.url, cwd: folder });

  expect({ code, out }).toEqual({ code: 0, out: "" });
  expect(err).toContain("Wrote 1 predictions to out.csv.\n");
  expect(await readFile(join(folder, "out.csv"), "utf8")).toBe(CSV);
  expect(submitted(server)).toMatchObject({
    dataset: { source: "inline", columns: { a: [1, 2], T: [3, 4] } },
    law: "T = 365.2*a^1.5",
    constants: "given",
  });
});

test("--json prints the job's document and no CSV", async () => {
  const { url } = await gateway();
  const { code, out } = await orrery(["predict", JOB_ID, "new.csv", "--json"], { url, cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ job_id: EVALUATION, result: { predictions } });
});

test("a law that is not accepted still predicts, with a warning", async () => {
  const { law, ...rest } = RESULT;
  const rejected = { ...rest, verdict: "rejected" as const, reasons: ["lack_of_fit" as const], candidate: law };
  const { url } = await gateway({ ...rejected, law: undefined } as never, {
    [`GET /v1/jobs/${JOB_ID}/result`]: (_, response) => sendJson(response, 200, rejected),
  });
  const { code, out, err } = await orrery(["predict", JOB_ID, "new.csv"], { url, cwd: folder });
  expect({ code, out }).toEqual({ code: 0, out: CSV });
  expect(err).toContain("The law of this job is rejected (lack_of_fit); this is its best candidate.");
  expect(err).toContain("The law does not hold on its own data (lack_of_fit).");
});

test.each([
  ["a formula without its table", ["predict", "T = a", "new.csv"], /"T = a" is no id of a job, and a formula needs --data/],
  ["a file that is not there", ["predict", JOB_ID, "none.csv"], /none\.csv cannot be read: There is no such file/],
])("%s is a usage error", async (_, args, message) => {
  const { url } = await gateway();
  const { code, err } = await orrery(args, { url, cwd: folder });
  expect(code).toBe(1);
  expect(err).toMatch(message);
});

test("a job whose table is in no store says how to go on", async () => {
  const { url } = await gateway(
    {},
    {
      "POST /v1/evaluate_async": (_, response) => sendProblem(response, "dataset_not_found", "Dataset ds_0 is not in the store."),
    },
  );
  const { code, err } = await orrery(["predict", JOB_ID, "new.csv"], { url, cwd: folder });
  expect(code).toBe(1);
  expect(err).toContain("The table of that job is not in the store. Give it with --data <file>.");
});
