import type { Command } from "commander";
import { type DeadLetterBody, deadLetter, deadLetterList } from "../contract/dead-letter.ts";
import { span } from "./figures.ts";
import { addShow, LETTERS, letterIdOf, letterPath } from "./letter.ts";
import { type Filter, filtered, filterOf } from "./letter-filter.ts";
import { integer } from "./options.ts";
import { addReplay } from "./replay.ts";
import { sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

export function addDeadLetters(program: Command): void {
  const letters = program
    .command("dead-letters")
    .summary("inspect, replay and discard jobs that failed for good")
    .description("Jobs that failed for good, kept until somebody replays or discards them.");
  addList(letters);
  addShow(letters);
  addReplay(letters);
  addDiscard(letters);
}

function addList(letters: Command): void {
  filtered(letters.command("list", { isDefault: true }))
    .summary("list the open ones, newest first")
    .option("--resolved", "those that somebody has dealt with, the last first, as long as the server keeps them")
    .option("--limit <number>", "most to list", integer({ minValue: 1, maxValue: 100 }), 20)
    .option("--page <token>", "continue a longer list")
    .option("--json", "print the server's document and nothing else")
    .action(async (options: Filter & { resolved?: boolean; limit: number; page?: string; json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { terminal, gateway, next } = session;
      const query = new URLSearchParams({
        ...filterOf(options),
        ...(options.resolved && { state: "resolved" }),
        page_size: String(options.limit),
        page_token: options.page ?? "",
      });
      const { text, document } = await gateway.read(deadLetterList, `${LETTERS}?${query.toString()}`);
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      const { dead_letters: found, next_page_token: page } = document;
      const rows = found.map((letter) => [
        letter.dead_letter_id,
        letter.reason,
        letter.code,
        String(letter.attempts),
        ...(options.resolved ? [letter.resolution?.resolution ?? ""] : []),
        `${ageOf(letter)} ago`,
      ]);
      if (rows.length > 0) {
        const heads = ["DEAD LETTER", "REASON", "CODE", "ATTEMPTS", ...(options.resolved ? ["RESOLVED"] : []), "FAILED"];
        terminal.out.write(`${aligned([heads, ...rows]).join("\n")}\n`);
        terminal.err.write(`Look at one:  ${next("dead-letters show <id>")}\n`);
      } else if (!page) terminal.err.write(options.resolved ? "No resolved dead letters.\n" : "No dead letters.\n");
      if (page) terminal.err.write(`There are more. Add:  --page ${page}\n`);
    });
}

function addDiscard(letters: Command): void {
  letters
    .command("discard")
    .summary("close one for which nothing is to be done")
    .description("Close a dead letter for which nothing is to be done. The reason stays with it and in the audit log.")
    .argument("<id>", "dead letter id, or id of the job")
    .requiredOption("--reason <text>", "why, for those who ask later")
    .option("--json", "print the server's document and nothing else")
    .action(async (given: string, options: { reason: string; json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { terminal, gateway } = session;
      const id = await letterIdOf(given, session);
      const { text } = await gateway.read(deadLetter, letterPath(id), { method: "DELETE", json: { reason: options.reason } });
      if (options.json) writeDocument(terminal, text);
      else terminal.out.write(`${id} is discarded.\n`);
    });
}

function ageOf({ failed_at: failed }: DeadLetterBody): string {
  return span(Math.max(0, Math.round((Date.now() - Date.parse(failed)) / 1_000)));
}
