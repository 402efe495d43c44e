import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Report } from "./report.ts";

export interface GoBuild {
  /** Directory of the module whose go.mod and go.sum pin everything that is built. */
  module: string;
  packages: readonly string[];
  /** Path that the binary gets, or with a slash at the end the directory for several. */
  to: string;
  /** What is built, for the report. */
  name: string;
  /** Packages of a build from nothing, to show how far it is. */
  total: string;
  report: Report;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/** There is no Go to build with. */
export class NoGo extends Error {
  override name = "NoGo";
}

/** Builds commands of a Go module. Throws `NoGo`, or an error with the last lines that the build wrote. */
export async function buildWithGo({ module, packages, to, name, total, report, env, signal }: GoBuild): Promise<void> {
  const began = performance.now();
  const args = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", to, ...packages];
  const go = spawn("go", args, { cwd: module, stdio: ["ignore", "ignore", "pipe"], ...(env && { env }), ...(signal && { signal }) });
  const exited = once(go, "close") as Promise<[number | null]>;
  // Where there is no Go, this and the wait for "spawn" both fail; the latter tells it.
  exited.catch(() => undefined);
  go.on("error", () => undefined);

  let modules = 0;
  let compiled = 0;
  const last: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => {
    if (line.startsWith("go: downloading")) modules += 1;
    else if (/^[\w./~-]+$/.test(line)) compiled += 1;
    else last.push(line);
  });
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    report(`Building ${name}: ${seconds} s, ${modules} modules downloaded, ${compiled} of about ${total} packages compiled`, "progress");
  }, 1_000);

  try {
    await once(go, "spawn").catch((cause: unknown) => {
      throw new NoGo("Go is not installed", { cause });
    });
    report(`Building ${name} from its Go module, once; this takes some minutes the first time.`);
    const [code] = await exited;
    if (code !== 0) throw new Error(`the build in ${module} failed:\n  ${last.slice(-8).join("\n  ")}\n`);
  } finally {
    clearInterval(ticker);
  }
}
