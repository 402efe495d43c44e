import { type DeadLetterBody, deadLetter } from "../contract/dead-letter.ts";
import type { Job } from "../contract/job.ts";
import { dealtWith, REMEDIES, remedyCommand } from "../contract/wording.ts";
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
  if (!letter) return [...(document.links.dead_letter ? ["Its dead letter comes within about a minute."] : []), next(`rerun ${id}`)];
  const { resolution, dead_letter_id: letterId } = letter;
  if (resolution === null) return [REMEDIES[letter.reason], next(remedyCommand(letter))];
  const { job_id: successor } = resolution;
  return [dealtWith(resolution), next(successor === undefined ? `dead-letters show ${letterId}` : `status ${successor}`)];
}

/** The dead letter of a job that failed. It can still be to come, and what else keeps it away costs no more than the advice. */
export async function letterOf({ links }: Job, { gateway }: Session): Promise<DeadLetterBody | undefined> {
  if (links.dead_letter === undefined) return undefined;
  try {
    return (await gateway.read(deadLetter, links.dead_letter)).document;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** Prints the next step, below a word that stands before it. */
export function showNextStep(lines: readonly string[], { terminal }: Session): void {
  terminal.err.write(`Next:  ${lines.join("\n       ")}\n`);
}
