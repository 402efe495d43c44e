import { type DeadLetterBody, deadLetter } from "../contract/dead-letter.ts";
import type { Job } from "../contract/job.ts";
import { REMEDIES, remedyCommand } from "../contract/wording.ts";
import { Refused } from "./gateway.ts";
import { isFinished } from "./outcome.ts";
import type { Session } from "./session.ts";

/** What to do next about a job: a command, after a sentence where it has failed. */
export async function nextStep(document: Job, session: Session): Promise<string[]> {
  const { job_id: id, status } = document;
  const { next } = session;
  if (!isFinished(document)) return [next(`watch ${id}`)];
  if (status === "succeeded") return [next(`result ${id}`)];
  const letter = await letterOf(document, session);
  if (!letter) return [next(`rerun ${id}`)];
  const { reason, dead_letter_id: letterId, resolution } = letter;
  if (resolution) return [`Nothing: its dead letter is ${resolution.resolution}.`, next(`dead-letters show ${letterId}`)];
  const seconds = (Date.parse(letter.deadline_at) - Date.parse(letter.accepted_at)) / 1_000;
  return [REMEDIES[reason], next(remedyCommand({ reason, letterId, jobId: id, seconds }))];
}

/** The dead letter of a job that failed; that of one which an operator ended comes some seconds later. */
async function letterOf({ links }: Job, { gateway }: Session): Promise<DeadLetterBody | undefined> {
  if (links.dead_letter === undefined) return undefined;
  try {
    return (await gateway.read(deadLetter, links.dead_letter)).document;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "dead_letter_not_found") return undefined;
    throw error;
  }
}

/** Prints the next step, below a word that stands before it. */
export function showNextStep(lines: readonly string[], { terminal }: Session): void {
  terminal.err.write(`Next:  ${lines.join("\n       ")}\n`);
}
