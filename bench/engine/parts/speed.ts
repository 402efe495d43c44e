import { headerOf, tableOf } from "../../../src/contract/dataset.ts";
import { planDiscover } from "../../../src/contract/plan.ts";
import { discoverRequest } from "../../../src/contract/request.ts";
import { judge } from "../../../src/engine/judge.ts";
import { buildProblem } from "../../../src/engine/problem.ts";
import { searchCells } from "../../../src/engine/search.ts";
import { processorSeconds } from "../clock.ts";
import { goal, type Measured } from "../goals.ts";
import { gridJob } from "../grid.ts";

/** The ancestor's search, recorded with one BLAS thread: fits/s by number of rows. One of its fits is 11 least-squares solutions. */
const ANCESTOR: Record<number, number> = { 200: 4_000, 2000: 1_220 };
const SOLUTIONS_PER_FIT = 11;
/** The target itself and ten noise trials: what the ancestor would run in every cell. */
const RUNS = 11;

interface Line {
  rows: number;
  cells: number;
  fits: number;
  seconds: { gram: number; search: number; judge: number };
}

/** Fits per second of one thread, from 10^4 to 10^8 fits, beside the ancestor's recorded figures. */
export function measureSpeed(): Measured {
  console.log("\nspeed, one thread, processor seconds; best of up to three passes");
  console.log("  rows    cells      fits   gram s  search s  judge s   fits/s (search)   fits/s (job)   cells × runs/s");
  timed(27, 200);
  const lines = Object.keys(ANCESTOR).flatMap((rows) => [3, 9, 27, 81, 243].map((side) => best(side, Number(rows))));
  for (const { rows, cells, fits, seconds } of lines) {
    const { gram, search, judge } = seconds;
    const figures = [gram.toFixed(3), search.toFixed(3), judge.toFixed(3)].map((text) => text.padStart(8));
    const rates = [fits / search, fits / (gram + search + judge), (cells * RUNS) / search].map((rate) => rounded(rate).padStart(14));
    console.log(
      `  ${String(rows).padStart(4)} ${String(cells).padStart(8)} ${fits.toExponential(1).padStart(9)} ${figures.join(" ")} ${rates.join(" ")}`,
    );
  }
  const goals = Object.entries(ANCESTOR).map(([rows, theirs]) => {
    const large = lines.filter((line) => line.rows === Number(rows) && line.fits >= 1e6);
    const rate = Math.max(...large.map(({ fits, seconds }) => fits / seconds.search));
    const cellRuns = Math.max(...large.map(({ cells, seconds }) => (cells * RUNS) / seconds.search));
    const ratio = rate / theirs;
    const text = `${rounded(ratio)}× (${rounded(rate)}/s against ${rounded(theirs)}/s recorded); by least-squares solutions ${rounded(ratio / SOLUTIONS_PER_FIT)}×; by cells × runs, all 25 sets of terms and 39 nulls thrown in, ${rounded(cellRuns / theirs)}×`;
    return goal(`fits per second against the ancestor, ${rows} rows, ≥ 10^6 fits, one thread`, text, [ratio], {
      must: [1_000],
      moonshot: [10_000],
      side: "at least",
      unit: "×",
    });
  });
  return { goals, lines };
}

function best(side: number, rows: number): Line {
  const passes = Array.from({ length: side > 100 ? 2 : 3 }, () => timed(side, rows));
  return passes.reduce((a, b) => (b.seconds.search < a.seconds.search ? b : a));
}

function timed(side: number, rows: number): Line {
  const { columns, more } = gridJob(side, rows);
  const table = tableOf(columns);
  const request = discoverRequest.parse({ dataset: { source: "inline", columns }, ...more });
  const plan = planDiscover(request, headerOf(table));
  const control = { advance() {} };
  const marks = [processorSeconds()];
  const problem = buildProblem(request, plan, table, control);
  marks.push(processorSeconds());
  const found = searchCells(problem, { from: 0, to: plan.cells }, control);
  marks.push(processorSeconds());
  const { result } = judge(problem, found, `sha256:${"0".repeat(64)}`, control);
  marks.push(processorSeconds());
  const [start = 0, gram = 0, search = 0, judged = 0] = marks;
  return {
    rows,
    cells: side * side,
    fits: result.cost.fits,
    seconds: { gram: gram - start, search: search - gram, judge: judged - search },
  };
}

function rounded(value: number): string {
  // The clock of the processor ticks in milliseconds: shorter times say nothing.
  if (!Number.isFinite(value)) return "–";
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(1);
}
