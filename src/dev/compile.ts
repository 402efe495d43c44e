import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Report } from "./report.ts";
import { StartError } from "./start-error.ts";

/** The module whose go.mod and go.sum pin the CLI, the server inside it and everything below. */
const MODULE = fileURLToPath(new URL("../../tools/temporal", import.meta.url));
const PACKAGE = "github.com/temporalio/cli/cmd/temporal";

/** Packages of a build from nothing, to show how far it is. */
const PACKAGES = "1,800";

export interface CompileOptions {
  /** Path that the binary gets. */
  to: string;
  report: Report;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/**
 * Builds the Temporal CLI from the pinned Go module: three to six minutes on two cores the first time. Throws a
 * `StartError` with the next steps if there is no Go or the build fails.
 */
export async function compileTemporal({ to, report, env, signal }: CompileOptions): Promise<void> {
  const began = performance.now();
  const args = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", to, PACKAGE];
  const go = spawn("go", args, { cwd: MODULE, stdio: ["ignore", "ignore", "pipe"], ...(env && { env }), ...(signal && { signal }) });
  const exited = once(go, "close") as Promise<[number | null]>;
  // Where there is no Go, this and the wait for "spawn" both fail; the latter tells it.
  exited.catch(() => undefined);
  go.on("error", () => undefined);

  let modules = 0;
  let packages = 0;
  const last: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => {
    if (line.startsWith("go: downloading")) modules += 1;
    else if (/^[\w./~-]+$/.test(line)) packages += 1;
    else last.push(line);
  });
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    report(
      `Building the Temporal server: ${seconds} s, ${modules} modules downloaded, ${packages} of about ${PACKAGES} packages compiled`,
      "progress",
    );
  }, 1_000);

  try {
    await once(go, "spawn");
    report("Building the Temporal server from its Go module, once; this takes some minutes the first time.");
    const [code] = await exited;
    if (code !== 0) throw new StartError(sentence(`the build in ${MODULE} failed:\n  ${last.slice(-8).join("\n  ")}\n`));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StartError) throw error;
    throw new StartError(sentence("Go is not installed to build one."), { cause: error });
  } finally {
    clearInterval(ticker);
  }
}

function sentence(reason: string): string {
  return [
    `There is no Temporal server to start: none is on PATH or in the cache, the download did not work, and ${reason}`,
    "Do one of these:",
    "  - install Go 1.26 or later (https://go.dev/dl), and start again",
    "  - install the Temporal CLI (https://docs.temporal.io/cli), and start again",
    "  - set TEMPORAL_ADDRESS to a Temporal server that runs",
  ].join("\n");
}
