import { TERMINAL } from "../src/contract/names.ts";
import type { Entry } from "./ledger.ts";
import type { Closed, State } from "./oracle.ts";

/** The gateway writes deadlines, the server of workflows keeps them: so far may the clocks of two machines be apart. */
const EARLY_MS = 500;

/** The server ends after two seconds what did not end by itself; the rest is for a system that is busy. */
const LATE_MS = 7_000;

/** A gateway needs so long at most from the acceptance to the start of the run, from which time is told, if no fault is on. */
const START_SECONDS = 2;

/** Runs that ended for the sake of a deadline that had not come, or went on past one that no fault was in the way of. */
export function untimelyOf(entries: readonly Entry[], { jobs }: State): string[] {
  const faults = entries.filter((entry) => entry.event === "fault");
  return endedOf(jobs).flatMap(({ job_id, status, deadline, finished }) => {
    if (status === "timed_out" && finished < deadline - EARLY_MS) return [`${job_id}: timed out ${deadline - finished} ms early`];
    // Only a system of the drill's own is struck, which has one clock.
    const held = faults.filter(({ from, at }) => from < finished && at > deadline).map(({ at }) => at);
    const due = Math.max(deadline, ...held) + LATE_MS;
    return finished > due ? [`${job_id}: ended ${finished - deadline} ms after its deadline`] : [];
  });
}

/** Runs whose parts do not add up to the time from their start to their end. */
export function unaccountedOf(entries: readonly Entry[], { jobs }: State): string[] {
  const faults = entries.filter((entry) => entry.event === "fault");
  return endedOf(jobs).flatMap(({ job_id, run, created, finished, spent }) => {
    if (!spent) return [`${job_id}: nothing is said`];
    const parts = Object.values(spent);
    const told = parts.reduce((sum, seconds) => sum + seconds, 0);
    const took = (finished - created) / 1_000;
    // A later run began at a rerun, of which the body does not tell. A fault can hold the start of a run that was accepted before it.
    const held = run > 1 || faults.some(({ from, at }) => from <= finished - told * 1_000 && created <= at);
    const wrong = told > took + EARLY_MS / 1_000 || (told < took - START_SECONDS && !held);
    return wrong || parts.some((seconds) => seconds < 0) ? [`${job_id}: ${told.toFixed(3)} s of ${took.toFixed(3)} s`] : [];
  });
}

function endedOf(jobs: readonly Closed[]) {
  return jobs.flatMap((job) =>
    TERMINAL.includes(job.status) && job.finished_at !== null
      ? [{ ...job, created: Date.parse(job.created_at), finished: Date.parse(job.finished_at), deadline: Date.parse(job.deadline_at) }]
      : [],
  );
}
