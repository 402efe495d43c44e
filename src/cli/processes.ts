import { spawn } from "node:child_process";
import { constants } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { POOLS } from "../contract/names.ts";

/** The sibling composition roots, without their extension, which is that of this file: .js when built, .ts from source. */
const ENTRIES = {
  dev: "../dev/main",
  worker: "../worker",
  gateway: "../api/server",
  setup: "../dev/setup",
  clean: "../clean/main",
} as const;

const SUMMARIES: Record<keyof typeof ENTRIES, string> = {
  dev: "run everything on this machine: Temporal, a worker and the gateway",
  worker: "run a worker process",
  gateway: "run the HTTP gateway",
  setup: "prepare a Temporal server: namespace and search attributes",
  clean: "delete from the store what no job needs any more",
};

/** Arguments of the processes that take any. */
const ARGUMENTS: Partial<Record<keyof typeof ENTRIES, string>> = {
  worker: `\nArguments:\n  --pool <names>  pools to serve, comma-separated: ${POOLS.join(", ")} (default: all)\n`,
  setup:
    "\nArguments:\n  --retention-hours <number>  how long finished jobs are kept\n  --json                      print the registration as JSON\n",
  clean:
    "\nArguments:\n  --older-than <time>  keep what was stored or used since: 30d (the default), 36h; at least 1d\n  --dry-run            only say what would be deleted\n  --json               print the counts as JSON\n",
};

const EXAMPLES: Partial<Record<keyof typeof ENTRIES, string>> = { worker: " --pool heavy", clean: " --older-than 30d --dry-run" };

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function addProcesses(program: Command): void {
  for (const name of Object.keys(ENTRIES) as (keyof typeof ENTRIES)[]) {
    program
      .command(name)
      .summary(SUMMARIES[name])
      .description(
        `${SUMMARIES[name].charAt(0).toUpperCase()}${SUMMARIES[name].slice(1)}.\nSettings are ORRERY_* and TEMPORAL_* variables (see docs/settings.md).`,
      )
      .allowUnknownOption()
      .allowExcessArguments()
      // The address of a gateway is nothing to them.
      .configureHelp({ showGlobalOptions: false })
      .addHelpText("after", `${ARGUMENTS[name] ?? ""}\nExample:\n  $ npx orrery ${name}${EXAMPLES[name] ?? ""}`)
      .action(async (_options: unknown, self: Command) => {
        process.exitCode = await run(entryPath(name), self.args);
      });
  }
}

export function entryPath(name: keyof typeof ENTRIES): string {
  return fileURLToPath(new URL(`${ENTRIES[name]}${extname(import.meta.url)}`, import.meta.url));
}

/** Runs a process in the foreground and resolves to its exit code, or to 128 and the number of the signal that ended it. */
function run(path: string, args: string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], { stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to the child as well; a second SIGINT would cut short its orderly stop.
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const forwarded of FORWARDED) process.removeListener(forwarded, forward);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
