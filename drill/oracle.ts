import type { Job } from "../src/contract/job.ts";
import { type Status, TERMINAL } from "../src/contract/names.ts";
import type { Replay } from "./histories.ts";
import type { Entry } from "./ledger.ts";
import { unaccountedOf, untimelyOf } from "./time.ts";

/** What is read of a job at the close. */
export type Closed = Pick<Job, "job_id" | "status" | "run" | "attempts" | "created_at" | "finished_at" | "deadline_at" | "spent" | "error">;

/** What the service says of itself once the faults have stopped and its work is done. */
export interface State {
  jobs: Closed[];
  /** Open dead letters. */
  deadLetters: { job_id: string; run: number }[];
  /** Every file that a job lists: the hash that the list says, and the hash of what was downloaded, or null if it could not be. */
  artifacts: { job_id: string; name: string; listed: string; read: string | null }[];
  /** Files of the store whose bytes do not have the hash that they are named by; empty where the store cannot be looked into. */
  damaged: string[];
  /** Runs of workflows that the server itself lists, by job; undefined where it cannot be asked. */
  runs?: Map<string, number>;
  /** Histories of the drill's own server and of earlier versions, replayed. */
  replays?: Replay[];
}

/** What must be empty for the guarantees to hold. Each finding names the job, the key or the file. */
export interface Findings {
  /** G1: accepted, and now unknown or not at an end. */
  lost: string[];
  /** G2: a key that was answered with several jobs, or a job that ran more often than it was asked to. */
  doubled: string[];
  /** G1, G2: jobs of the service that nobody was told of, though every submit was answered in the end. */
  unasked: string[];
  /** G1: a terminal state that another one followed within one run. */
  changed: string[];
  /** G1, G4, G5: an end that is not one of those that are right for the job, or an error that is not. */
  wrongEnd: string[];
  /** G3: more attempts than an activity has, or any used up by a worker that stopped in order. */
  overtried: string[];
  /** G5: a run that was ended before its deadline for its sake, or that went on long after it though no fault held it up. */
  untimely: string[];
  /** G5: an ended run that does not say how its time was spent, or says so of more or less time than it took. */
  unaccounted: string[];
  /** G4: still computing when the receipt said that it was cancelled, or long after it. */
  noisy: string[];
  /** G10: a look at a job that was answered with neither the job nor a clear refusal, or not at all by a gateway that lives. */
  untold: string[];
  /** G6. */
  deadLettersMissing: string[];
  deadLettersFalse: string[];
  /** G6: more than one open dead letter for one run. */
  deadLettersDouble: string[];
  /** G7: does not match its hash, cannot be read, or is half written. */
  torn: string[];
  /** G11: a document of the ancestor whose job did not succeed. */
  disowned: string[];
  /** G11: a history that the workflows do not fit. */
  misfits: string[];
  /** G2: jobs with one request whose results differ. */
  disagreeing: string[];
}

/** Longest time after a cancel at which a job may still compute, in milliseconds. */
export const SILENCE_MS = 5_000;

/** Attempts of one activity. A job that ends as many workers is given up. */
export const ATTEMPTS = 5;

/** Faults in which nobody is there to answer. */
const GATEWAY_AWAY = /gateway|everything/;

/** Faults in which nothing can be stored or read. */
const STORE_AWAY = /store|disk|S3/;

/** Errors of attempts that a fault took with it. */
const OF_FAULTS: readonly string[] = ["store_unavailable", "worker_lost"];

/**
 * Whether a job failed as it may: over a store that was away, where the pause before another attempt would have outlasted its
 * deadline; or because faults one upon another took every attempt that it had, as G3 says.
 */
function isOverwhelmed(job: Closed, ends: readonly Status[], entries: readonly Entry[]): boolean {
  const code = job.error?.code ?? "";
  if (job.status !== "failed" || !OF_FAULTS.includes(code)) return false;
  const [from, to] = [Date.parse(job.created_at), Date.parse(job.finished_at ?? job.created_at)];
  const names = entries.flatMap((entry) => (entry.event === "fault" && entry.from <= to && entry.at >= from ? [entry.name] : []));
  const isShortOfTime = code === "store_unavailable" && ends.includes("timed_out") && names.some((name) => STORE_AWAY.test(name));
  return isShortOfTime || (job.attempts >= ATTEMPTS && names.length > 1);
}

/** Compares what the client saw with what the service says, set against set. */
export function judge(entries: readonly Entry[], state: State): Findings {
  const accepted = entries.filter((entry) => entry.event === "accepted");
  // A job that was sent five times was answered as often.
  const answers = [...new Map(accepted.map((entry) => [entry.job_id, entry])).values()];
  const jobs = new Map(state.jobs.map((job) => [job.job_id, job]));
  const terminated = new Set(entries.flatMap((entry) => (entry.event === "terminated" ? [entry.job_id] : [])));
  const asked = new Set(accepted.map(({ job_id }) => job_id));
  const idsOfKey = grouped(accepted, ({ key, job_id }) => [key, job_id]);
  const failed = state.jobs.filter(({ status }) => isFailure(status)).map(({ job_id, run }) => `${job_id} run ${run}`);
  const letters = state.deadLetters.map(({ job_id, run }) => `${job_id} run ${run}`);
  return {
    lost: [...asked].filter((id) => !TERMINAL.includes(jobs.get(id)?.status ?? "queued")),
    doubled: [
      ...[...idsOfKey].filter(([, ids]) => ids.size > 1).map(([key, ids]) => `${key}: ${[...ids].join(", ")}`),
      ...[...(state.runs ?? [])].filter(([id, runs]) => runs !== (jobs.get(id)?.run ?? 1)).map(([id, runs]) => `${id}: ${runs} runs`),
    ],
    unasked: [...(state.runs?.keys() ?? jobs.keys())].filter((id) => !asked.has(id)),
    changed: changedOf(entries, state),
    wrongEnd: answers.flatMap(({ job_id, ends, code, ancestor }) => {
      const job = jobs.get(job_id);
      if (ancestor || !job || !TERMINAL.includes(job.status) || isOverwhelmed(job, ends, entries)) return [];
      const right = terminated.has(job_id) ? ["failed"] : ends;
      if (!right.includes(job.status)) return [`${job_id}: ${job.status}`];
      return code !== null && job.error?.code !== code ? [`${job_id}: ${job.status} with ${job.error?.code}`] : [];
    }),
    overtried: [
      ...state.jobs.filter(({ attempts }) => attempts > ATTEMPTS).map(({ job_id, attempts }) => `${job_id}: ${attempts} attempts`),
      ...entries
        .flatMap((entry) => (entry.event === "restarted" ? entry.members.map((member) => ({ ...member, lost: entry.gave_up })) : []))
        .filter(({ attempts, lost }) => attempts > 1 + lost)
        .map(({ id, attempts }) => `${id}: ${attempts} attempts, though its workers stopped in order`),
    ],
    untimely: untimelyOf(entries, state),
    unaccounted: unaccountedOf(entries, state),
    noisy: entries.flatMap((entry) => {
      if (entry.event !== "cancelled") return [];
      const { job_id, receipt, computing, silent_ms } = entry;
      if (receipt === "cancelled" && computing) return [`${job_id}: computing, though its receipt says cancelled`];
      return silent_ms !== null && silent_ms > SILENCE_MS ? [`${job_id}: silent after ${silent_ms} ms`] : [];
    }),
    untold: entries.flatMap((entry) => {
      if (entry.event !== "read") return [];
      const { job_id, status, during } = entry;
      const excused = status === null && GATEWAY_AWAY.test(during);
      return status === 200 || status === 503 || excused ? [] : [`${job_id} during ${during}: ${status ?? "no reply"}`];
    }),
    deadLettersMissing: failed.filter((run) => !letters.includes(run)),
    deadLettersFalse: letters.filter((run) => !failed.includes(run)),
    deadLettersDouble: letters.filter((run, index) => letters.indexOf(run) !== index),
    torn: [
      ...state.artifacts.filter(({ listed, read }) => listed !== read).map(({ job_id, name }) => `${job_id} ${name}`),
      ...state.damaged,
    ],
    disowned: answers.flatMap(({ job_id, ancestor }) => {
      const status = jobs.get(job_id)?.status ?? "queued";
      return ancestor && TERMINAL.includes(status) && status !== "succeeded" ? [`${job_id}: ${status}`] : [];
    }),
    misfits: (state.replays ?? []).flatMap(({ id, misfit }) => (misfit === null ? [] : [`${id}: ${misfit}`])),
    disagreeing: disagreeingOf(accepted, state),
  };
}

function isFailure(status: Status): boolean {
  return status === "failed" || status === "timed_out";
}

/** Runs that were seen at one end and later, or at the close, at another state. */
function changedOf(entries: readonly Entry[], { jobs }: State): string[] {
  const last = jobs.map(({ job_id, run, status }) => ({ job_id, run, status }));
  const seen = [...entries.filter((entry) => entry.event === "seen"), ...last];
  const ends = new Map<string, Status>();
  return seen.flatMap(({ job_id, run, status }) => {
    const name = `${job_id} run ${run}`;
    const end = ends.get(name);
    if (TERMINAL.includes(status)) ends.set(name, end ?? status);
    return end !== undefined && end !== status ? [`${name}: ${end}, then ${status}`] : [];
  });
}

/** Requests that were answered with more than one result. */
function disagreeingOf(accepted: readonly Extract<Entry, { event: "accepted" }>[], { artifacts }: State): string[] {
  const requestOf = new Map(accepted.map(({ job_id, request }) => [job_id, request]));
  const results = artifacts.filter(({ name }) => name === "result.json");
  const hashes = grouped(results, ({ job_id, listed }) => [requestOf.get(job_id) ?? job_id, listed]);
  return [...hashes].filter(([, different]) => different.size > 1).map(([request, different]) => `${request}: ${different.size} results`);
}

function grouped<T>(items: readonly T[], pair: (item: T) => [string, string]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const item of items) {
    const [group, member] = pair(item);
    groups.set(group, (groups.get(group) ?? new Set()).add(member));
  }
  return groups;
}
