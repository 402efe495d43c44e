import type { DeadLetterFilter, LETTER_STATES } from "../../contract/dead-letter.ts";
import { OrreryError } from "../../contract/errors.ts";
import type { DeadLetter, JobInput, JobMemo, Resolution } from "../../contract/flow.ts";
import { ATTRIBUTES, deadLetterId, deadLetterPrefix, JOB_ID, lifeFrom, RESOLVE, WORKFLOWS } from "../../contract/names.ts";
import { iso } from "../jobs/body.ts";
import { decodeToken, encodeToken } from "../page-token.ts";
import { decoded, millisOf } from "../temporal/decode.ts";
import { isNotFound } from "../temporal/faults.ts";
import type { Temporal } from "../temporal/temporal.ts";

/** A dead letter as the server keeps it. */
export interface Letter {
  id: string;
  /** The server's id of its run. */
  runId: string;
  facts: DeadLetter;
  /** What became of it; `null` while it is open. */
  resolution: Resolution | null;
}

/** Which of them to list; open ones where nothing else is said. */
type LetterQuery = DeadLetterFilter & { state?: (typeof LETTER_STATES)[number] };

/** The dead letters. Reading them takes no worker and no store. */
export interface DeadLetters {
  /** Newest first. A page can have fewer than its size and still not be the last. */
  list(tenant: string, filter: LetterQuery, page: { size: number; token: string }): Promise<{ letters: Letter[]; nextPageToken: string }>;
  /** Open or resolved; `undefined` for one that is unknown, or another tenant's. */
  find(id: string, tenant: string): Promise<Letter | undefined>;
  /** That of a run of a job. */
  ofRun(jobId: string, memo: JobMemo): Promise<Letter | undefined>;
  /** The same by its id. Throws `dead_letter_not_found` for none. */
  read(id: string, tenant: string): Promise<Letter>;
  /** The request of the job, and what else it was started with. */
  payload(letter: Letter): Promise<JobInput | undefined>;
  /** Asks a dead letter to close; the first to ask decides. Resolves to whether it was open. */
  resolve(letter: Letter, resolution: Resolution): Promise<boolean>;
}

const ID = /^(dead-letter\.(?:discover|evaluate)-[0-9a-z-]{1,64}\.\d{1,9})(?:\.([0-9a-z]{1,12}))?$/;

/** Resolved ones that are read side by side. */
const PARALLEL = 8;

export function createDeadLetters(temporal: Temporal): DeadLetters {
  async function described(id: string, tenant: string): Promise<Letter | undefined> {
    const snapshot = ID.test(id) ? await temporal.describe(id) : undefined;
    if (snapshot?.memo.tenant !== tenant) return undefined;
    const { runId, closedAt } = snapshot;
    const facts = factsOf(snapshot.memo);
    const resolution = closedAt === undefined ? null : await resolutionOf({ id, runId });
    return { id, runId, facts, resolution: resolution ?? facts.resolution ?? null };
  }

  async function resolutionOf({ id, runId }: Pick<Letter, "id" | "runId">): Promise<Letter["resolution"]> {
    const close = await temporal.closeEvent(id, runId);
    const resolution = decoded<Resolution>(close?.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0]);
    const closedAt = millisOf(close?.eventTime);
    return resolution ? { ...(closedAt !== undefined && { at: iso(closedAt) }), ...resolution } : null;
  }

  /** The same with what became of each, which the server's list does not tell. One that it has forgotten meanwhile is left out. */
  async function resolved(found: readonly Letter[]): Promise<Letter[]> {
    const one = async (letter: Letter) => {
      const resolution = await resolutionOf(letter).catch((error: unknown) => {
        if (isNotFound(error)) return null;
        throw error;
      });
      return resolution ? [{ ...letter, resolution }] : [];
    };
    const letters: Letter[] = [];
    for (let from = 0; from < found.length; from += PARALLEL)
      letters.push(...(await Promise.all(found.slice(from, from + PARALLEL).map(one))).flat());
    return letters;
  }

  const letters: DeadLetters = {
    async list(tenant, filter, { size, token }) {
      const query = queryOf(tenant, filter);
      const bound = JSON.stringify([query, filter.reason]);
      const { items, nextPageToken } = await temporal.list(query, size, decodeToken(token, bound));
      const all = items.map(({ workflowId, runId, memo }): Letter => ({ id: workflowId, runId, facts: factsOf(memo), resolution: null }));
      const found = all.filter(({ facts: { reason } }) => (filter.reason ?? reason) === reason);
      // One that somebody has resolved before its file was written is neither open nor closed.
      const listed = filter.state === "resolved" ? await resolved(found) : found.filter(({ facts: { resolution } }) => !resolution);
      return { letters: listed, nextPageToken: encodeToken(nextPageToken, bound) };
    },

    async read(id, tenant) {
      const letter = await letters.find(id, tenant);
      if (letter) return letter;
      const advice = JOB_ID.test(id)
        ? `that is the id of a job: if its latest run failed, links.dead_letter of GET /v1/jobs/${id} names its dead letter`
        : "GET /v1/dead-letters lists those that are open";
      throw new OrreryError("dead_letter_not_found", `There is no dead letter ${JSON.stringify(id.slice(0, 80))}; ${advice}.`);
    },

    async find(id, tenant) {
      const letter = await described(id, tenant);
      const [, name, life] = ID.exec(id) ?? [];
      if (letter || name === undefined || life === undefined) return letter;
      // A worker of an older version gives an id without the life, which can also be that of an earlier job of the same key.
      const older = await described(name, tenant);
      return older && lifeFrom(older.facts.accepted_at) === life ? older : undefined;
    },

    ofRun: (jobId, { tenant, run, life }) => letters.find(deadLetterId({ job_id: jobId, run, life }), tenant),

    async payload({ id, runId }) {
      const [first] = await temporal.events(id, runId, 1);
      return decoded<JobInput>(first?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]);
    },

    async resolve({ id, resolution: earlier }, resolution) {
      return earlier === null && temporal.signal(id, RESOLVE, resolution);
    },
  };
  return letters;
}

function factsOf(memo: Record<string, unknown>): DeadLetter {
  return memo as unknown as DeadLetter;
}

/** Every value here is one of a closed set or a date that was written anew, so none can break out of its quotes. */
function queryOf(tenant: string, { kind, code, job_id, since, state = "open" }: LetterQuery): string {
  return [
    `WorkflowType = "${WORKFLOWS.deadLetter}"`,
    `ExecutionStatus = "${state === "open" ? "Running" : "Completed"}"`,
    `${ATTRIBUTES.tenant} = "${tenant}"`,
    ...(kind === undefined ? [] : [`${ATTRIBUTES.kind} = "${kind}"`]),
    ...(code === undefined ? [] : [`${ATTRIBUTES.error} = "${code}"`]),
    ...(job_id === undefined ? [] : [`WorkflowId STARTS_WITH "${deadLetterPrefix(job_id)}"`]),
    ...(since === undefined ? [] : [`StartTime >= "${new Date(since).toISOString()}"`]),
  ].join(" AND ");
}
