import type { Command } from "commander";
import { type DeadLetterBody, deadLetterWithPayload } from "../contract/dead-letter.ts";
import { job } from "../contract/job.ts";
import { KINDS } from "../contract/names.ts";
import { UsageError } from "./failure.ts";
import { absolute } from "./gateway.ts";
import { jobPath, type Session, sessionOf } from "./session.ts";
import { aligned, writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

export const LETTERS = "/v1/dead-letters";

export function letterPath(id: string): string {
  return `${LETTERS}/${encodeURIComponent(id)}`;
}

/** The id at the end of a link. */
export function idIn(link: string): string {
  return link.slice(link.lastIndexOf("/") + 1);
}

/** The dead letter that is meant: a job stands for that of its latest run. */
export async function letterIdOf(id: string, { gateway, next }: Session): Promise<string> {
  if (!KINDS.some((kind) => id.startsWith(`${kind}-`))) return id;
  const { status, run, links } = (await gateway.read(job, jobPath(id))).document;
  if (links.dead_letter !== undefined) return idIn(links.dead_letter);
  const earlier = run > 1 ? ` Those of its earlier runs:  ${next(`dead-letters --resolved --job ${id}`)}` : "";
  throw new UsageError(`The latest run of ${id} is ${status}, and only one that failed has a dead letter.${earlier}`);
}

/** `dead-letters show`. */
export function addShow(letters: Command): void {
  letters
    .command("show")
    .summary("show one, with the request of its job")
    .description("Show a dead letter: how its job failed, its files, what became of it, and the request.")
    .argument("<id>", "dead letter id, or id of the job")
    .option("--json", "print the server's document and nothing else")
    .action(async (given: string, options: { json?: boolean }, self: Command) => {
      const session = sessionOf(self);
      const { terminal, gateway, next } = session;
      const id = await letterIdOf(given, session);
      const { text, document } = await gateway.read(deadLetterWithPayload, letterPath(id));
      if (options.json) {
        writeDocument(terminal, text);
        return;
      }
      terminal.out.write(`${describe(document, gateway.url).join("\n")}\n`);
      if (document.payload) terminal.out.write(`${outline(document.payload)}\n`);
      if (document.resolution === null) {
        terminal.err.write(`Run it again, changed or as it is:  ${next(`dead-letters replay ${id}`)} [--patch <json>]\n`);
        terminal.err.write(`Nothing to be done:  ${next(`dead-letters discard ${id} --reason "…"`)}\n`);
      }
    });
}

function describe(letter: DeadLetterBody, url: string): string[] {
  const { first_error: first, last_error: last, artifact, partial, resolution, links } = letter;
  const files = [artifact, partial].filter((file) => file !== null);
  const isOne = first.at === last.at && first.code === last.code;
  return aligned([
    ["dead letter", letter.dead_letter_id],
    ["job", `${letter.job_id}, run ${letter.run}`],
    ["reason", `${letter.reason} (${letter.code}), after ${letter.attempts} ${letter.attempts === 1 ? "attempt" : "attempts"}`],
    ["message", inCliWords(letter.message)],
    ["stage", letter.stage],
    ...(isOne ? [] : [["first error", errorText(first)]]),
    ["last error", errorText(last)],
    ["accepted", letter.accepted_at],
    ["failed", letter.failed_at],
    ...files.map(({ name }) => ["file", absolute(url, `${links.artifacts}/${name}`)]),
    ...(resolution ? [["resolved", resolutionText(resolution)]] : []),
    ...(resolution?.job_id && resolution.job_id !== letter.job_id ? [["new job", resolution.job_id]] : []),
    ...(resolution?.patch ? [["patch", JSON.stringify(resolution.patch)]] : []),
    ["request", ""],
  ]);
}

function errorText({ code, at, attempt, message }: DeadLetterBody["last_error"]): string {
  return `${code} at ${at}${attempt > 0 ? `, attempt ${attempt}` : ""}: ${inCliWords(message)}`;
}

/** What became of it, and why where somebody has said so. */
function resolutionText({ resolution, by, at, reason }: NonNullable<DeadLetterBody["resolution"]>): string {
  return `${resolution} by ${by}${at === null ? "" : ` at ${at}`}${reason === resolution ? "" : `: ${reason}`}`;
}

/** Numbers of a list from which on it is told by its length. */
const LONG = 9;

/** A request as people read it: in place of a column of many values their number. */
function outline(request: object): string {
  const short = (_: string, value: unknown) => (Array.isArray(value) && value.length >= LONG ? `… ${value.length} values` : value);
  return JSON.stringify(request, short, 2).replaceAll(/^/gm, "  ");
}
