import { type DeadLetterFilter, MAX_REPLAYS, type ReplayReply, type ReplayRequest } from "../../contract/dead-letter.ts";
import { ERRORS, OrreryError } from "../../contract/errors.ts";
import type { AuditLog } from "../audit/log.ts";
import type { SubmitJob } from "../jobs/submit.ts";
import type { DeadLetters, Letter } from "./letters.ts";
import { mergePatch } from "./patch.ts";

type Replay = ReplayReply["replays"][number];

/** What is asked for, and by which request. */
type Asked = ReplayRequest & { requestId: string };

const PAGE = 100;

/**
 * Replays dead letters: each is submitted as any other job is, with an id that follows from the dead letter's, so a second
 * replay finds the job of the first. The server delays the starts, so a gateway that dies after the submit loses nothing.
 */
export function createReplay({ deadLetters, submit, audit }: { deadLetters: DeadLetters; submit: SubmitJob; audit: AuditLog }) {
  async function matching(tenant: string, filter: DeadLetterFilter): Promise<{ letters: Letter[]; more: boolean }> {
    const letters: Letter[] = [];
    let token = "";
    do {
      const page = await deadLetters.list(tenant, filter, { size: PAGE, token });
      letters.push(...page.letters);
      token = page.nextPageToken;
    } while (token !== "" && letters.length < MAX_REPLAYS);
    return { letters: letters.slice(0, MAX_REPLAYS), more: token !== "" || letters.length > MAX_REPLAYS };
  }

  async function replayOne(letter: Letter, tenant: string, delayMs: number, options: Asked): Promise<Replay> {
    const input = await deadLetters.payload(letter);
    if (!input) throw new OrreryError("dead_letter_not_found", `The server does not give the request of ${letter.id}; try again.`);
    if (letter.resolution !== null && letter.resolution.resolution !== "replayed") {
      throw new OrreryError("dead_letter_resolved", `The dead letter ${letter.id} has been ${letter.resolution.resolution}.`);
    }
    const { job_id, run } = letter.facts;
    if (!options.dry_run) {
      const { requestId, reason } = options;
      await audit.record(tenant, {
        actor: tenant,
        action: "dead_letter.replay",
        job_id,
        run,
        request_id: requestId,
        subject: letter.id,
        ...(reason !== undefined && { reason }),
      });
    }
    const { view } = await submit({
      kind: letter.facts.kind,
      tenant,
      document: mergePatch(input.request, options.patch) as object,
      // Keys of clients have no spaces.
      key: `replay of ${letter.id}`,
      replayedFrom: letter.id,
      delayMs,
      dryRun: options.dry_run,
      onJobId: () => undefined,
    });
    if (!options.dry_run) {
      // One that an earlier replay has resolved meanwhile has the same job.
      await deadLetters.resolve(letter, { resolution: "replayed", by: tenant, reason: options.reason, job_id: view.jobId });
    }
    return {
      dead_letter_id: letter.id,
      state: options.dry_run ? "would_replay" : "replayed",
      job_id: view.jobId,
      starts_at: new Date(view.memo.accepted_at + delayMs).toISOString(),
      error: null,
    };
  }

  return async function replay(tenant: string, options: Asked): Promise<ReplayReply> {
    const { ids, filter = {}, dry_run, rate } = options;
    const { letters, more } = ids ? { letters: [...new Set(ids)], more: false } : await matching(tenant, filter);
    const replays: Replay[] = [];
    let started = 0;
    for (const each of letters) {
      try {
        // Read anew: somebody may have resolved it since the list was made.
        const letter = await deadLetters.read(typeof each === "string" ? each : each.id, tenant);
        replays.push(await replayOne(letter, tenant, Math.round((started * 1_000) / rate), options));
        started += 1;
      } catch (error) {
        // The others go on; a server that is away concerns them all.
        if (!(error instanceof OrreryError) || error.code === "temporal_unavailable") throw error;
        replays.push(refused(typeof each === "string" ? each : each.id, error));
      }
    }
    return { dry_run, replays, more };
  };
}

function refused(id: string, { code, message }: OrreryError): Replay {
  const error = { code, message, retryable: ERRORS[code].retryable, doc: `/docs/errors/${code}` };
  return { dead_letter_id: id, state: "refused", job_id: null, starts_at: null, error };
}
