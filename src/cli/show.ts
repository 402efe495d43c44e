import type { Job } from "../contract/job.ts";
import { type Result, result } from "../contract/result.ts";
import type { Rows } from "./advice.ts";
import { drawChart } from "./chart.ts";
import { deliveryOf } from "./delivery.ts";
import { absolute, Refused, type Reply } from "./gateway.ts";
import { exitCodeOf } from "./outcome.ts";
import { renderResult } from "./report.ts";
import { jobPath, type Session } from "./session.ts";
import { widthOf, writeDocument } from "./terminal.ts";
import { inCliWords } from "./words.ts";

/** Prints how a finished job ended: its result, or its final error. Resolves to the exit code. */
export async function showOutcome(session: Session, { text, document }: Reply<Job>, options: { json?: boolean }): Promise<number> {
  const { terminal } = session;
  if (options.json) writeDocument(terminal, text);
  else if (document.result) await showResult(session, document.job_id, document.result);
  if (document.status !== "succeeded") explainEnd(session, document);
  if (document.webhook) showDelivery(session, document.webhook);
  return exitCodeOf(document);
}

/** Says how far the receiver has been told. */
export function showDelivery({ terminal, stops }: Session, webhook: NonNullable<Job["webhook"]>): void {
  const later = stops && webhook.state === "pending" ? "; it goes on with: npm start" : "";
  terminal.err.write(`Webhook: ${deliveryOf(webhook)}${later}\n`);
}

/** Prints a result with the plot of its evidence and, if the job has one, its narrative. */
export async function showResult({ gateway, terminal, paint, stops }: Session, id: string, found: Result): Promise<void> {
  const evidence = (await (await artifactOf(gateway, id, "evidence.json"))?.json()) as Rows | undefined;
  terminal.out.write(`${renderResult(found, evidence, paint.out).join("\n")}\n`);
  if (evidence) terminal.out.write(`\n${drawChart(evidence, widthOf(terminal.out), paint.out).join("\n")}\n`);
  const narrative = await (await artifactOf(gateway, id, "narrative.md"))?.text();
  if (narrative !== undefined) terminal.out.write(`\n${paint.out("bold", "In words")}\n\n${narrative}`);
  const files = absolute(gateway.url, jobPath(id, "/artifacts"));
  terminal.out.write(`\nPlots and numbers${stops ? ", after npm start" : ""}: ${paint.out("underline", files)}\n`);
}

/** Prints what the completed shards of a failed job have found, if there is such a file. */
export async function showPartial({ gateway, terminal, paint }: Session, id: string): Promise<void> {
  const file = await artifactOf(gateway, id, "partial.json");
  const partial = file && result.parse(await file.json());
  if (!partial) return;
  const { shards, of } = partial.searched ?? { shards: 0, of: 0 };
  terminal.err.write(`What ${shards} of ${of} shards had found when it ended:\n`);
  terminal.out.write(`${renderResult(partial, undefined, paint.out).join("\n")}\n`);
}

/** A file of a job that may have none of this name: no rows were kept, no narrative was asked for, no shard was done. */
async function artifactOf(gateway: Session["gateway"], id: string, name: string): Promise<Response | undefined> {
  try {
    return await gateway.open(jobPath(id, `/artifacts/${name}`), { headers: { accept: "*/*" } });
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "artifact_not_found") return undefined;
    throw error;
  }
}

function explainEnd({ gateway, terminal: { err }, paint, next }: Session, { job_id: id, status, error }: Job): void {
  err.write(`${paint.err("red", `The job ${status === "timed_out" ? "timed out" : status === "cancelled" ? "was cancelled" : status}.`)}`);
  err.write(error ? ` ${inCliWords(error.message, next)}\n  code ${error.code}, see ${absolute(gateway.url, error.doc)}\n` : "\n");
  err.write(`Everything known of it:  ${next(`status ${id}`)}\n`);
}
