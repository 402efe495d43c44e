import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type DeadLetterBody,
  deadLetter,
  deadLetterList,
  deadLetterWithPayload,
  type ReplayReply,
  replayReply,
} from "../contract/dead-letter.ts";
import { DEAD_LETTER_REASONS, KINDS } from "../contract/names.ts";
import { span } from "./figures.ts";
import { absolute, parse } from "./gateway.ts";
import { decimal, integer } from "./options.ts";
import { EXIT } from "./outcome.ts";
import { type Session, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";

const PATH = "/v1/dead-letters";

interface Filter {
  kind?: string;
  reason?: string;
  code?: string;
  since?: string;
}

const FILTERS = ["kind", "reason", "code", "since"] as const;

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

function filtered(command: Command): Command {
  return command
    .addOption(new Option("--kind <kind>", "only this kind").choices(KINDS))
    .addOption(new Option("--reason <reason>", "only this reason").choices(DEAD_LETTER_REASONS))
    .option("--code <code>", "only this error code")
    .option("--since <time>", "only those that failed at this time or later, such as 2026-01-31T12:00:00Z");
}

function filterOf(options: Filter): Filter {
  return Object.fromEntries(FILTERS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

function addList(letters: Command): void {
  filtered(letters.command("list", { isDefault: true }))
    .summary("list the open ones, newest first")
    .option("--limit <number>", "most to list", integer({ minValue: 1, maxValue: 100 }), 20)
    .option("--page <token>", "continue a longer list")
    .option("--json", "print the server's document and nothing else")
    .action(async (options: Filter & { limit: number; page?: string; json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { terminal, gateway, next } = session;
      const query = new URLSearchParams({ ...filterOf(options), page_size: String(options.limit), page_token: options.page ?? "" });
      const { text, document } = await gateway.read(deadLetterList, `${PATH}?${query.toString()}`);
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
        `${ageOf(letter)} ago`,
      ]);
      if (rows.length > 0) {
        terminal.out.write(`${aligned([["DEAD LETTER", "REASON", "CODE", "ATTEMPTS", "FAILED"], ...rows]).join("\n")}\n`);
        terminal.err.write(`Look at one:  ${next("dead-letters show <id>")}\n`);
      } else if (!page) terminal.err.write("No dead letters.\n");
      if (page) terminal.err.write(`There are more. Add:  --page ${page}\n`);
    });
}

function addShow(letters: Command): void {
  letters
    .command("show")
    .summary("show one, with the request of its job")
    .argument("<id>", "dead letter id")
    .option("--json", "print the server's document and nothing else")
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const { terminal, gateway, next } = sessionOf(self);
      const { text, document } = await gateway.read(deadLetterWithPayload, pathOf(id));
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      const { first_error: first, last_error: last, resolution } = document;
      const rows = [
        ["job", `${document.job_id}, run ${document.run}`],
        ["reason", `${document.reason} (${document.code})`],
        ["message", document.message],
        ["attempts", String(document.attempts)],
        ["first error", `${first.code} at ${first.at}: ${first.message}`],
        ["last error", `${last.code} at ${last.at}: ${last.message}`],
        ["accepted", document.accepted_at],
        ["failed", document.failed_at],
        ...filesOf(document, gateway.url),
        ...(resolution ? [[resolution.resolution, `by ${resolution.by}: ${resolution.reason}`]] : []),
        ...(resolution?.job_id ? [["new job", resolution.job_id]] : []),
      ];
      terminal.out.write(`${rows.map(([name = "", value = ""]) => `${name.padEnd(12)}${value}`).join("\n")}\n`);
      if (resolution === null) terminal.err.write(`Run it again:  ${next(`dead-letters replay ${id}`)}\n`);
    });
}

/** Where the files of the failure are. */
function filesOf({ artifact, partial, links }: DeadLetterBody, url: string): string[][] {
  const files = [artifact, partial].flatMap((file) => (file ? [absolute(url, `${links.artifacts}/${file.name}`)] : []));
  return files.map((file) => ["file", file]);
}

function addReplay(letters: Command): void {
  filtered(letters.command("replay"))
    .summary("run their jobs again, as new jobs")
    .description(
      "Run the jobs of dead letters again, as new jobs: those that are named, or with --all every one that matches the filters.\nThe gateway takes them some at a time; the command goes on until none is left.",
    )
    .argument("[ids...]", "dead letter ids")
    .option("--all", "all that match the filters")
    .option("--dry-run", "check everything, start nothing")
    .option("--rate <number>", "jobs that start in a second", decimal({ minValue: 0.001, maxValue: 1_000 }))
    .option("--patch <json>", "JSON merge patch (RFC 7396) of each request", jsonObject)
    .option("--json", "print the server's documents and nothing else, one for each call")
    .addHelpText(
      "after",
      `\nExamples:\n  $ npx orrery dead-letters replay --all --reason deadline --patch '{"budget":{"deadline_seconds":3600}}' --dry-run`,
    )
    .action(
      async (
        ids: string[],
        options: Filter & { all?: boolean; dryRun?: boolean; rate?: number; patch?: object; json?: boolean },
        self: Command,
      ) => {
        if (ids.length > 0 === (options.all ?? false)) self.error("Give the ids of dead letters, or --all.");
        const { terminal, gateway } = sessionOf(self);
        const common = {
          ...(options.dryRun && { dry_run: true }),
          ...(options.rate !== undefined && { rate: options.rate }),
          ...(options.patch && { patch: options.patch }),
        };
        let named = ids;
        let token = "";
        let told = 0;
        let refused = false;
        do {
          const which = options.all ? { filter: filterOf(options) } : { ids: named };
          const json = { ...common, ...which, ...(token !== "" && { page_token: token }) };
          const { text, document } = await gateway.read(replayReply, `${PATH}/replay`, { method: "POST", json });
          const reached = document.replays.filter(({ state }) => state !== "not_reached");
          if (options.json) writeDocument(terminal, text);
          else showReplays(reached, terminal);
          told += reached.length;
          refused ||= reached.some(({ state }) => state === "refused");
          named = document.replays.filter(({ state }) => state === "not_reached").map(({ dead_letter_id: id }) => id);
          token = document.next_page_token;
          if (token !== "") terminal.err.write(`${told} so far, going on.\n`);
        } while (token !== "");
        if (told === 0) terminal.err.write("No dead letter matches.\n");
        if (refused) process.exitCode = EXIT.error;
      },
    );
}

function showReplays(replays: ReplayReply["replays"], { out }: Session["terminal"]): void {
  const rows = replays.map((each) => [each.dead_letter_id, each.state, each.error ? each.error.message : startOf(each)]);
  if (rows.length > 0) out.write(`${aligned(rows).join("\n")}\n`);
}

function startOf({ job_id: id, starts_at: at }: ReplayReply["replays"][number]): string {
  return at === null ? `${id}, which an earlier replay has started` : `${id} at ${at}`;
}

function addDiscard(letters: Command): void {
  letters
    .command("discard")
    .summary("close one for which nothing is to be done")
    .argument("<id>", "dead letter id")
    .requiredOption("--reason <text>", "why, for those who ask later")
    .option("--json", "print the server's document and nothing else")
    .action(async (id: string, options: { reason: string; json?: boolean }, self: Command) => {
      const { terminal, gateway } = sessionOf(self);
      const { text } = await gateway.read(deadLetter, pathOf(id), { method: "DELETE", json: { reason: options.reason } });
      if (options.json) writeDocument(terminal, text);
      else terminal.out.write(`${id} is discarded.\n`);
    });
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

function ageOf({ failed_at: failed }: DeadLetterBody): string {
  return span(Math.max(0, Math.round((Date.now() - Date.parse(failed)) / 1_000)));
}

function jsonObject(text: string): object {
  const value = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError(`Give a JSON object, such as '{"budget":{"deadline_seconds":3600}}'.`);
}
