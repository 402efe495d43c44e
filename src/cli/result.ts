import type { Command } from "commander";
import { job } from "../contract/job.ts";
import { result } from "../contract/result.ts";
import { Refused } from "./gateway.ts";
import { EXIT, exitCodeOfVerdict } from "./outcome.ts";
import { jobPath, sessionOf } from "./session.ts";
import { showDelivery, showPartial, showResult } from "./show.ts";
import { writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

export function addResult(program: Command): void {
  program
    .command("result")
    .summary("print the result of a finished job")
    .description("Print the result of a finished job. A job that still runs is an error (exit code 1); one that failed ends with 2.")
    .argument("<id>", "job id")
    .option("--json", "print the server's result document and nothing else")
    .addHelpText("after", "\nExample:\n  $ npx orrery result discover-0198f3c2-7d1e-7000-8000-5a2b9c4d1e0f --json > result.json")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      try {
        const reply = await session.gateway.read(result, jobPath(id, "/result"));
        if (options.json) writeDocument(session.terminal, reply.text);
        else {
          await showResult(session, id, reply.document);
          const { webhook } = (await session.gateway.read(job, jobPath(id))).document;
          if (webhook) showDelivery(session, webhook);
        }
        process.exitCode = exitCodeOfVerdict(reply.document.verdict);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const { code, detail } = error.problem;
        if (code !== "job_not_finished" && code !== "job_has_no_result") throw error;
        const advice =
          code === "job_not_finished"
            ? `The job has no result yet. Wait for it:  ${session.next(`watch ${id}`)}`
            : inCliWords(detail, session.next);
        session.terminal.err.write(`${advice}\n`);
        if (code === "job_has_no_result" && !options.json) await showPartial(session, id);
        if (options.json) writeDocument(session.terminal, error.text);
        process.exitCode = code === "job_not_finished" ? EXIT.error : EXIT.notSucceeded;
      }
    });
}
