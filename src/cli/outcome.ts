import type { Job } from "../contract/job.ts";
import { TERMINAL, type Verdict } from "../contract/names.ts";

/** Exit codes of every command, shown by `--help`. */
export const EXIT = { accepted: 0, error: 1, notSucceeded: 2, notAccepted: 3, interrupted: 130 } as const;

export const EXIT_HELP = `
Exit codes:
  0    the command did what it says; a job succeeded and its law is accepted
  1    wrong usage, or the gateway refused or did not answer
  2    the job failed, was cancelled or timed out
  3    the job succeeded, but its law is rejected or inconclusive
  130  interrupted; a job that was being watched goes on`;

export function isFinished(job: Job): boolean {
  return TERMINAL.includes(job.status);
}

export function exitCodeOf(job: Job): number {
  if (job.status !== "succeeded") return EXIT.notSucceeded;
  return exitCodeOfVerdict(job.verdict);
}

export function exitCodeOfVerdict(verdict: Verdict | null): number {
  return verdict === "accepted" ? EXIT.accepted : EXIT.notAccepted;
}
