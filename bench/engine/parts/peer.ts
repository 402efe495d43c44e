import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bind, type Expression, namesIn } from "../../../src/contract/expression.ts";
import { parseExpression } from "../../../src/contract/formula.ts";
import { printPython, printText } from "../../../src/contract/formula-print.ts";
import type { ExponentRange } from "../../../src/contract/request.ts";
import type { Goal } from "../goals.ts";
import type { Options } from "../options.ts";
import { type Problem, tableOf } from "../problem.ts";
import { type RecoveryTask, SETS } from "../recovery.ts";
import { formOf } from "../same.ts";
import { median, share } from "../statistics.ts";
import { measureRecovery, tasksOf } from "./recovery.ts";

const SCRIPT = fileURLToPath(new URL("../../peers/sindy.py", import.meta.url));
const RECORD = new URL("../../peers/pysindy.json", import.meta.url);

interface Method {
  right: boolean;
  seconds: number;
}

interface Recorded {
  versions: Record<string, string>;
  machine: string;
  answers: { id: string; columns: number; methods: Partial<Record<"stlsq" | "frols" | "ssr", Method>> }[];
}

/**
 * Our recovery beside that of PySINDy on the same tables. With `--peer <python>` PySINDy runs now and the record is
 * written anew; else its recorded answers stand, and only tables that it has seen are compared.
 */
export async function comparePeer(options: Options): Promise<{ goals: Goal[]; lines: object[] }> {
  const tasks = options.sets.flatMap((set) => options.levels.flatMap((level) => tasksOf(options, set, "declared", Number(level))));
  if (options.peer !== undefined) record(options.peer, tasks);
  const recorded = JSON.parse(readFileSync(RECORD, "utf8")) as Recorded;
  const theirs = new Map(recorded.answers.map((answer) => [answer.id, answer]));
  const { lines: ours } = await measureRecovery({ ...options, libraries: ["declared"], brief: true });
  const versions = Object.entries(recorded.versions).map(([name, version]) => `${name} ${version}`);
  console.log(`\nPySINDy ${options.peer === undefined ? "as recorded" : "in this run"}: ${versions.join(", ")}; ${recorded.machine}`);
  const lines: object[] = [];
  for (const set of options.sets) {
    for (const level of options.levels) {
      const pairs = ours
        .filter((line) => line.set === set && line.level === Number(level))
        .flatMap((line) => {
          const answer = theirs.get(idOf(line));
          return answer ? [{ line, answer }] : [];
        });
      const method = (name: "stlsq" | "frols" | "ssr") => pairs.flatMap(({ answer }) => answer.methods[name] ?? []);
      const described = (name: "stlsq" | "frols" | "ssr") => {
        const answers = method(name);
        const hits = answers.filter(({ right }) => right).length;
        return `${name} ${share(hits, answers.length)}, ${(1_000 * median(answers.map(({ seconds }) => seconds))).toFixed(0)} ms`;
      };
      const hits = pairs.filter(({ line }) => line.right).length;
      console.log(
        `  ${set}, noise ${100 * Number(level)} %: ours ${share(hits, pairs.length)}, ${median(pairs.map(({ line }) => line.ms)).toFixed(0)} ms`,
      );
      console.log(`      their best by oracle: ${described("stlsq")}; ${described("frols")}; ${described("ssr")}`);
      lines.push({ set, level: Number(level), ours: hits, stlsq: method("stlsq"), of: pairs.length });
    }
  }
  return { goals: [], lines };
}

function record(python: string, tasks: readonly RecoveryTask[]): void {
  const folder = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  try {
    const [input, output] = [join(folder, "tasks.json"), join(folder, "answers.json")];
    writeFileSync(input, JSON.stringify(tasks.map(exported)));
    const { status } = spawnSync(python, [SCRIPT, input, output], { stdio: "inherit" });
    if (status !== 0) throw new Error(`${python} ${SCRIPT} ended with ${status}; does it have pysindy?`);
    writeFileSync(RECORD, `${readFileSync(output, "utf8")}\n`);
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
      (terms, name) => terms.flatMap((term) => valuesOf(exponents[name] as ExponentRange).map((value) => bind(term, { [name]: value }))),
      [expression],
    );
  });
}

function valuesOf({ from, to, step }: ExponentRange): number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
}
