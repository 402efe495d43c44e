import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { ENGINE_VERSION } from "../../src/contract/names.ts";
import { goalsTable, type Measured } from "./goals.ts";
import { readOptions } from "./options.ts";
import { measureAncestor } from "./parts/ancestor.ts";
import { measureLarge } from "./parts/large.ts";
import { measureNegatives } from "./parts/negatives.ts";
import { comparePeer } from "./parts/peer.ts";
import { measureRecovery } from "./parts/recovery.ts";
import { compareShards } from "./parts/shards.ts";
import { measureSpeed } from "./parts/speed.ts";
import { measureTables } from "./parts/tables.ts";

// `npm run bench -- engine [part …] [options]`; without a part, all of them. See docs/benchmarks.md.
const options = readOptions(process.argv.slice(2));

const parts: Record<string, () => Promise<Measured> | Measured> = {
  recovery: () => measureRecovery(options),
  negatives: () => measureNegatives(options),
  tables: measureTables,
  speed: measureSpeed,
  large: () => measureLarge(options),
  ancestor: measureAncestor,
  shards: compareShards,
  peer: () => comparePeer(options),
};

const unknown = options.parts.find((part) => !(part in parts));
if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(", ")}`);
const measured: Record<string, Measured> = {};
for (const [part, measure] of Object.entries(parts)) {
  if (options.parts.length === 0 || options.parts.includes(part)) measured[part] = await measure();
}
const goals = goalsTable(Object.values(measured).flatMap((each) => each.goals));
console.log(`\n${goals}`);

const machine = { processor: cpus()[0]?.model, processors: availableParallelism(), node: process.version, engine: ENGINE_VERSION };
const folder = new URL("../results/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("engine.json", folder), `${JSON.stringify({ machine, measured }, null, 1)}\n`);

if (options.record) {
  const page = new URL("../../docs/benchmarks.md", import.meta.url);
  const [before, after] = readFileSync(page, "utf8").split(/(?<=<!-- figures -->\n)[\s\S]*(?=<!-- end of figures -->)/);
  const where = `Node ${process.versions.node}, engine ${ENGINE_VERSION}, ${machine.processors} shared processors (${machine.processor}); seeds ${options.first} to ${options.first + options.seeds - 1}.`;
  const tables = Object.values(measured).flatMap((each) => each.tables ?? []);
  writeFileSync(page, `${before}${[where, goals, ...tables].join("\n\n")}\n${after}`);
}
