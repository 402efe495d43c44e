import { z } from "zod";
import { type DeadLetterFilter, MAX_REPLAYS, type ReplayReply, type ReplayRequest } from "../../contract/dead-letter.ts";
import { ERRORS, OrreryError } from "../../contract/errors.ts";
import type { AuditLog } from "../audit/log.ts";
import type { SubmitJob } from "../jobs/submit.ts";
import { decodeToken, encodeToken } from "../page-token.ts";
import type { DeadLetters, Letter } from "./letters.ts";
import { Pace } from "./pace.ts";
import { mergePatch } from "./patch.ts";

type Replay = ReplayReply["replays"][number];

/** What is asked for, and by which request. */
type Asked = ReplayRequest & { requestId: string };

/** Dead letters that are replayed side by side. */
const PARALLEL = 8;

/** Dead letters that are looked at for one reason together, which the server's list cannot be asked for. */
const SIFTED = 100;

/** Time in which pages of the list are begun. A client waits for a minute. */
const TIME_MS = 25_000;

/** Characters of a patch; its place in the store and in a history is small. */
const MAX_RECORDED_PATCH = 4_096;

interface Batch {
  ids: string[];
  /** Where the list goes on after it; empty at the end. */
  rest: string;
}

export interface ReplayDeps {
  deadLetters: DeadLetters;
  submit: SubmitJob;
  audit: AuditLog;
  /** Milliseconds in which batches are begun. Default: 25 s. */
  timeMs?: number;
  /** Begins no further batch once it aborts. */
  signal: AbortSignal;
}

/**
 * Replays dead letters: each is submitted as any other job is, with an id that follows from the dead letter's, so a second
 * replay finds the job of the first. The server delays the starts, so a gateway that dies after the submit loses nothing.
 */
export function createReplay({ deadLetters, submit, audit, timeMs = TIME_MS, signal }: ReplayDeps) {
  async function* matching(tenant: string, filter: DeadLetterFilter, from: string): AsyncGenerator<Batch> {
    const size = filter.reason === undefined ? PARALLEL : SIFTED;
    let token = from;
    do {
      const { letters, nextPageToken } = await deadLetters.list(tenant, filter, { size, token });
      yield { ids: letters.map(({ id }) => id), rest: nextPageToken };
      token = nextPageToken;
    } while (token !== "");
  }

  /** Takes its time from the pace, and gives it back if no job starts by it. */
  async function replayPaced(id: string, tenant: string, pace: Pace, options: Asked): Promise<Replay> {
    const time = pace.take();
    const delayMs = Math.max(Math.round(time - Date.now()), 0);
    try {
      // Read anew: somebody may have resolved it since the list was made.
      const replay = await replayOne(await deadLetters.read(id, tenant), tenant, delayMs, options);
      if (replay.starts_at === null) pace.giveBack(time);
      return replay;
    } catch (error) {
      pace.giveBack(time);
      throw error;
    }
  }

  async function replayOne(letter: Letter, tenant: string, delayMs: number, options: Asked): Promise<Replay> {
    const input = await deadLetters.payload(letter);
    if (!input) throw new OrreryError("dead_letter_not_found", `The server does not give the request of ${letter.id}; try again.`);
    if (letter.resolution !== null && letter.resolution.resolution !== "replayed") {
      throw new OrreryError("dead_letter_resolved", `The dead letter ${letter.id} has been ${letter.resolution.resolution}.`);
    }
    if (letter.resolution?.job_id !== undefined) {
      return { dead_letter_id: letter.id, state: "replayed", job_id: letter.resolution.job_id, starts_at: null, error: null };
    }
    const { job_id, run, kind } = letter.facts;
    const submission = {
      kind,
      tenant,
      document: mergePatch(input.request, options.patch) as object,
      // Keys of clients have no spaces.
      key: `replay of ${letter.id}`,
      replayedFrom: letter.id,
      delayMs,
      onJobId: () => undefined,
    };
    const changed = recordable(options.patch);
    if (!options.dry_run) {
      // What is refused is not recorded as done.
      await submit({ ...submission, dryRun: true });
      const { requestId, reason } = options;
      await audit.record(tenant, {
        actor: tenant,
        action: "dead_letter.replay",
        job_id,
        run,
        request_id: requestId,
        subject: letter.id,
        reason,
        ...(changed && { patch: changed }),
      });
    }
    const { view, replayed: earlier } = await submit({ ...submission, dryRun: options.dry_run });
    if (!options.dry_run) {
      // One that an earlier replay has resolved meanwhile has the same job.
      const how = { reason: options.reason, job_id: view.jobId, ...(changed && { patch: changed }) };
      await deadLetters.resolve(letter, { resolution: "replayed", by: tenant, ...how });
    }
    return {
      dead_letter_id: letter.id,
      state: options.dry_run ? "would_replay" : "replayed",
      job_id: view.jobId,
      starts_at: earlier ? null : new Date(view.memo.accepted_at + delayMs).toISOString(),
      error: null,
    };
  }

  return async function replay(tenant: string, options: Asked): Promise<ReplayReply> {
    const { filter = {}, dry_run, rate, page_token } = options;
    const ids = options.ids && [...new Set(options.ids)];
    const asked = ids ? "ids" : JSON.stringify(filter);
    const place = placeIn(page_token, asked);
    const pace = new Pace(rate, place.next);
    const end = performance.now() + timeMs;
    const replays: Replay[] = [];
    let { rest } = place;
    try {
      for await (const batch of ids ? named(ids) : matching(tenant, filter, rest)) {
        let away: OrreryError | undefined;
        const one = (id: string) =>
          replayPaced(id, tenant, pace, options).catch((error: unknown) => {
            if (!(error instanceof OrreryError)) throw error;
            if (isAway(error)) away = error;
            return unreplayed(id, error);
          });
        for (let from = 0; from < batch.ids.length && !away; from += PARALLEL)
          replays.push(...(await Promise.all(batch.ids.slice(from, from + PARALLEL).map(one))));
        // The next call begins with this batch again.
        if (away) throw away;
        rest = batch.rest;
        if (signal.aborted || performance.now() > end || replays.length > MAX_REPLAYS - SIFTED) break;
      }
    } catch (error) {
      // What was done is told, whatever keeps the rest from being done.
      if (!isAway(error) || replays.every(({ state }) => state === "not_reached")) throw error;
    }
    replays.push(...(ids ?? []).slice(replays.length).map((id) => unreplayed(id)));
    const more = rest !== "" || replays.some(({ state }) => state === "not_reached");
    return { dry_run, replays, more, next_page_token: more ? tokenOf({ rest, next: pace.next }, asked) : "" };
  };
}

/** A patch that says something, and is short enough to be kept wherever the replay is told of. */
function recordable(patch: ReplayRequest["patch"]): ReplayRequest["patch"] | undefined {
  const { length } = JSON.stringify(patch);
  return length > "{}".length && length <= MAX_RECORDED_PATCH ? patch : undefined;
}

function* named(ids: string[]): Generator<Batch> {
  for (let from = 0; from < ids.length; from += PARALLEL) yield { ids: ids.slice(from, from + PARALLEL), rest: "" };
}

/** Where a call ended: in the list, and in the pace. No call delays a start beyond the calendar. */
const place = z.object({ rest: z.string(), next: z.number().min(0).max(253_402_300_799_999) });
type Place = z.infer<typeof place>;

function tokenOf(place: Place, asked: string): string {
  return encodeToken(Buffer.from(JSON.stringify(place)), asked);
}

function placeIn(token: string, asked: string): Place {
  if (token === "") return { rest: "", next: 0 };
  const text = Buffer.from(decodeToken(token, asked)).toString();
  const { data } = place.safeParse(text.startsWith("{") ? JSON.parse(text) : undefined);
  if (data) return data;
  throw new OrreryError("invalid_parameter", "The page_token is not one that a replay gave; send next_page_token unchanged.", {
    faults: [{ pointer: "/page_token", detail: "is not one that a replay gave" }],
  });
}

/** A server or a store that is away concerns all dead letters, a refusal only one. */
function isAway(error: unknown): boolean {
  return error instanceof OrreryError && (error.code === "temporal_unavailable" || error.code === "store_unavailable");
}

function unreplayed(id: string, fault?: OrreryError): Replay {
  const error = fault
    ? { code: fault.code, message: fault.message, retryable: ERRORS[fault.code].retryable, doc: `/docs/errors/${fault.code}` }
    : null;
  const state = fault && !isAway(fault) ? "refused" : "not_reached";
  return { dead_letter_id: id, state, job_id: null, starts_at: null, error };
}
