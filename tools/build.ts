// Builds dist: the compiled sources and the workflow bundle that workers load.
//
// When nothing changed since the last build, which a hash of all inputs tells, this takes milliseconds, so every
// script can begin with it. The build is made in a directory of its own and takes the place of dist at the end, so
// nobody sees half of it, and two builds at once both end with a whole one. dist must not be written by anything else.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const STAMP = ".inputs";

/** A hash of the names and contents of all that the build reads, and of the Node version that runs it. */
function hashOfInputs(): string {
  const hash = createHash("sha256").update(process.version);
  const files = ["package-lock.json", "tsconfig.json", "tools/build.ts", ...globSync("src/**/*.{ts,json}", { cwd: ROOT }).sort()];
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}

function builtFrom(folder: string): string | undefined {
  const stamp = join(folder, STAMP);
  return existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;
}

async function compile(to: string): Promise<void> {
  const tsc = spawn(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "src/tsconfig.json", "--outDir", to], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(tsc, "close")) as [number | null];
  if (code !== 0) throw new Error("the sources do not compile");
}

async function bundle(to: string): Promise<void> {
  // Loaded here and not above: it takes half a second, which a build that has nothing to do must not spend.
  const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, "src/workflows/index.ts"),
    logger: new DefaultLogger("WARN"),
  });
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "workflows.bundle.js"), code);
}

/** Puts the new build in the place of the old one. Where another process is faster, what it put there is replaced. */
function publish(made: string): void {
  const old = `${made}.old`;
  for (let attempt = 0; ; attempt += 1) {
    if (existsSync(DIST)) {
      rmSync(old, { recursive: true, force: true });
      try {
        renameSync(DIST, old);
      } catch (error) {
        // The other process has just moved it away.
        if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      }
    }
    try {
      renameSync(made, DIST);
      rmSync(old, { recursive: true, force: true });
      return;
    } catch (error) {
      // The other process put its build there between the two steps.
      if (attempt >= 5) throw error;
    }
  }
}

const began = performance.now();
const inputs = hashOfInputs();
if (builtFrom(DIST) === inputs) {
  process.stderr.write("dist is up to date\n");
} else {
  const made = join(ROOT, `dist.tmp-${process.pid}`);
  try {
    // Both are waited for even when one fails: the other must not write after the directory is removed.
    const failed = (await Promise.allSettled([compile(made), bundle(made)])).find((part) => part.status === "rejected");
    if (failed) throw failed.reason;
    // npx keeps the link to it that it made while this, and not bin/orrery.js, was the command.
    const command = join(made, "cli/main.js");
    if (existsSync(command)) chmodSync(command, 0o755);
    // Last, so that a directory without a stamp is never taken for a build.
    writeFileSync(join(made, STAMP), inputs);
    publish(made);
    process.stderr.write(`built dist in ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
  } catch (error) {
    process.stderr.write(`The build failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
