import type { Command } from "commander";
import { type Member, tree } from "../contract/job.ts";
import { jobPath, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

/** How far below the job a member is: its activities and shards, and the activities of those. */
function depthOf({ type, id }: Member, jobId: string): number {
  if (type === "job") return 0;
  return type === "shard" || id.startsWith(`${jobId}/`) ? 1 : 2;
}

export function addTree(program: Command): void {
  program
    .command("tree")
    .summary("list the parts of a job and what has become of each")
    .description("List the shards and activities of a job, and what has become of each.")
    .argument("<id>", "job id")
    .option("--json", "print the server's document and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery tree discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const { gateway, terminal } = sessionOf(self);
      const { text, document } = await gateway.read(tree, jobPath(id, "/tree"));
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      const rows = document.members.map((member) => [
        `${"  ".repeat(depthOf(member, document.job_id))}${member.name}`,
        member.state,
        member.attempts === 0 ? "" : `attempt ${member.attempts}`,
        member.error ?? "",
      ]);
      terminal.out.write(`${aligned(rows).join("\n")}\n`);
    });
}
