import { ERRORS } from "../contract/errors.ts";
import type { DeadLetter, StoredArtifact } from "../contract/flow.ts";
import { errorKey } from "../contract/keys.ts";
import { deadLetterId } from "../contract/names.ts";
import { REMEDIES, remedyCommand } from "../contract/wording.ts";
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
  return `${REMEDIES[letter.reason]} orrery ${remedyCommand({ ...letter, dead_letter_id: deadLetterId(letter) })}`;
}
