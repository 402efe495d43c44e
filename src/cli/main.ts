#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { ConfigError, loadSettings } from "../config/load.ts";
import { httpSettings, type Settings } from "../config/schema.ts";
import { systemGraceMs } from "../dev/graces.ts";
import { addressOf } from "../dev/lock.ts";
import { addCancel } from "./cancel.ts";
import { addDeadLetters } from "./dead-letters.ts";
import { addDemo } from "./demo.ts";
import { addDiscover } from "./discover.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExplain } from "./explain.ts";
import { describeFailure } from "./failure.ts";
import { Refused } from "./gateway.ts";
import { addJobs } from "./jobs.ts";
import { EXIT, EXIT_HELP } from "./outcome.ts";
import { addPredict } from "./predict.ts";
import { addProcesses } from "./processes.ts";
import { addRerun } from "./rerun.ts";
import { addResult } from "./result.ts";
import { addStatus } from "./status.ts";
import { painter, writeDocument } from "./terminal.ts";
import { addTree } from "./tree.ts";
import { addWatch } from "./watch.ts";

const DEFAULT_PORT = httpSettings.parse({}).ORRERY_PORT;

/** Where a gateway with these settings listens. */
function ownUrl({ ORRERY_HOST: host, ORRERY_PORT: port }: Settings): string {
  // A gateway on all addresses of this machine answers on the loopback one.
  if (host === "0.0.0.0" || host === "::") return `http://127.0.0.1:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The address that is set, else that of the gateway which runs on the same data directory, whatever port it was given, else
 * where one would listen. A port that is set is meant, whatever runs on the directory.
 */
async function gatewayUrl(settings: Settings): Promise<string> {
  if (settings.ORRERY_URL !== undefined) return settings.ORRERY_URL.replace(/\/+$/, "");
  const named = settings.ORRERY_PORT !== 0 && settings.ORRERY_PORT !== DEFAULT_PORT;
  return (named ? undefined : await addressOf(settings.ORRERY_DATA_DIR)) ?? ownUrl(settings);
}

/** The package's root is two folders up both from source and when built. */
function packageVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

function httpAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("Give an address, such as http://127.0.0.1:8080.");
}

function createProgram(settings: Settings, url: string): Command {
  const program = new Command("orrery")
    .description("Durable discover and evaluate jobs: post a table, get a job id at once, read the law that holds.")
    .option("--url <address>", "address of the gateway (ORRERY_URL)", httpAddress, url)
    .version(packageVersion(), "--version", "print the version")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", EXIT_HELP);
  const own = { url: ownUrl(settings), stopMs: systemGraceMs(settings.ORRERY_DRAIN_SECONDS) };
  program.commandsGroup("Jobs:");
  addDiscover(program, own);
  addEvaluate(program, own);
  addPredict(program, own);
  addJobs(program);
  addStatus(program);
  addTree(program);
  addExplain(program);
  addResult(program);
  addWatch(program);
  addCancel(program);
  addRerun(program);
  addDeadLetters(program);
  program.commandsGroup("Processes:");
  addDemo(program, own);
  addProcesses(program);
  program.showHelpAfterError("See: npx orrery --help");
  for (const command of program.commands) {
    command.showHelpAfterError(`See: npx orrery ${command.name()} --help`);
    for (const inner of command.commands) inner.showHelpAfterError(`See: npx orrery ${command.name()} ${inner.name()} --help`);
  }
  return program;
}

// `orrery jobs | head` closes the pipe early; that is not a fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

let json = false;
try {
  const settings = loadSettings();
  const program = createProgram(settings, await gatewayUrl(settings));
  program.hook("preAction", (_program, action) => {
    json = action.opts<{ json?: boolean }>().json === true;
  });
  await program.parseAsync();
} catch (error) {
  if (json && error instanceof Refused) writeDocument({ out: process.stdout, err: process.stderr }, error.text);
  process.stderr.write(error instanceof ConfigError ? `${error.message}\n` : describeFailure(error, painter(process.stderr)));
  process.exitCode = EXIT.error;
}
