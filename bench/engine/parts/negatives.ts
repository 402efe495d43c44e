import { goal, type Measured } from "../goals.ts";
import { GROUPS, type Judged, kindsOf, type NegativeTask, OUTSIDE } from "../negatives.ts";
import type { Options } from "../options.ts";
import { runAll } from "../pool.ts";
import { share } from "../statistics.ts";

type Line = NegativeTask & Judged & { group: string };

const SIZES = [
  [20, 35],
  [60, 100],
  [200, 500],
];

/** Tables without a law in the library, a third of each group, with declared libraries and with the default one. */
export async function measureNegatives(options: Options): Promise<Measured> {
  const tasks = options.libraries.flatMap((library) =>
    kindsOf(options.negatives)
      .filter(({ kind }) => options.only === undefined || kind.includes(options.only))
      .map(({ group, kind, number }) => ({ group, kind, number: options.first + number, library })),
  );
  const answers = await runAll(
    tasks.map((negative) => ({ kind: "negative", negative })),
    options.threads,
  );
  const lines = tasks.map((task, index) => ({ ...task, ...(answers[index] as Judged) }));
  const goals = options.libraries.flatMap((library) => {
    const own = lines.filter((line) => line.library === library);
    console.log(`\nnegatives, ${library} library`);
    for (const kind of new Set(own.map((line) => line.kind)))
      printKind(
        own.filter((line) => line.kind === kind),
        options.brief,
      );
    for (const sizes of SIZES) {
      const some = own.filter(({ rows, group }) => group === OUTSIDE && sizes.includes(rows));
      console.log(`  ${OUTSIDE}, ${sizes.join(" or ")} rows: wrongly accepted ${acceptedOf(some)}`);
    }
    console.log(`  ${own.reduce((total, { ms }) => total + ms, 0).toFixed(0)} ms in ${own.length} jobs`);
    return Object.keys(GROUPS).map((group) => {
      const some = own.filter((line) => line.group === group);
      console.log(`  ${group}: wrongly accepted ${acceptedOf(some)}`);
      const bounds = { must: [5], moonshot: [2.5], side: "at most", unit: " %" } as const;
      const figure = (100 * some.filter((line) => line.accepted).length) / some.length;
      return goal(`${group} wrongly accepted, ${library} library`, acceptedOf(some), [figure], bounds);
    });
  });
  return { goals, lines };
}

function acceptedOf(lines: readonly Line[]): string {
  return share(lines.filter((line) => line.accepted).length, lines.length);
}

function printKind(lines: readonly Line[], brief: boolean): void {
  const accepted = lines.filter((line) => line.accepted);
  console.log(`  ${lines[0]?.kind.padEnd(20)} accepted ${accepted.length}/${lines.length}`);
  if (brief) return;
  for (const { found, rows, inputs, level, r2, number } of accepted) {
    console.log(`      ${found}  [number ${number}, N ${rows}, inputs ${inputs}, noise ${level}, R2 ${r2.toFixed(4)}]`);
  }
}
