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
  if (!letter) return [...(letter === null ? ["Its dead letter comes within about a minute."] : []), next(`rerun ${id}`)];
  const { resolution, dead_letter_id: letterId } = letter;
  if (resolution === null) return [REMEDIES[letter.reason], next(remedyCommand(letter))];
  const { job_id: successor } = resolution;
  return [dealtWith(resolution), next(successor === undefined ? `dead-letters show ${letterId}` : `status ${successor}`)];
}

/** The dead letter of a job that failed; null if it is still to come, undefined if it is none or cannot be read, which costs but the advice. */
export async function letterOf({ links }: Job, { gateway }: Session): Promise<DeadLetterBody | null | undefined> {
  if (links.dead_letter === undefined) return undefined;
  try {
    return (await gateway.read(deadLetter, links.dead_letter)).document;
  } catch (error) {
    if (error instanceof Refused) return error.problem.code === "dead_letter_not_found" ? null : undefined;
    throw error;
  }
}

/** Prints the next step, below a word that stands before it. */
export function showNextStep(lines: readonly string[], { terminal }: Session): void {
  terminal.err.write(`Next:  ${lines.join("\n       ")}\n`);
}
