import { createReadStream } from "node:fs";
import type { Transform } from "../../../src/contract/request.ts";
import type { Law, Result } from "../../../src/contract/result.ts";
import { readCsv } from "../../../src/datasets/csv.ts";
import { processorSeconds } from "../clock.ts";
import { goal, type Measured } from "../goals.ts";
import type { ColumnValues } from "../problem.ts";
import { discover, lawOf } from "../run.ts";
import { formOf } from "../same.ts";
import { further, type HistoricalTable, historical, lawless } from "../tables.ts";

const DATA = new URL("../../../data/", import.meta.url);

/** How far a constant may lie outside an interval that has no width because its table has no noise. */
const ROUNDING = 1e-8;

interface Line {
  name: string;
  found: string;
  right: boolean;
  accepted: boolean;
  inside: boolean;
  reasons: string[];
  ms: number;
}

/** The historical tables, each sent alone: no hypothesis, every default. */
export async function measureTables(): Promise<Measured> {
  console.log("\nhistorical tables, dataset alone");
  const lines: Line[] = [];
  for (const table of historical) lines.push(await lineOf(table));
  const whole = (name: string) => lines.filter((line) => line.name.startsWith(name));
  const names = [...new Set(lines.map(({ name }) => (name.startsWith("Lorenz") ? "Lorenz" : name)))];
  const right = names.filter((name) => whole(name).every((line) => line.right && line.accepted)).length;
  const inside = names.filter((name) => whole(name).every((line) => line.right && line.accepted && line.inside)).length;
  const text = `${right}/${names.length}, literature value inside the interval in ${inside}`;
  const goals = [
    goal("the 8 historical tables: right law and accepted, literature value inside", text, [right, inside], {
      must: [8, 0],
      moonshot: [8, 8],
      side: "at least",
    }),
  ];
  for (const table of further) lines.push(await lineOf(table));
  for (const file of lawless) {
    const { columns, units } = await read(file);
    const result = discover(columns, {}, 1, units);
    console.log(`  ${file.padEnd(20)} ${verdictOf(result)} (nothing to find): ${lawOf(result)?.text}`);
  }
  return { goals, lines };
}

async function lineOf({ name, file, target, inputs, law, literature, source }: HistoricalTable): Promise<Line> {
  const { columns, units } = await read(file);
  const started = processorSeconds();
  const result = discover(columns, { ...(target && { target }), ...(inputs && { inputs }) }, 1, units);
  const ms = 1_000 * (processorSeconds() - started);
  const found = lawOf(result);
  const names = Object.keys(columns);
  const right =
    found !== undefined && formOf({ terms: found.terms.map(({ text }) => text), transform: found.transform }, names) === formOf(law, names);
  console.log(`  ${name.padEnd(20)} ${right ? "right" : "WRONG"}, ${verdictOf(result)}: ${found?.text} (${ms.toFixed(0)} ms)`);
  const inside = Object.entries(literature).map(([text, published]) => {
    const [low, high] = typeof published === "number" ? [published, published] : published;
    const [from, to] = right ? intervalOf(found, text, law.transform, names) : [Number.NaN, Number.NaN];
    const slack = ROUNDING * Math.abs(low);
    const within = from - slack <= high && low <= to + slack;
    console.log(`      ${text}: ${spanOf(low, high)} ${within ? "inside" : "OUTSIDE"} ${spanOf(from, to)} (${source})`);
    return within;
  });
  return {
    name,
    found: found?.text ?? "nothing",
    right,
    accepted: result.verdict === "accepted",
    inside: inside.every(Boolean),
    reasons: result.reasons,
    ms,
  };
}

/** A table of the repository, read as an upload is. */
async function read(file: string): Promise<{ columns: ColumnValues; units: Record<string, string> }> {
  const { table } = await readCsv(createReadStream(new URL(file, DATA)), ",", { missing: "refuse", maxBytes: 1_048_576 });
  const { columns, units } = table;
  return { columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]])), units };
}

function spanOf(from: number, to: number): string {
  return from === to ? from.toPrecision(7) : `${from.toPrecision(7)} to ${to.toPrecision(7)}`;
}

function verdictOf({ verdict, reasons }: Result): string {
  return verdict === "accepted" ? verdict : `${verdict} [${reasons.join(", ")}]`;
}

/** The interval of one constant of a right law; a single term found in 1/f is turned over. */
function intervalOf(law: Law, text: string, transform: Transform, inputs: readonly string[]): [number, number] {
  const form = formOf({ terms: [text], transform: "identity" }, inputs);
  const turned = law.transform !== transform;
  const term = turned ? law.terms[0] : law.terms.find((each) => formOf({ terms: [each.text], transform: "identity" }, inputs) === form);
  const [from, to] = term?.interval ?? [Number.NaN, Number.NaN];
  return turned ? [1 / to, 1 / from] : [from, to];
}
