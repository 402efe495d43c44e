import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bind, type Expression, namesIn } from "../../../src/contract/expression.ts";
import { parseExpression } from "../../../src/contract/formula.ts";
import { printPython, printText } from "../../../src/contract/formula-print.ts";
import { type Measured, markdown } from "../goals.ts";
import type { Options } from "../options.ts";
import { type Grid, type Problem, tableOf } from "../problem.ts";
import { type RecoveryTask, SETS } from "../recovery.ts";
import { formOf } from "../same.ts";
import { median, share } from "../statistics.ts";
import { measureRecovery, tasksOf } from "./recovery.ts";

const SCRIPT = fileURLToPath(new URL("../../peers/sindy.py", import.meta.url));
const RECORD = new URL("../../peers/pysindy.json", import.meta.url);

/** The settings, by place, that had exactly the terms of the law, and the processor seconds of all settings together. */
interface Method {
  right: number[];
  seconds: number;
}

const METHODS = ["stlsq", "frols", "ssr"] as const;

interface Recorded {
  versions: Record<string, string>;
  machine: string;
  answers: { id: string; columns: number; methods: Partial<Record<(typeof METHODS)[number], Method>> }[];
}

/**
 * Our recovery beside that of PySINDy on the same tables. With `--peer <python>` PySINDy runs now and the record is
 * written anew; else its recorded answers stand, and only tables that it has seen are compared.
 */
export async function comparePeer(options: Options): Promise<Measured> {
  const tasks = options.sets.flatMap((set) => options.levels.flatMap((level) => tasksOf(options, set, "declared", Number(level))));
  if (options.peer !== undefined) record(options.peer, tasks);
  const recorded = JSON.parse(readFileSync(RECORD, "utf8")) as Recorded;
  const answers = new Map(recorded.answers.map((answer) => [answer.id, answer]));
  const { lines: ours } = await measureRecovery({ ...options, libraries: ["declared"], brief: true });
  const groups = options.sets.flatMap((set) => options.levels.map((level) => ({ set, level: Number(level) })));
  const lines = groups.map(({ set, level }) => {
    const pairs = ours
      .filter((line) => line.set === set && line.level === level)
      .flatMap((line) => {
        const answer = answers.get(idOf(line));
        return answer ? [{ line, answer }] : [];
      });
    const theirs = METHODS.map((name) => {
      const tried = pairs.filter(({ answer }) => answer.methods[name]);
      const same = tried.filter(({ line }) => line.right).length;
      return { name, same, ...tallied(tried.flatMap(({ answer }) => answer.methods[name] ?? [])) };
    });
    const right = pairs.filter(({ line }) => line.right).length;
    return { set, level, of: pairs.length, right, ms: median(pairs.map(({ line }) => line.ms)), theirs };
  });
  const versions = Object.entries(recorded.versions).map(([name, version]) => `${name} ${version}`);
  const title = `PySINDy ${options.peer === undefined ? "as recorded" : "in this run"}: ${versions.join(", ")}; ${recorded.machine}.`;
  const rows = lines.map(({ set, level, of, right, ms, theirs }) => [
    `${set}, ${100 * level} %`,
    `${share(right, of)}, ${ms.toFixed(0)} ms`,
    ...theirs.map(({ single, oracle, of, same, ms }) => `${single} · ${oracle} of ${of} (ours ${same}), ${ms.toFixed(0)} ms`),
  ]);
  const table = markdown(["set, noise", "Orrery", ...METHODS.map((name) => `${name}: best setting · oracle`)], rows);
  console.log(`\n${title}\n\n${table}`);
  return { goals: [], lines, tables: [`${title}\n\n${table}`] };
}

/** How many tables the best single setting gets right, and how many have any setting that does. */
function tallied(answers: readonly Method[]): { of: number; single: number; oracle: number; ms: number } {
  const counts = new Map<number, number>();
  for (const setting of answers.flatMap(({ right }) => right)) counts.set(setting, (counts.get(setting) ?? 0) + 1);
  return {
    of: answers.length,
    single: Math.max(0, ...counts.values()),
    oracle: answers.filter(({ right }) => right.length > 0).length,
    ms: 1_000 * median(answers.map(({ seconds }) => seconds)),
  };
}

function record(python: string, tasks: readonly RecoveryTask[]): void {
  const folder = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  try {
    const [input, output] = [join(folder, "tasks.json"), join(folder, "answers.json")];
    writeFileSync(input, JSON.stringify(tasks.map(exported)));
    const { status } = spawnSync(python, [SCRIPT, input, output], { stdio: "inherit" });
    if (status !== 0) throw new Error(`${python} ${SCRIPT} ended with ${status}; does it have pysindy?`);
    writeFileSync(RECORD, compact(JSON.parse(readFileSync(output, "utf8")) as Recorded));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function idOf({ set, problem, level, seed, rows, jitter }: RecoveryTask): string {
  return [set, SETS[set][problem]?.name, level, seed, rows, jitter].join("/");
}

/** A task as the script reads it: numbers, library as Python expressions, the law as places in that library. */
function exported(task: RecoveryTask): object {
  const problem = SETS[task.set][task.problem] as Problem;
  const columns = tableOf(problem, task);
  const inputs = Object.keys(columns).slice(0, -1);
  const form = (text: string) => formOf({ terms: [text], transform: "identity" }, inputs);
  const library = new Map<string, string>();
  for (const term of flattened(problem, inputs)) library.set(form(printText(term)), printPython(term));
  const forms = [...library.keys()];
  return {
    id: idOf(task),
    columns,
    library: [...library.values()],
    transform: problem.law.transform,
    law: problem.law.terms.map((text) => forms.indexOf(form(text))),
  };
}

/** Every term with every value of its exponents. */
function flattened({ hypothesis }: Problem, columns: readonly string[]): Expression[] {
  const { exponents = {} } = hypothesis;
  return hypothesis.terms.flatMap((text) => {
    const expression = parseExpression(text, { columns, parameters: Object.keys(exponents) }, "");
    return namesIn(expression, "parameter").reduce<Expression[]>(
      (terms, name) => terms.flatMap((term) => valuesOf(exponents[name] as Grid).map((value) => bind(term, { [name]: value }))),
      [expression],
    );
  });
}

function valuesOf({ from, to, step }: Grid): number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
}

/** One line for each table, so that a later record can be compared with this one. */
function compact({ answers, ...rest }: Recorded): string {
  const lines = answers.map((answer) => `  ${JSON.stringify(answer)}`).join(",\n");
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "answers": [\n${lines}\n ]\n}\n`;
}
