import type { Transform } from "../../../src/contract/request.ts";
import type { Law } from "../../../src/contract/result.ts";
import { type Goal, goal } from "../goals.ts";
import { discover, lawOf } from "../run.ts";
import { formOf } from "../same.ts";
import { type HistoricalTable, historical } from "../tables.ts";

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
export function measureTables(): { goals: Goal[]; lines: Line[] } {
  console.log("\nhistorical tables, dataset alone");
  const lines = historical.map(lineOf);
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
  return { goals, lines };
}

function lineOf(table: HistoricalTable): Line {
  const started = performance.now();
  const result = discover(table.columns, {});
  const ms = performance.now() - started;
  const law = lawOf(result);
  const inputs = Object.keys(table.columns).slice(0, -1);
  const texts = law?.terms.map(({ text }) => text) ?? [];
  const right = law !== undefined && formOf({ terms: texts, transform: law.transform }, inputs) === formOf(table.law, inputs);
  const accepted = result.verdict === "accepted";
  console.log(
    `  ${table.name.padEnd(16)} ${right ? "right" : "WRONG"}, ${accepted ? "accepted" : `rejected [${result.reasons.join(", ")}]`}: ${law?.text}`,
  );
  const inside = Object.entries(table.literature).map(([text, value]) => {
    const [from, to] = right && law ? intervalOf(law, text, table.law.transform, inputs) : [Number.NaN, Number.NaN];
    const slack = ROUNDING * Math.abs(value);
    const within = from - slack <= value && value <= to + slack;
    console.log(
      `      ${text}: ${value.toPrecision(7)} ${within ? "inside" : "OUTSIDE"} ${from.toPrecision(7)} to ${to.toPrecision(7)} (${table.source})`,
    );
    return within;
  });
  return { name: table.name, found: law?.text ?? "nothing", right, accepted, inside: inside.every(Boolean), reasons: result.reasons, ms };
}

/** The interval of one constant of a right law; a single term found in 1/f is turned over. */
function intervalOf(law: Law, text: string, transform: Transform, inputs: readonly string[]): [number, number] {
  const form = formOf({ terms: [text], transform: "identity" }, inputs);
  const turned = law.transform !== transform;
  const term = turned ? law.terms[0] : law.terms.find((each) => formOf({ terms: [each.text], transform: "identity" }, inputs) === form);
  const [from, to] = term?.interval ?? [Number.NaN, Number.NaN];
  return turned ? [1 / to, 1 / from] : [from, to];
}
