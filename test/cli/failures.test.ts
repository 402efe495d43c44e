import { expect, test } from "vitest";
import { orrery } from "./run.ts";
import { sendProblem, startStandIn } from "./stand-in.ts";

test("a gateway that is not running is said in one sentence", async () => {
  const standIn = await startStandIn();
  const { url } = standIn;
  await standIn.close();
  const { code, out, err } = await orrery(["jobs"], { url });
  expect({ code, out, err }).toEqual({ code: 1, out: "", err: `error: No gateway answers at ${url}. Start one with: npm start\n` });
});

test("a problem is told with its faults, code and request", async () => {
  const faults = [
    { pointer: "/target", detail: 'is not a column (it is "X")' },
    { pointer: "/seed", detail: "must be a number (it is -1)" },
  ];
  const standIn = await startStandIn({
    "POST /v1/discover_async": (_, response) => sendProblem(response, "invalid_request", "Two values are wrong.", faults),
  });
  const stdin = JSON.stringify({ columns: { a: [1] } });
  const { code, out, err } = await orrery(["discover", "-"], { url: standIn.url, stdin });
  const json = await orrery(["discover", "-", "--json"], { url: standIn.url, stdin });
  await standIn.close();

  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toBe(`error: The request does not have the documented shape.
  Two values are wrong.
  /target  is not a column (it is "X")
  /seed  must be a number (it is -1)
  code invalid_request, request req-7, see ${standIn.url}/docs/errors/invalid_request
`);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ code: "invalid_request", errors: faults });
});

test("an answer that is not a gateway's is named as such", async () => {
  const standIn = await startStandIn({ "GET /v1/jobs": (_, response) => response.end("<html>") });
  const { code, err } = await orrery(["jobs"], { url: standIn.url });
  await standIn.close();
  expect(code).toBe(1);
  expect(err).toContain("Check that the address is an Orrery gateway of the same version.");
});

test.each([
  [["discover", "none.csv"], "none.csv cannot be read: There is no such file."],
  [["discover", "-", "--exponent", "p=1:2"], "Give name=from:to:step, such as p=-4:4:0.25."],
  [["discover", "-", "--deadline", "soon"], "Give seconds or a number with s, m, h or d, such as 15m."],
  [["discover", "-", "--wait", "--detach"], "cannot be used with"],
  [["discover", "-"], 'Standard input has neither "dataset" nor "columns".'],
  [["jobs", "--status", "lost"], "Allowed choices are queued, running"],
  [["discovr", "a.csv"], "Did you mean discover?"],
])("wrong usage ends with 1 and says what is right: %j", async (args, sentence) => {
  const { code, out, err } = await orrery(args, { stdin: "{}" });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(sentence);
});

test("help documents the exit codes, and every command has an example", async () => {
  const help = await orrery(["--help"]);
  expect(help.code).toBe(0);
  expect(help.out).toContain("3    the job succeeded, but its law is rejected or inconclusive");
  const names = [...help.out.matchAll(/^ {2}([a-z]+) {2,}|^ {2}([a-z]+) \[options\]/gm)].map(
    ([, plain, withOptions]) => plain ?? withOptions,
  );
  expect(names).toEqual(expect.arrayContaining(["discover", "evaluate", "demo", "dev", "worker", "gateway", "setup"]));
  const pages = await Promise.all(names.map((name) => orrery([String(name), "--help"])));
  for (const page of pages) expect(page.out).toMatch(/Examples?:\n {2}\$ n/);
});
