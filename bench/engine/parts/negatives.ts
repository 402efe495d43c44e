import { type Goal, goal } from "../goals.ts";
import { GROUPS, type Judged, KINDS, type NegativeTask } from "../negatives.ts";
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
  const goals = options.libraries.map((library) => {
    const own = lines.filter((line) => line.library === library);
    console.log(`\nnegatives, ${library} library`);
    for (const kind of KINDS) {
      const some = own.filter((line) => line.kind === kind);
      printKind(kind, some, options.brief);
    }
    for (const [group, kinds] of Object.entries(GROUPS)) {
      const some = own.filter((line) => kinds.includes(line.kind));
      console.log(`  ${group}: wrongly accepted ${share(some.filter((line) => line.accepted).length, some.length)}`);
    }
    const wrong = own.filter((line) => line.accepted).length;
    console.log(`  wrongly accepted ${share(wrong, own.length)}`);
    console.log(`  ${own.reduce((total, { ms }) => total + ms, 0).toFixed(0)} ms in ${own.length} jobs`);
    const bounds = { must: [5], moonshot: [2.5], side: "at most", unit: " %" } as const;
    return goal(`negatives wrongly accepted, ${library} library`, share(wrong, own.length), [(100 * wrong) / own.length], bounds);
  });
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
