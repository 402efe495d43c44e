import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Measured } from "../goals.ts";
import { gridJob } from "../grid.ts";
import { tableOf } from "../problem.ts";
import { SETS } from "../recovery.ts";
import { discover } from "../run.ts";

const PIECES = [1, 7, 64];
const DRAW = { seed: 3, level: 0.05, rows: 200, jitter: 0 };

/** Whether a search cut into pieces, which travel as JSON and come back in another order, ends in the same bytes. */
export function compareShards(): Measured {
  console.log("\nsha256 of the result, search cut into pieces");
  const jobs = [
    ...SETS.dev.map((problem) => ({ name: problem.name, columns: tableOf(problem, DRAW), more: { hypothesis: problem.hypothesis } })),
    { name: "grid of 27 × 27", ...gridJob(27, 1_000) },
  ];
  const lines = jobs.map(({ name, columns, more }) => {
    const hashes = PIECES.map((pieces) =>
      createHash("sha256")
        .update(canonicalize(discover(columns, more, pieces)) ?? "")
        .digest("hex"),
    );
    const same = new Set(hashes).size === 1;
    console.log(`  ${name.padEnd(24)} ${same ? "same" : "DIFFERENT"} ${hashes.map((hash) => hash.slice(0, 12)).join(" ")}`);
    return { name, same, hashes };
  });
  const same = lines.filter((line) => line.same).length;
  const reached = same === lines.length ? "must" : "missed";
  const measured = `${same}/${lines.length} jobs for ${PIECES.join(" / ")} pieces`;
  return {
    goals: [{ measure: "same bytes for any sharding", must: "always", moonshot: "also across processors", measured, reached }],
    lines,
  };
}
