import type { Command } from "commander";
import { job, type RerunPlan, rerunPlan } from "../contract/job.ts";
import { letterOf } from "./next-step.ts";
import { jobPath, type Session, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

interface RerunOptions {
  all?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export function addRerun(program: Command): void {
  program
    .command("rerun")
    .summary("run an ended job once more, under the same id")
    .description("Run an ended job once more, under the same id and with the same request. Shards that were completed are reused.")
    .argument("<id>", "job id")
    .option("--all", "compute everything anew, even of a job that succeeded")
    .option("--dry-run", "only say what would be reused and what computed")
    .option("--json", "print the server's document and nothing else")
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx orrery rerun discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f --dry-run\n  $ npx orrery rerun discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f",
    )
    .action(async (id: string, options: RerunOptions, self: Command) => {
      const session = sessionOf(self);
      const call = { method: "POST", json: { scope: options.all ? "all" : "failed", dry_run: options.dryRun ?? false } } as const;
      const { gateway, terminal, next } = session;
      if (options.dryRun) {
        const { text, document } = await gateway.read(rerunPlan, jobPath(id, "/rerun"), call);
        if (options.json) {
          writeDocument(terminal, text);
          return;
        }
        showPlan(document, options, session);
        const letter = await letterOf((await gateway.read(job, jobPath(id))).document, session);
        if (letter?.reason === "refused")
          terminal.err.write(`Mind: it fails again, unless what it refers to has changed. ${inCliWords(letter.message, next)}\n`);
        return;
      }
      const { text, document } = await gateway.read(job, jobPath(id, "/rerun"), call);
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      terminal.out.write(`Run ${document.run} of the job is ${document.status}.\n`);
      terminal.err.write(`See it end:  ${next(`watch ${id}`)}\n`);
    });
}

function showPlan({ job_id: id, run, members }: RerunPlan, { all }: RerunOptions, { terminal, next }: Session): void {
  terminal.out.write(
    `${aligned([["ACTION", "WHAT", "NAME"], ...members.map(({ action, type, name }) => [action, type, name])]).join("\n")}\n`,
  );
  const shards = members.filter(({ type }) => type === "shard");
  const reused = shards.filter(({ action }) => action === "reuse").length;
  if (shards.length > 0) terminal.err.write(`${reused} of ${shards.length} shards are reused, ${shards.length - reused} computed.\n`);
  terminal.err.write(`Start run ${run}:  ${next(`rerun ${id}${all ? " --all" : ""}`)}\n`);
}
