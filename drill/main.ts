import { spawnSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadSettings } from "../src/config/load.ts";
import { cacheDirectory, findTemporal } from "../src/dev/binary.ts";
import { createReport } from "../src/dev/report.ts";
import { findObjectServers } from "../test/support/objects.ts";
import { printed, verdictsOf } from "./report.ts";
import { drill } from "./run.ts";
import { openStage, type StageOptions } from "./stage.ts";

const USAGE = `npm run drill -- [options]

Strikes a system of its own with real faults while clients send jobs, and compares what they saw with what it says.
  --url URL      a deployment instead: jobs are sent, doubled, cancelled and compared, nothing is struck
  --jobs N       least number of jobs (10000; with --url 200)
  --faults N     faults that must overlap work (60)
  --cancels N    searches that are cancelled in peace, before the faults (30)
  --store KIND   fs, or s3 for a bucket of a real server behind a faulty network (fs)
  --users N      clients side by side (24; with --url 4)
  --seed N       decides jobs, faults and instants (the time)
  --json FILE    the figures as JSON`;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    jobs: { type: "string" },
    faults: { type: "string", default: "60" },
    cancels: { type: "string", default: "30" },
    store: { type: "string", default: "fs" },
    disk: { type: "boolean", default: false },
    users: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** A namespace in which this user may mount a disk, which nobody else sees, and which is gone with its last process. */
const NAMESPACE = ["--user", "--map-root-user", "--mount"];

const own = values.url === undefined;
const report = createReport(process.stderr);
const cacheDir = loadSettings().ORRERY_CACHE_DIR ?? cacheDirectory(process.env);
if (values.help) console.log(USAGE);
else if (own && values.store === "fs" && !values.disk && mayMount()) process.exitCode = within();
else process.exitCode = await main();

function mayMount(): boolean {
  return spawnSync("unshare", [...NAMESPACE, "mount", "-t", "tmpfs", "none", tmpdir()]).status === 0;
}

/** Runs the drill with a disk of its own. */
function within(): number {
  const command = [process.execPath, ...process.argv.slice(1), "--disk"];
  return spawnSync("unshare", [...NAMESPACE, ...command], { stdio: "inherit" }).status ?? 1;
}

async function main(): Promise<number> {
  const seed = count("seed", values.seed, 0);
  const size = {
    jobs: count("jobs", values.jobs ?? (own ? "10000" : "200"), 1),
    faults: count("faults", values.faults, 0),
    cancels: count("cancels", values.cancels, 0),
    users: count("users", values.users ?? (own ? "24" : "4"), 1),
    seed,
  };
  const folder = await mkdtemp(join(tmpdir(), "orrery-ledger-"));
  const stage = own ? await openStage(await equipment()) : undefined;
  report(`Seed ${seed}; the ledger is in ${folder}`);
  try {
    const result = await drill({
      ...size,
      folder,
      report,
      url: stage?.url ?? (values.url as string).replace(/\/$/, ""),
      ...(stage && { stage }),
    });
    const verdicts = verdictsOf(result);
    if (values.json) {
      const { state: _, ...figures } = result;
      await writeFile(values.json, `${JSON.stringify({ ...figures, verdicts }, null, 2)}\n`);
    }
    console.log(printed(result));
    return verdicts.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    await stage?.stop();
  }
}

/** What the drill's own system is made of. */
async function equipment(): Promise<StageOptions> {
  const found = { binary: await findTemporal({ cacheDir, report }), env: process.env };
  if (values.store === "fs") return { ...found, disk: values.disk };
  if (values.store !== "s3") throw new Error(`--store takes fs or s3, not ${JSON.stringify(values.store)}`);
  const servers = await findObjectServers(cacheDir, report);
  if (servers === undefined) throw new Error("--store s3 needs Go to build a server of S3");
  return { ...found, servers };
}

function count(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} takes a whole number from ${least}, not ${JSON.stringify(text)}`);
}
