import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { computedTables } from "../../tools/tables.ts";
import { balmer, boyle, galileo, kepler, ohm } from "../engine/tables.ts";
import { readTable } from "./read.ts";

const DATA = new URL("../../data/", import.meta.url);

test.each([
  ["planets.csv", kepler, { a: "AU", T: "d" }],
  ["boyle.csv", boyle, { P: "inHg" }],
  ["galileo.csv", galileo, { d: "punti" }],
  ["balmer.csv", balmer, { L: "nm" }],
  ["ohm.csv", ohm, { x: "Zoll" }],
])("data/%s holds the values that the engine's tests use, with their units", async (file, columns, units) => {
  const table = await readTable(file);
  expect(Object.fromEntries(Object.entries(table.columns).map(([name, values]) => [name, [...values]]))).toEqual(columns);
  expect(table.units).toEqual(units);
});

test.each(Object.entries(computedTables()))("data/%s is what tools/tables.ts computes", (file, text) => {
  expect(readFileSync(new URL(file, DATA), "utf8")).toBe(text);
});

test("the shuffled table has the values of the other, each once and nearly none in its place", async () => {
  const [shuffled, observed] = [await readTable("hubble-shuffled.csv"), await readTable("hubble.csv")];
  const { v: others = new Float64Array() } = shuffled.columns;
  const { v = new Float64Array() } = observed.columns;
  expect(shuffled.columns.r).toEqual(observed.columns.r);
  expect(others.toSorted()).toEqual(v.toSorted());
  expect(v.filter((value, row) => value === others[row]).length).toBeLessThanOrEqual(3);
});

test("data/README.md tells the rows and the source of every table", async () => {
  const page = readFileSync(new URL("README.md", DATA), "utf8");
  const files = readdirSync(DATA).filter((name) => name.endsWith(".csv"));
  const rows = new Map(Array.from(page.matchAll(/^\| `([\w.-]+)` \| ([\d,]+) \|/gm), ([, file = "", count = ""]) => [file, count]));
  expect([...rows.keys()].sort()).toEqual(files.sort());
  for (const file of files) expect([file, (await readTable(file)).rows.toLocaleString("en")]).toEqual([file, rows.get(file)]);
});
