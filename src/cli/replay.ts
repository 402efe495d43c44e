import { type Command, InvalidArgumentError } from "commander";
import { type ReplayReply, replayReply } from "../contract/dead-letter.ts";
import { parse } from "./gateway.ts";
import { LETTERS, letterIdOf } from "./letter.ts";
import { type Filter, filtered, filterOf } from "./letter-filter.ts";
import { decimal } from "./options.ts";
import { EXIT } from "./outcome.ts";
import { type Session, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";
import { inCommands } from "./words.ts";

/** `dead-letters replay`. */
export function addReplay(letters: Command): void {
  filtered(letters.command("replay"))
    .summary("run their jobs again, as new jobs")
    .description(
      "Run the jobs of dead letters again, as new jobs: those that are named, or with --all every one that matches the filters.\nThe gateway takes them some at a time; the command goes on until none is left.",
    )
    .argument("[ids...]", "dead letter ids, or ids of jobs")
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
        const filter = filterOf(options);
        if (ids.length === 0 && !options.all) self.error("error: Give the ids of dead letters, or --all.");
        if (ids.length > 0 && (options.all || Object.keys(filter).length > 0)) {
          self.error("error: Ids and --all or its filters exclude one another: give one of them.");
        }
        const session = sessionOf(self);
        const { terminal, gateway, next } = session;
        const common = {
          ...(options.dryRun && { dry_run: true }),
          ...(options.rate !== undefined && { rate: options.rate }),
          ...(options.patch && { patch: options.patch }),
        };
        let named: string[] = [];
        for (const id of ids) named.push(await letterIdOf(id, session));
        let token = "";
        let told = 0;
        let refused = false;
        let last: string | undefined;
        do {
          const which = options.all ? { filter } : { ids: named };
          const json = { ...common, ...which, ...(token !== "" && { page_token: token }) };
          const { text, document } = await gateway.read(replayReply, `${LETTERS}/replay`, { method: "POST", json });
          const reached = document.replays.filter(({ state }) => state !== "not_reached");
          if (options.json) writeDocument(terminal, text);
          else showReplays(reached, session);
          told += reached.length;
          last = reached.findLast(({ state }) => state === "replayed")?.job_id ?? last;
          refused ||= reached.some(({ state }) => state === "refused");
          named = document.replays.filter(({ state }) => state === "not_reached").map(({ dead_letter_id: id }) => id);
          token = document.next_page_token;
          if (token !== "") terminal.err.write(`${told} so far, going on.\n`);
        } while (token !== "");
        if (told === 0) terminal.err.write("No dead letter matches.\n");
        if (last !== undefined) terminal.err.write(`See it end:  ${next(`watch ${last}`)}\n`);
        if (refused) process.exitCode = EXIT.error;
      },
    );
}

function showReplays(replays: ReplayReply["replays"], { terminal, next }: Session): void {
  const rows = replays.map((each) => [each.dead_letter_id, each.state, each.error ? inCommands(each.error.message, next) : startOf(each)]);
  if (rows.length > 0) terminal.out.write(`${aligned(rows).join("\n")}\n`);
}

function startOf({ job_id: id, starts_at: at }: ReplayReply["replays"][number]): string {
  return at === null ? `already, as ${id}: nothing is started, and nothing changed` : `${id} at ${at}`;
}

function jsonObject(text: string): object {
  const value = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError(`Give a JSON object, such as '{"budget":{"deadline_seconds":3600}}'.`);
}
