import { expect, test } from "vitest";
import { inCliWords } from "../../src/cli/words.ts";
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
  --target  is not a column (it is "X")
  --seed  must be a number (it is -1)
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
  [["discover", "-", "--exponent", "p=1:2:1", "--exponent", "p=-1:1:0.5"], '"p" has two grids, the second is -1:1:0.5.'],
  [["jobs", "--limit", "0"], "Give a whole number from 1 to 100."],
  [["discover", "-", "--deadline", "8d"], "Give a time from 1 s to 168 h 0 min."],
  [["discover", "-", "--noise", "0.1,2"], "Give a number from 0 to 1."],
  [["evaluate", "none.csv"], "none.csv cannot be read"],
  [["evaluate", "-"], "Standard input has neither"],
  [["watch"], "See: npx orrery watch --help"],
  [["dead-letters", "replay", "evaluate-1", "--reason", "deadline"], "Ids and --all or its filters exclude one another"],
  [["dead-letters", "replay"], "Give the ids of dead letters, or --all."],
  [["dead-letters", "show"], "See: npx orrery dead-letters show --help"],
  [["dead-letters", "--code", "worker_lots"], "Did you mean worker_lost?"],
  [["jobs", "--url", "foo"], "Give an address, such as http://127.0.0.1:8080."],
  [["jobs", "--statu", "failed"], "See: npx orrery jobs --help"],
])("wrong usage ends with 1 and says what is right: %j", async (args, sentence) => {
  const { code, out, err } = await orrery(args, { stdin: "{}" });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(sentence);
});

test("evaluate without a law asks for one before it sends anything", async () => {
  const { code, err } = await orrery(["evaluate", "-"], { stdin: "a,T\n1,2\n" });
  expect(code).toBe(1);
  expect(err).toContain("Give --law <formula>");
});

test("columns that are no object are named as that", async () => {
  const { code, err } = await orrery(["discover", "-"], { stdin: '{"columns":[1,2]}' });
  expect(code).toBe(1);
  expect(err).toContain('The "columns" of Standard input must be an object of name to list of values');
});

test.each([
  ["At /hypothesis/terms/1, it is wrong.", "At --terms (value 2), it is wrong."],
  ["/hypothesis/exponents/p/step", "--exponent (p, step)"],
  ["budget.max_fits is 7. Lower max_terms or noise.trials.", "--max-fits is 7. Lower --max-terms or --trials."],
  [
    'Under hypothesis.dimensions "strict", no term is left. Correct dataset.units, change the terms, or set hypothesis.dimensions to "off".',
    'Under --dimensions "strict", no term is left. Correct the units of the headings, change the terms, or give --dimensions off.',
  ],
  [
    'At /hypothesis/dimensions, "strict" needs the unit of column "T"; send it in dataset.units, "" for a pure number.',
    'At --dimensions, "strict" needs the unit of column "T"; send it in its heading, as in "a (AU)", or "n (-)" for a pure number.',
  ],
  ["Fill it in, or send missing=drop to leave out rows.", "Fill it in, or give --missing drop to leave out rows."],
  ["/dataset/columns/seed/4 of /targets", "/dataset/columns/seed/4 of /targets"],
  [
    "GET /v1/jobs/discover-1 tells the rest; GET /v1/jobs lists all.",
    "npx orrery status discover-1 tells the rest; npx orrery jobs lists all.",
  ],
  ["GET /v1/jobs/discover-1/explain says what to do.", "npx orrery explain discover-1 says what to do."],
  [
    "GET /v1/dead-letters/dead-letter.discover-1.1.k2 tells how; GET /v1/dead-letters lists those that are open.",
    "npx orrery dead-letters show dead-letter.discover-1.1.k2 tells how; npx orrery dead-letters lists those that are open.",
  ],
  [
    'At /hypothesis, it is wrong; send "scope": "all" to compute.',
    "At the library (--terms, --exponent), it is wrong; give --all to compute.",
  ],
  ["GET /v1/dead-letters/dead-letter.discover-1.1.k2.", "npx orrery dead-letters show dead-letter.discover-1.1.k2."],
  [
    "GET /v1/dead-letters/dead-letter.discover-1.1.k2/artifacts lists them.",
    "GET /v1/dead-letters/dead-letter.discover-1.1.k2/artifacts lists them.",
  ],
  ["GET /v1/jobs/discover-1/artifacts lists them.", "GET /v1/jobs/discover-1/artifacts lists them."],
])("%s in the words of the command line", (text, expected) => expect(inCliWords(text)).toBe(expected));

test("the version is that of the package", async () => {
  expect(await orrery(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" });
});

test("help of the processes has no address of a gateway, and that of the worker names the pools", async () => {
  const pages = await Promise.all(["dev", "worker", "gateway", "setup"].map((name) => orrery([name, "--help"])));
  for (const { out } of pages) expect(out).not.toContain("--url");
  expect(pages[1]?.out).toContain("--pool <names>  pools to serve, comma-separated: control, light, heavy");
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
