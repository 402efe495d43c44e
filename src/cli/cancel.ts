import type { Command } from "commander";
import { cancelReceipt } from "../contract/job.ts";
import { jobPath, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .summary("stop a job and everything that it started")
    .description("Stop a job and everything that it started, and list what became of each part.")
    .argument("<id>", "job id")
    .option("--json", "print the server's receipt and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery cancel 0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const { gateway, terminal, next } = sessionOf(self);
      const { text, document } = await gateway.read(cancelReceipt, jobPath(id, "/cancel"), { method: "POST" });
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      const members = document.members.map(({ type, id: member, name, state }) => [type, member, name, state]);
      terminal.out.write(`${[`The job is ${document.status}.`, ...aligned(members)].join("\n")}\n`);
      if (document.status === "cancelling") terminal.err.write(`See it end:  ${next(`watch ${id}`)}\n`);
    });
}
