import type { Command } from "commander";
import { EXIT } from "./outcome.ts";
import { sessionOf } from "./session.ts";
import { showOutcome } from "./show.ts";
import { watchJob } from "./wait.ts";

export function addWatch(program: Command): void {
  program
    .command("watch")
    .summary("follow a job until it ends, then print its result")
    .description("Follow a job until it ends, then print its result. Lost connections are resumed; Ctrl-C leaves the job running.")
    .argument("<id>", "job id")
    .option("--json", "print the server's document of the finished job and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery watch discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const finished = await watchJob(session, id);
      process.exitCode = finished ? await showOutcome(session, finished, options) : EXIT.interrupted;
    });
}
