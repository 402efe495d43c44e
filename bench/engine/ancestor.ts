import { runTgefd } from "../../src/engine/tgefd/run.ts";
import { prepared, read, type Sent } from "../../test/engine/tgefd/cases.ts";
import { processorSeconds } from "./clock.ts";

// A program of its own: one timed request of the ancestor, first in a fresh process, then warm. `ancestor.ts <number> <passes>`.
const [number = 0, passes = 5] = process.argv.slice(2).map(Number);
const { document, table } = prepared(read("tgefd-timing")[number] as Sent);
const control = { advance() {} };

const seconds: number[] = [];
let whole = 0;
let decision = "";
for (let pass = 0; pass < passes; pass += 1) {
  const started = processorSeconds();
  const { response } = runTgefd(document, table, "discover", control);
  seconds.push(processorSeconds() - started);
  if (pass === 0) {
    const { user, system } = process.cpuUsage();
    whole = (user + system) / 1e6;
  }
  decision = JSON.stringify(response.decision);
}
console.log(JSON.stringify({ seconds, whole, decision }));
