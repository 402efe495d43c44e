import type { DeadLetterReason, RESOLUTIONS, Reason } from "./names.ts";
import { MAX_DEADLINE_SECONDS } from "./request.ts";

/** What each reason of a rejection means for the reader of the result. */
export const REASON_TEXT: Record<Reason, string> = {
  no_signal: "permuted targets are explained as well: no sign of a law",
  unstable: "another family of terms wins when a little noise is added",
  lack_of_fit: "the residuals keep a pattern that the law does not explain",
  holdout_disagrees: "the rows kept out of the fit are predicted worse than the noise allows",
  ambiguous: "the rows leave open which law it is; the tests below say where",
  outside_library: "there is a signal, but no law of the library has its shape",
  no_stable_components: "no family of terms is stable in every noise trial",
  no_h1: "the landscape of the fits has no loop above the threshold, and the policy asks for one",
  pi_energy_unavailable: "the landscape of the fits has no energy; topology.persistent_homology.max_dim is 0",
  pi_energy_below_threshold: "the energy of the landscape's loops is below min_pi_energy",
  topological_instability: "the energy of the landscape's loops varies more between trials than the tolerance allows",
};

/** On which side of its limit the figure of each test must be, and what it says. */
export const TESTS: Record<string, { side: "at most" | "at least"; says: string }> = {
  p_value: { side: "at most", says: "how often shuffled targets are explained as well" },
  lack_of_fit: { side: "at most", says: "pattern left in the residuals, in units of their scatter" },
  holdout: { side: "at most", says: "squared error on the rows kept out, in units of the others'" },
  stability: { side: "at least", says: "share of noise trials that find the same law" },
  constants: { side: "at least", says: "least certain constant, in half widths of its interval" },
  rows: { side: "at least", says: "rows, for as many constants" },
  lead: { side: "at least", says: "by how much the best law of another kind scores worse" },
  points: { side: "at least", says: "different rows of the inputs, for as many constants" },
  likeness: { side: "at most", says: "correlation of a column of the law with another input, squared" },
  exponents: { side: "at least", says: "how far off a simpler exponent is, in half widths of its interval" },
  twin: { side: "at least", says: "what the nearest law of other columns says differently, in squared units of the noise" },
  reselection: { side: "at least", says: "share of tables drawn from the law that lead back to it" },
  stable_components: { side: "at least", says: "patterns of terms that every noise level keeps" },
  significant_h1: { side: "at least", says: "loops of the landscape above the threshold" },
  pi_energy: { side: "at least", says: "mean energy of those loops" },
  pi_energy_cv: { side: "at most", says: "how much that energy varies between trials" },
};

/** What to do about a job that failed for good. */
export const REMEDIES: Record<DeadLetterReason, string> = {
  attempts_exhausted: "Remove the cause that the message names, then run the job once more.",
  poison: "Look into the log of the worker for what ended it, then replay the dead letter with a smaller request or on a larger worker.",
  deadline:
    "Replay the dead letter with more time, or run the job once more with the time it had; neither computes a completed shard again.",
  out_of_memory: "Replay the dead letter with a smaller request, or give computing threads more memory (ORRERY_THREAD_MEMORY_MB).",
  terminated: "Ask the operator who ended it, then run the job once more or discard the dead letter.",
  refused: "Correct the request as the message says, in a new job or in a replay of the dead letter with a patch; else discard it.",
};

/** A dead letter as far as its remedy depends on it. */
interface Failed {
  reason: DeadLetterReason;
  dead_letter_id: string;
  job_id: string;
  deadline_seconds?: number | undefined;
}

/** What a job is proposed that was late: an hour, or four times what it had. */
const PROPOSED_SECONDS = 3_600;

/** The arguments of `orrery` that do what the remedy says, or show what is needed for it. */
export function remedyCommand({ reason, dead_letter_id: id, job_id, deadline_seconds: seconds }: Failed): string {
  if (reason === "attempts_exhausted" || reason === "terminated") return `rerun ${job_id}`;
  // What older versions left does not tell its time; its request, which is shown, does.
  if (reason !== "deadline" || seconds === undefined) return `dead-letters show ${id}`;
  // No job is given more.
  if (seconds >= MAX_DEADLINE_SECONDS) return `rerun ${job_id}`;
  const more = seconds < PROPOSED_SECONDS ? PROPOSED_SECONDS : Math.min(4 * seconds, MAX_DEADLINE_SECONDS);
  return `dead-letters replay ${id} --patch '${JSON.stringify({ budget: { deadline_seconds: more } })}'`;
}

/** What has become of a job whose dead letter somebody has resolved. */
export function dealtWith({ resolution, job_id }: { resolution: (typeof RESOLUTIONS)[number]; job_id?: string | undefined }): string {
  const as = resolution === "replayed" && job_id !== undefined ? ` as ${job_id}` : "";
  return `Nothing is left to do: its dead letter was ${resolution === "rerun" ? "resolved by a rerun" : `${resolution}${as}`}.`;
}
