import { ERRORS } from "../contract/errors.ts";
import type { DeadLetter, StoredArtifact } from "../contract/flow.ts";
import { errorKey } from "../contract/keys.ts";
import { deadLetterId } from "../contract/names.ts";
import { sha256 } from "./content.ts";
import type { ActivityDeps } from "./deps.ts";
import { type PastRun, pastOf } from "./history.ts";

/** Writes the error.json of a run. The first that is written stays, so any number of attempts leave one file. */
export function createRecordFailure({ store }: Pick<ActivityDeps, "store">) {
  return async function recordFailure(letter: DeadLetter): Promise<StoredArtifact> {
    const key = errorKey(letter.tenant, letter);
    let bytes = await store.get(key);
    if (!bytes) {
      const document = documentOf(letter, await pastOf(letter));
      bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
      // Another attempt may have been at work when its worker was taken for lost.
      if (!(await store.putIfAbsent(key, bytes))) bytes = (await store.get(key)) ?? bytes;
    }
    return { name: "error.json", content_type: "application/json", bytes: bytes.length, sha256: sha256(bytes), key };
  };
}

function documentOf(letter: DeadLetter, { spent, completed }: PastRun): object {
  const { job_id, run, kind, code, reason, message, stage, attempts, first_error, last_error } = letter;
  const iso = (millis: number) => new Date(millis).toISOString();
  return {
    job_id,
    run,
    kind,
    code,
    reason,
    message,
    retryable: ERRORS[code].retryable,
    stage,
    attempts,
    first_error,
    last_error,
    accepted_at: iso(letter.accepted_at),
    failed_at: iso(letter.failed_at),
    deadline_at: iso(letter.deadline_at),
    spent,
    // Their results stay in the store, and no rerun computes them again.
    partial: completed.map(({ name, result: { sha256: hash, bytes } }) => ({ name, sha256: hash, bytes })),
    next_step: nextStep(letter),
    doc: `/docs/errors/${code}`,
  };
}

function nextStep(letter: DeadLetter): string {
  const id = deadLetterId(letter);
  switch (letter.reason) {
    case "attempts_exhausted":
      return `Remove the cause that the message names, then replay: orrery dead-letters replay ${id}`;
    case "poison":
      return `Look into the log of the worker for what ended it; replay only with a smaller request or on a larger worker: orrery dead-letters show ${id}`;
    case "deadline":
      return `Replay with more time, such as: orrery dead-letters replay ${id} --patch '{"budget":{"deadline_seconds":3600}}'`;
    case "out_of_memory":
      return `Replay with a smaller request, or with more memory for computing threads (ORRERY_THREAD_MEMORY_MB): orrery dead-letters replay ${id}`;
    case "terminated":
      return `Ask the operator who ended it, then replay or discard: orrery dead-letters replay ${id}`;
    case "refused":
      return `Correct the request as the message says, with --patch or in a new job; else discard: orrery dead-letters discard ${id}`;
  }
}
