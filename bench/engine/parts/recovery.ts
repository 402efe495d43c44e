import { type Goal, goal, type Measured, markdown } from "../goals.ts";
import type { Options } from "../options.ts";
import { runAll } from "../pool.ts";
import { type Recovered, type RecoveryTask, SETS } from "../recovery.ts";
import { median, share } from "../statistics.ts";

type Line = RecoveryTask & Recovered;

/** Recovery of the problems of each set, with each library, at each noise level. */
export async function measureRecovery(options: Options): Promise<Measured<Line>> {
  const tasks = options.sets.flatMap((set) =>
    options.libraries.flatMap((library) => options.levels.flatMap((level) => tasksOf(options, set, library, Number(level)))),
  );
  const answers = await runAll(
    tasks.map((recovery) => ({ kind: "recovery", recovery })),
    options.threads,
  );
  const lines = tasks.map((task, index) => ({ ...task, ...(answers[index] as Recovered) }));
  const goals: Goal[] = [];
  const rows: string[][] = [];
  for (const set of options.sets) {
    for (const library of options.libraries) {
      const own = lines.filter((line) => line.set === set && line.library === library);
      const groups = options.levels.map((level) => own.filter((line) => line.level === Number(level)));
      groups.forEach((group, index) => {
        console.log(`\n${set}, ${library} library, noise ${100 * Number(options.levels[index])} %`);
        printGroup(group, options.brief);
        rows.push([set, library, `${100 * Number(options.levels[index])} %`, ...countsOf(group)]);
      });
      if (library === "declared" && options.levels.join() === "0.01,0.05,0.1") goals.push(goalOf(set, groups));
    }
  }
  const head = ["set", "library", "noise", "right", "right and accepted", "wrong but accepted", "median of one job"];
  return { goals, lines, tables: [markdown(head, rows)] };
}

export function tasksOf(options: Options, set: RecoveryTask["set"], library: RecoveryTask["library"], level: number): RecoveryTask[] {
  return SETS[set].flatMap(({ name }, problem) => {
    if (options.only !== undefined && !name.includes(options.only)) return [];
    return Array.from({ length: options.seeds }, (_, index) => ({
      set,
      problem,
      level,
      seed: options.first + index,
      rows: options.rows,
      jitter: options.jitterOf(set),
      library,
    }));
  });
}

function printGroup(lines: readonly Line[], brief: boolean): void {
  if (!brief) {
    for (const name of new Set(lines.map((line) => line.name))) {
      const own = lines.filter((line) => line.name === name);
      const hits = own.filter((line) => line.right);
      const accepted = hits.filter((line) => line.accepted);
      console.log(
        `  ${name.padEnd(24)} right ${hits.length}/${own.length}, accepted ${accepted.length}, ${median(own.map(({ ms }) => ms)).toFixed(0)} ms`,
      );
      for (const line of own.filter((each) => !each.right || !each.accepted)) {
        const verdict = line.accepted ? "ACCEPTED" : "rejected";
        console.log(`      ${line.right ? "right but" : "wrong and"} ${verdict}: ${line.found} [${line.reasons.join(", ")}]`);
      }
    }
  }
  const [found, kept, misled, ms] = countsOf(lines);
  console.log(`  right ${found}\n  right and accepted ${kept}\n  wrong but accepted ${misled}\n  median of one job ${ms}`);
}

/** Right, right and accepted, wrong but accepted, median time of a job. */
function countsOf(lines: readonly Line[]): [string, string, string, string] {
  const right = lines.filter((line) => line.right);
  const wrong = lines.filter((line) => !line.right);
  return [
    share(right.length, lines.length),
    share(right.filter((line) => line.accepted).length, lines.length),
    `${wrong.filter((line) => line.accepted).length} of ${wrong.length} wrong`,
    `${median(lines.map(({ ms }) => ms)).toFixed(0)} ms`,
  ];
}

function goalOf(set: RecoveryTask["set"], groups: readonly Line[][]): Goal {
  const hits = groups.map((lines) => lines.filter((line) => line.right).length);
  const shares = groups.map((lines, index) => (100 * (hits[index] as number)) / lines.length);
  const text = groups.map((lines, index) => share(hits[index] as number, lines.length)).join(" / ");
  const [must, moonshot] =
    set === "dev"
      ? [
          [98, 93, 87],
          [100, 97, 94],
        ]
      : [
          [98, 93, 88],
          [100, 97, 94],
        ];
  const name = set === "dev" ? "the 20 development problems" : "20 further problems, constants moved by up to 20 %";
  return goal(`recovery on ${name}, noise 1 / 5 / 10 %`, text, shares, { must, moonshot, side: "at least", unit: " %" });
}
