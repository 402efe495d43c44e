import type { Command } from "commander";
import { explanation, job } from "../contract/job.ts";
import { nextStep, showNextStep } from "./next-step.ts";
import { jobPath, sessionOf } from "./session.ts";
import { wordsOf } from "./spent.ts";
import { aligned, writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

export function addExplain(program: Command): void {
  program
    .command("explain")
    .summary("say what a job waits for, and what to do about it")
    .description("Say why a job is where it is, what it waits for, and what to do about it.")
    .argument("<id>", "job id")
    .option("--json", "print the server's document and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery explain discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { gateway, terminal } = session;
      const { text, document } = await gateway.read(explanation, jobPath(id, "/explain"));
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      const { reason, detail, action } = document;
      const rows = Object.entries({ reason, detail, action, spent: wordsOf(document.spent) }).map(([name, words]) => [
        name,
        inCliWords(words),
      ]);
      terminal.out.write(`${aligned(rows).join("\n")}\n`);
      if (reason !== "finished") return;
      const steps = await nextStep((await gateway.read(job, jobPath(id))).document, session);
      // The action has said the sentence before it.
      showNextStep(steps.slice(-1), session);
    });
}
