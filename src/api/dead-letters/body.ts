import type { DeadLetterBody } from "../../contract/dead-letter.ts";
import { ERRORS } from "../../contract/errors.ts";
import type { StoredArtifact } from "../../contract/flow.ts";
import { artifactOf } from "../artifact.ts";
import { iso } from "../jobs/body.ts";
import type { Letter } from "./letters.ts";

export function deadLetterBody({ id, facts, resolution }: Letter): DeadLetterBody {
  const { job_id, run, kind, reason, code, message, stage, attempts, first_error, last_error, replayed_from, error_file, partial_file } =
    facts;
  return {
    dead_letter_id: id,
    job_id,
    run,
    kind,
    reason,
    code,
    message,
    retryable: ERRORS[code].retryable,
    stage,
    attempts,
    first_error,
    last_error,
    accepted_at: iso(facts.accepted_at),
    failed_at: iso(facts.failed_at),
    deadline_at: iso(facts.deadline_at),
    ...(facts.deadline_seconds !== undefined && { deadline_seconds: facts.deadline_seconds }),
    ...(replayed_from !== undefined && { replayed_from }),
    artifact: error_file ? artifactOf(error_file) : null,
    partial: partial_file ? artifactOf(partial_file) : null,
    resolution: resolution && { at: null, ...resolution },
    links: {
      self: `/v1/dead-letters/${id}`,
      job: `/v1/jobs/${job_id}`,
      artifacts: `/v1/dead-letters/${id}/artifacts`,
      doc: `/docs/errors/${code}`,
      replay: "/v1/dead-letters/replay",
      discard: `/v1/dead-letters/${id}`,
    },
  };
}

/** What to do about one of its files that is lost. */
export const LOST = "the dead letter itself tells the failure, and a rerun finds anew what was found";

/** The files of the run that failed, each once it is written. */
export function filesOf({ facts: { error_file, partial_file } }: Letter): StoredArtifact[] {
  return [error_file, partial_file].filter((file) => file !== undefined);
}
