/**
 * `orrery clean`: removes from the store what no job and no dead letter that Temporal keeps names any more, and that was
 * stored or used more than `--older-than` ago (days or hours, such as 30d, which is the default, or 36h; at least 1d, which
 * the marks of use and a lag of the server's index fit into). Jobs may run meanwhile. Datasets that no job names yet are kept
 * by their age alone. `--dry-run` only counts; `--json` prints the counts as JSON. Nothing is removed unless all histories
 * could be read.
 */
import { parseArgs } from "node:util";
import { ConfigError, loadSettings, loadTemporal, storeOptions } from "../config/load.ts";
import { connectTo } from "../dev/connect.ts";
import { StartError } from "../dev/start-error.ts";
import { createCircuits } from "../outbound/circuits.ts";
import { openStore } from "../storage/open.ts";
import { type Cleaned, type Count, clean } from "./clean.ts";
import { readNames } from "./histories.ts";
import { createNames } from "./names.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Report extends Cleaned {
  dry_run: boolean;
  before: string;
  /** Jobs and dead letters that were read. */
  jobs: number;
}

async function main(): Promise<void> {
  const options = {
    "older-than": { type: "string", default: "30d" },
    "dry-run": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  } as const;
  const { "older-than": age, "dry-run": dryRun, json } = parseArgs({ options }).values;
  const before = new Date(Date.now() - millisOf(age));
  const settings = loadSettings();
  const { namespace, connection: target } = loadTemporal(settings);
  const connection = await connectTo(target);
  try {
    const { store } = await openStore(storeOptions(settings), createCircuits());
    const names = createNames();
    const jobs = await readNames({ connection, namespace }, names);
    if (jobs === 0 && !dryRun) {
      throw new StartError(
        `The namespace ${namespace} at ${target.address} has no job, so nothing in the store would be kept. If that is the right server, run a job first; if not, correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.`,
      );
    }
    const cleaned = await clean({ store, names, before, dryRun });
    const report: Report = { dry_run: dryRun, before: before.toISOString(), jobs, ...cleaned };
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : textOf(report));
  } finally {
    await connection.close();
  }
}

function millisOf(age: string): number {
  const [, count, unit] = /^(\d{1,6})([dh])$/.exec(age) ?? [];
  const millis = Number(count) * (unit === "d" ? DAY_MS : HOUR_MS);
  if (millis >= DAY_MS) return millis;
  throw new StartError(`--older-than=${age}: a number of days or hours such as 30d or 36h is needed, at least 1d.`);
}

function textOf({ dry_run: dryRun, before, jobs, kept, removed }: Report): string {
  const rows = Object.entries(removed).map(([area, count]) => `  ${area.padEnd(10)} ${sized(count)}`);
  const total = Object.values(removed).reduce((sum, { files, bytes }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }), {
    files: 0,
    bytes: 0,
  });
  return [
    `Kept ${sized(kept)}: named by ${jobs} jobs and dead letters, or stored or used since ${before}.`,
    `${dryRun ? "Would delete" : "Deleted"} ${sized(total)}${rows.length > 0 ? ":" : "."}`,
    ...rows,
    "",
  ].join("\n");
}

function sized({ files, bytes }: Count): string {
  return `${files} ${files === 1 ? "file" : "files"} with ${bytes} bytes`;
}

try {
  await main();
} catch (error) {
  const expected = error instanceof StartError || error instanceof ConfigError;
  process.stderr.write(`${error instanceof Error ? (!expected && error.stack) || error.message : String(error)}\n`);
  process.exitCode = 1;
}
