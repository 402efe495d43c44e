import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Judged, KINDS } from "./negatives.ts";
import { runAll } from "./pool.ts";
import { type Recovered, type RecoveryTask, SETS } from "./recovery.ts";
import { median, share } from "./statistics.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    levels: { type: "string", default: "0.01,0.05,0.1" },
    seeds: { type: "string", default: "5" },
    first: { type: "string", default: "1" },
    library: { type: "string", default: "declared" },
    set: { type: "string", default: "dev" },
    rows: { type: "string", default: "200" },
    jitter: { type: "string", default: "0" },
    only: { type: "string" },
    sets: { type: "string", default: "400" },
    jobs: { type: "string", default: String(availableParallelism()) },
    brief: { type: "boolean", default: false },
  },
});
const threads = Number(options.jobs);
const library = options.library as RecoveryTask["library"];

async function recovery(): Promise<void> {
  const set = options.set as RecoveryTask["set"];
  const tasks = options.levels.split(",").flatMap((level) =>
    SETS[set].flatMap(({ name }, problem) =>
      options.only && !name.includes(options.only)
        ? []
        : Array.from({ length: Number(options.seeds) }, (_, index): RecoveryTask => {
            const seed = Number(options.first) + index;
            return { set, problem, level: Number(level), seed, rows: Number(options.rows), jitter: Number(options.jitter), library };
          }),
    ),
  );
  const answers = (await runAll(
    tasks.map((recovery) => ({ kind: "recovery", recovery })),
    threads,
  )) as Recovered[];
  for (const level of options.levels.split(",")) {
    const rows = answers.filter((_, index) => tasks[index]?.level === Number(level));
    console.log(`\n${set}, ${library} library, noise ${100 * Number(level)} %`);
    if (!options.brief) {
      for (const name of new Set(rows.map((row) => row.name))) {
        const own = rows.filter((row) => row.name === name);
        const right = own.filter((row) => row.right);
        const accepted = right.filter((row) => row.accepted);
        console.log(
          `  ${name.padEnd(24)} right ${right.length}/${own.length}, accepted ${accepted.length}, ${median(own.map(({ ms }) => ms)).toFixed(0)} ms`,
        );
        for (const row of own.filter((each) => !each.right))
          console.log(`      ${row.accepted ? "ACCEPTED" : "rejected"} ${row.found} [${row.reasons.join(", ")}]`);
        for (const row of right.filter((each) => !each.accepted))
          console.log(`      right but rejected: ${row.found} [${row.reasons.join(", ")}]`);
      }
    }
    const right = rows.filter((row) => row.right);
    const wrong = rows.filter((row) => !row.right);
    console.log(`  right ${share(right.length, rows.length)}`);
    console.log(`  right and accepted ${share(right.filter((row) => row.accepted).length, rows.length)}`);
    console.log(`  wrong but accepted ${wrong.filter((row) => row.accepted).length} of ${wrong.length} wrong`);
    console.log(`  ${rows.reduce((total, { ms }) => total + ms, 0).toFixed(0)} ms in ${rows.length} jobs`);
  }
}

async function negatives(): Promise<void> {
  const tasks = Array.from({ length: Number(options.sets) }, (_, index) => ({
    kind: KINDS[index % KINDS.length] as string,
    number: Number(options.first) + Math.floor(index / KINDS.length),
    library,
  })).filter(({ kind }) => !options.only || kind.includes(options.only));
  const answers = (await runAll(
    tasks.map((negative) => ({ kind: "negative", negative })),
    threads,
  )) as Judged[];
  console.log(`\nnegatives, ${library} library`);
  for (const kind of KINDS) {
    const own = answers.filter((row) => row.kind === kind);
    const accepted = own.filter((row) => row.accepted);
    if (own.length === 0) continue;
    console.log(`  ${kind.padEnd(20)} accepted ${accepted.length}/${own.length}`);
    if (!options.brief) {
      for (const row of accepted) {
        console.log(`      ${row.found}  [N ${row.rows}, inputs ${row.inputs}, noise ${row.level}, R2 ${row.r2.toFixed(4)}]`);
      }
    }
  }
  console.log(`  wrongly accepted ${share(answers.filter((row) => row.accepted).length, answers.length)}`);
  console.log(`  ${answers.reduce((total, { ms }) => total + ms, 0).toFixed(0)} ms in ${answers.length} jobs`);
}

const parts: Record<string, () => Promise<void>> = { recovery, negatives };
for (const part of positionals) {
  const run = parts[part];
  if (!run) throw new Error(`no part ${part}; there are ${Object.keys(parts).join(", ")}`);
  await run();
}
