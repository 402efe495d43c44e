import { type Goal, goal } from "../goals.ts";
import { type Judged, KINDS, type NegativeTask } from "../negatives.ts";
import type { Options } from "../options.ts";
import { runAll } from "../pool.ts";
import { share } from "../statistics.ts";

type Line = NegativeTask & Judged;

/** Tables without a law in the library, with declared libraries and with the default one. */
export async function measureNegatives(options: Options): Promise<{ goals: Goal[]; lines: Line[] }> {
  const tasks = options.libraries.flatMap((library) =>
    Array.from({ length: options.negatives }, (_, index) => ({
      kind: KINDS[index % KINDS.length] as string,
      number: options.first + Math.floor(index / KINDS.length),
      library,
    })).filter(({ kind }) => options.only === undefined || kind.includes(options.only)),
  );
  const answers = await runAll(
    tasks.map((negative) => ({ kind: "negative", negative })),
    options.threads,
  );
  const lines = tasks.map((task, index) => ({ ...task, ...(answers[index] as Judged) }));
  for (const library of options.libraries) {
    const own = lines.filter((line) => line.library === library);
    console.log(`\nnegatives, ${library} library`);
    for (const kind of KINDS)
      printKind(
        kind,
        own.filter((line) => line.kind === kind),
        options.brief,
      );
    console.log(`  wrongly accepted ${share(own.filter((line) => line.accepted).length, own.length)}`);
    console.log(`  ${own.reduce((total, { ms }) => total + ms, 0).toFixed(0)} ms in ${own.length} jobs`);
  }
  const wrong = lines.filter((line) => line.accepted).length;
  const goals = [
    goal("negatives wrongly accepted, declared and default libraries", share(wrong, lines.length), [(100 * wrong) / lines.length], {
      must: [5],
      moonshot: [2.5],
      side: "at most",
      unit: " %",
    }),
  ];
  return { goals, lines };
}

function printKind(kind: string, lines: readonly Line[], brief: boolean): void {
  if (lines.length === 0) return;
  const accepted = lines.filter((line) => line.accepted);
  console.log(`  ${kind.padEnd(20)} accepted ${accepted.length}/${lines.length}`);
  if (brief) return;
  for (const { found, rows, inputs, level, r2, number } of accepted) {
    console.log(`      ${found}  [number ${number}, N ${rows}, inputs ${inputs}, noise ${level}, R2 ${r2.toFixed(4)}]`);
  }
}
