import { type Command, Option } from "commander";
import { type Job, job } from "../contract/job.ts";
import type { Kind } from "../contract/names.ts";
import { type Missing, missing } from "../contract/request.ts";
import type { Reply, Upload } from "./gateway.ts";
import { decimal, duration, integer, RANGES } from "./options.ts";
import { EXIT } from "./outcome.ts";
import { saveFiles } from "./save.ts";
import type { Session } from "./session.ts";
import { showOutcome } from "./show.ts";
import { datasetOf, type RequestSource } from "./source.ts";
import { writeDocument } from "./terminal.ts";
import { watchJob } from "./wait.ts";

/** Options that both kinds of job share. */
export interface SubmitOptions {
  target?: string;
  seed?: number;
  falseAcceptance?: number;
  priority?: number;
  deadline?: number;
  callbackUrl?: string;
  narrative?: boolean;
  reuse: boolean;
  missing?: Missing;
  key?: string;
  detach?: boolean;
  json?: boolean;
  save?: string;
}

export function addSubmitOptions(command: Command): Command {
  return command
    .option("--target <column>", "column to explain (default: the last one)")
    .option("--seed <number>", "seed of every random choice; one seed, one result", integer(RANGES.seed))
    .option("--false-acceptance <share>", "share of datasets without a law that may be accepted", decimal(RANGES.falseAcceptance))
    .option("--priority <1..5>", "1 is served first", integer(RANGES.priority))
    .option("--deadline <time>", "end of the job, time in queues included: 90, 90s, 15m, 2h or 1d", duration(RANGES.deadline))
    .addOption(new Option("--missing <what>", "rows that miss a value: refuse the table, or drop them").choices(missing.options))
    .option("--narrative", "put the result in words too, as narrative.md")
    .option("--callback-url <address>", "tell this https: address of the job's end, whatever it is (see docs/webhooks.md)")
    .option("--key <text>", "idempotency key: the same key and request are always the same job")
    .option("--no-reuse", "compute even if the result of the same request is stored")
    .addOption(new Option("--wait", "stay until the job ends and print its result (default)").conflicts("detach"))
    .option("--detach", "print the job's id and return at once")
    .addOption(new Option("--save <folder>", "write the result, the numbers behind it and its plots there").conflicts("detach"))
    .option("--json", "print the server's JSON document and nothing else");
}

/** The request of a source with the options laid over it: an option given here wins over the document. */
export async function requestOf(session: Session, source: RequestSource, options: SubmitOptions): Promise<Record<string, unknown>> {
  const document: Record<string, unknown> =
    "request" in source ? { ...source.request } : { dataset: await datasetOf(session, source, options.missing) };
  const { target, seed, priority, narrative, callbackUrl: callback_url } = options;
  overlay(document, { target, seed, priority, narrative, callback_url });
  overlayPart(document, "decision", { false_acceptance: options.falseAcceptance });
  overlayPart(document, "budget", { deadline_seconds: options.deadline });
  if (!options.reuse) document.reuse = false;
  return document;
}

/** Lays values over one object inside the document; without any value the object is left as it is. */
export function overlayPart(document: Record<string, unknown>, name: string, values: Record<string, unknown>): void {
  const part = { ...(document[name] as Record<string, unknown> | undefined) };
  overlay(part, values);
  if (Object.keys(part).length > 0) document[name] = part;
}

export function overlay(document: Record<string, unknown>, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) document[name] = value;
}

/** Sends the request, or a document as it is; the reply is the accepted job. */
export function post(session: Session, kind: Kind, request: unknown, key?: string): Promise<Reply<Job>> {
  return session.gateway.read(job, `/v1/${kind}_async`, {
    method: "POST",
    ...(isUpload(request) ? { upload: request } : { json: request }),
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
}

function isUpload(request: unknown): request is Upload {
  return typeof request === "object" && request !== null && "bytes" in request && request.bytes instanceof Uint8Array;
}

/** Submits, then waits and shows the outcome, or with `--detach` says how to go on. Resolves to the exit code. */
export async function submit(session: Session, kind: Kind, request: unknown, options: SubmitOptions): Promise<number> {
  const { terminal, next } = session;
  const accepted = await post(session, kind, request, options.key);
  const { job_id: id, reused_from: reusedFrom } = accepted.document;
  if (accepted.headers.get("idempotent-replayed") === "true") {
    terminal.err.write(`The key ${JSON.stringify(options.key)} was used before for this request; this is that job.\n`);
  }
  if (reusedFrom) terminal.err.write(`Answered from the stored result of ${reusedFrom}; --no-reuse computes it again.\n`);
  if (options.detach) {
    if (options.json) writeDocument(terminal, accepted.text);
    else terminal.out.write(`${id}\n`);
    terminal.err.write(`Accepted. Watch it:  ${next(`watch ${id}`)}\nLater, its result:  ${next(`result ${id}`)}\n`);
    return EXIT.accepted;
  }
  const finished = await watchJob(session, id);
  if (!finished) return EXIT.interrupted;
  const exitCode = await showOutcome(session, finished, options);
  if (options.save !== undefined && exitCode !== EXIT.notSucceeded) await saveFiles(session, id, options.save);
  return exitCode;
}
