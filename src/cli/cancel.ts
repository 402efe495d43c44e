import type { Command } from "commander";
import { cancelReceipt, type Member } from "../contract/job.ts";
import { jobPath, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

/** Most members that are listed one by one; `--json` has them all. */
const MAX_LINES = 20;

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .summary("stop a job and everything that it started")
    .description("Stop a job and everything that it started, and sum up what became of its parts.")
    .argument("<id>", "job id")
    .option("--json", "print the server's receipt and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery cancel discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const { gateway, terminal, next } = sessionOf(self);
      const { text, document } = await gateway.read(cancelReceipt, jobPath(id, "/cancel"), { method: "POST" });
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      terminal.out.write(`${[`The job is ${document.status}.`, ...summaryOf(document.members)].join("\n")}\n`);
      if (document.status === "cancelling") terminal.err.write(`See it end:  ${next(`watch ${id}`)}\n`);
    });
}

/** How many shards and activities are in which state, and each that neither was cancelled nor had succeeded. */
function summaryOf(members: Member[]): string[] {
  const parts = members.filter(({ type }) => type !== "job");
  const counts = [countsOf(parts, "shard", "shards"), countsOf(parts, "activity", "activities")].filter(Boolean);
  const others = parts.filter(({ state }) => state !== "cancelled" && state !== "succeeded");
  return [
    ...(counts.length > 0 ? [`${counts.join("; ")}.`] : []),
    ...aligned(others.slice(0, MAX_LINES).map(({ type, id, name, state }) => [type, id, name, state])),
    ...(others.length > MAX_LINES ? [`and ${others.length - MAX_LINES} more with --json`] : []),
  ];
}

/** Such as "57 shards cancelled, 7 succeeded"; empty if there is none of the type. */
function countsOf(members: Member[], type: Member["type"], plural: string): string {
  const counts = new Map<string, number>();
  for (const { state } of members.filter((member) => member.type === type)) counts.set(state, (counts.get(state) ?? 0) + 1);
  const [first, ...rest] = [...counts].sort(([, a], [, b]) => b - a);
  if (!first) return "";
  const [state, count] = first;
  return [`${count} ${count === 1 ? type : plural} ${state}`, ...rest.map(([other, number]) => `${number} ${other}`)].join(", ");
}
