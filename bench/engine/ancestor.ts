import { runTgefd } from "../../src/engine/tgefd/run.ts";
import { prepared, read, type Sent } from "../../test/engine/tgefd/cases.ts";
import { processorSeconds } from "./clock.ts";

// A program of its own: one timed request of the ancestor, first in a fresh process, then warm. `ancestor.ts <number>`.
const [number = 0] = process.argv.slice(2).map(Number);
const { document, table } = prepared(read("tgefd-timing")[number] as Sent);
const control = { advance() {} };

/** Time that lets the compiler finish: request A needs some 200 passes. The least time and number of those that count: the clock ticks in 4 ms. */
const UNCOUNTED_SECONDS = 2;
const LEAST = { seconds: 1, passes: 3 };

const started = processorSeconds();
const { response } = runTgefd(document, table, "discover", control);
const first = processorSeconds() - started;
const { user, system } = process.cpuUsage();
while (processorSeconds() - started < UNCOUNTED_SECONDS) runTgefd(document, table, "discover", control);
const from = processorSeconds();
let passes = 0;
while (passes < LEAST.passes || processorSeconds() - from < LEAST.seconds) {
  runTgefd(document, table, "discover", control);
  passes += 1;
}
const warm = (processorSeconds() - from) / passes;
console.log(JSON.stringify({ warm, first, whole: (user + system) / 1e6, decision: JSON.stringify(response.decision) }));
