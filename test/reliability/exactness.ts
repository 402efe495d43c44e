/** What a job came to, and what the dead letters say of it, as a client sees both. */
export interface Ended {
  job_id: string;
  status: string;
}

export interface Kept {
  job_id: string;
  run: number;
}

export interface Differences {
  /** Jobs that failed and have no dead letter. */
  missing: string[];
  /** Dead letters of jobs that did not fail, or that nobody submitted. */
  false: string[];
  /** Runs that have more than one. */
  doubled: string[];
}

/** Compares the jobs that a client submitted with the dead letters: failed or timed out = in them once, all others never. */
export function compare(jobs: readonly Ended[], letters: readonly Kept[]): Differences {
  const failed = new Set(jobs.filter(({ status }) => status === "failed" || status === "timed_out").map(({ job_id }) => job_id));
  const kept = new Set(letters.map(({ job_id }) => job_id));
  const runs = Map.groupBy(letters, ({ job_id, run }) => `${job_id}.${run}`);
  return {
    missing: [...failed].filter((id) => !kept.has(id)),
    false: [...kept].filter((id) => !failed.has(id)),
    doubled: [...runs].filter(([, same]) => same.length > 1).map(([run]) => run),
  };
}
