import { createCompute } from "../../src/activities/compute.ts";
import { Control } from "../../src/activities/control.ts";
import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import { planDiscover } from "../../src/contract/plan.ts";
import { discoverRequest } from "../../src/contract/request.ts";
import { gridJob } from "./grid.ts";

// A program of its own, so that its peak of memory is that of this job alone: `large.ts <grid values a side> <threads>`.
const [side = 499, threads = 2] = process.argv.slice(2).map(Number);
const rows = 1_000;

const { columns, more } = gridJob(side, rows);
const table = tableOf(columns);
const request = discoverRequest.parse({ dataset: { source: "inline", columns }, ...more });
const plan = planDiscover(request, headerOf(table));
const compute = createCompute({ pools: ["heavy"], threads });
const started = performance.now();
const before = process.cpuUsage();
const { result } = await compute.run(
  { op: "discover", request, plan, table, hash: "0".repeat(64) },
  { pool: "heavy", job_id: "large", signal: new AbortController().signal, control: new Control() },
);
const ended = performance.now();
const { user, system } = process.cpuUsage(before);
await compute.close();
console.log(
  JSON.stringify({
    rows,
    threads,
    // Candidate laws, each counted once: of the 25 sets of one to three terms 4 use both exponents, 14 one, 7 none.
    hypotheses: 4 * side ** 2 + 14 * side + 7,
    fits: result.cost.fits,
    seconds: (ended - started) / 1_000,
    cpu_seconds: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1_024,
    verdict: result.verdict,
    found: (result.law ?? result.candidate)?.text,
  }),
);
