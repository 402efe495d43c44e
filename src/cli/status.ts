import type { Command } from "commander";
import { type Job, job } from "../contract/job.ts";
import { deliveryOf } from "./delivery.ts";
import { span } from "./figures.ts";
import { absolute } from "./gateway.ts";
import { idIn } from "./letter.ts";
import { nextStep, showNextStep } from "./next-step.ts";
import { isFinished } from "./outcome.ts";
import { jobPath, type Session, sessionOf } from "./session.ts";
import { wordsOf } from "./spent.ts";
import { aligned, writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .summary("show where a job is, and why")
    .description("Show where a job is, and why. The exit code is 0 for every job that is known, however it ended.")
    .argument("<id>", "job id")
    .option("--json", "print the server's document and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery status discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { text, document } = await session.gateway.read(job, jobPath(id));
      if (options.json) {
        writeDocument(session.terminal, text);
        return;
      }
      session.terminal.out.write(`${describe(document, session).join("\n")}\n`);
      showNextStep(await nextStep(document, session), session);
    });
}

function describe(document: Job, { gateway, paint }: Session): string[] {
  const { progress, waiting, error } = document;
  const verdict = document.verdict ? `, ${document.verdict}` : "";
  const rows = [
    ["job", document.job_id],
    ["kind", document.kind],
    ["status", `${document.status}${verdict}`],
    ["created", document.created_at],
    ["started", document.started_at ?? (isFinished(document) ? "never" : "not yet")],
    ...(document.finished_at ? [["finished", `${document.finished_at}${tookOf(document)}`]] : [["deadline", document.deadline_at]]),
    ["run", `${document.run}, ${document.attempts} ${document.attempts === 1 ? "attempt" : "attempts"}`],
    ...(document.spent ? [["spent", wordsOf(document.spent)]] : []),
    ...(progress && !isFinished(document) ? [["progress", `${progress.phase}, ${progress.done} of ${progress.total}`]] : []),
    ...(waiting ? [["waiting", `${waiting.detail} (${waiting.reason}${waiting.blocked_by ? `, ${waiting.blocked_by}` : ""})`]] : []),
    ...(error ? [["error", `${inCliWords(error.message)} (${error.code}, see ${absolute(gateway.url, error.doc)})`]] : []),
    ...(document.links.dead_letter ? [["dead letter", idIn(document.links.dead_letter)]] : []),
    ...(document.webhook ? [["webhook", deliveryOf(document.webhook)]] : []),
    ...(document.reused_from ? [["reused", `the stored result of ${document.reused_from}`]] : []),
    ...(document.links.temporal_ui ? [["web ui", absolute(gateway.url, document.links.temporal_ui)]] : []),
  ];
  return aligned(rows).map((line) => line.replace(/^\S+( ui| letter)?/, (name) => paint.out("dim", name)));
}

function tookOf({ created_at: created, finished_at: finished }: Job): string {
  return finished ? ` (${span((Date.parse(finished) - Date.parse(created)) / 1_000)} after it was created)` : "";
}
