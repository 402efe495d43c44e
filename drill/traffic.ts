import { createHash } from "node:crypto";
import type { Job } from "../src/contract/job.ts";
import { TERMINAL } from "../src/contract/names.ts";
import type { Service } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Intent } from "./load.ts";
import { pause } from "./pause.ts";

/** Pause between two looks at a job, or two tries of a submit that was not answered. */
const LOOK_MS = 200;

/** Pause between two looks at the threads. */
const SILENCE_LOOK_MS = 10;

/** Longest time for one job, faults and all. Longer than the server may take to give up on a job whose workers are killed. */
const PATIENCE_MS = 300_000;

export interface TrafficOptions {
  service: Service;
  ledger: Ledger;
  /** Jobs that threads compute, where that can be seen. */
  computing?: () => Promise<string[] | undefined>;
  /** Whether a fault is on; a cancel that one falls into is not timed. */
  disturbed: () => number;
}

export interface Traffic {
  /** Sends one intended job and follows it to its end. Resolves to its id. */
  follow(intent: Intent): Promise<string>;
  /** Asks for the end of a job, and looks how soon no thread works on it. */
  cancel(jobId: string, options?: { calm?: boolean }): Promise<void>;
  /** Jobs that were accepted and not yet seen at their end. */
  open: ReadonlyMap<string, Intent>;
}

/** Clients that submit, insist, look, and cancel, and write down all that they see. */
export function createTraffic({ service, ledger, computing, disturbed }: TrafficOptions): Traffic {
  const open = new Map<string, Intent>();

  /** Sends the same body under the same key until the service answers, as a client that wants one job does. */
  async function insist(intent: Intent): Promise<string> {
    const { key, kind, body, ends, code = null, ancestor = false } = intent;
    const request = createHash("sha256").update(JSON.stringify({ kind, body })).digest("hex").slice(0, 16);
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(LOOK_MS)) {
      try {
        const { status, body: reply } = await service.submit(kind, body, key);
        if (status === 202 || status === 200) {
          ledger.write({ at: Date.now(), event: "accepted", key, job_id: reply.job_id, ends, code, request, ancestor });
          return reply.job_id;
        }
        ledger.write({ at: Date.now(), event: "refused", key, status, code: reply.code ?? "" });
        if (status !== 503 && status !== 429)
          throw new Refusal(`${key} was refused with ${status}: ${JSON.stringify(reply).slice(0, 500)}`);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        ledger.write({ at: Date.now(), event: "unanswered", key, error: String(error) });
      }
    }
    throw new Error(`${key} was not answered for ${PATIENCE_MS} ms`);
  }

  async function look(jobId: string): Promise<Job | undefined> {
    const reply = await service.job(jobId).catch(() => undefined);
    if (reply?.status !== 200) return undefined;
    const { status, run } = reply.body;
    if (TERMINAL.includes(status)) ledger.write({ at: Date.now(), event: "seen", job_id: jobId, status, run });
    return reply.body;
  }

  /**
   * Looks until no thread works on the job and the receipt has come, which may be seconds later. Resolves to the time of
   * the first look that found silence: between two shards there is some, too, but then a later look finds a thread.
   */
  async function silence(jobId: string, answered: () => boolean): Promise<number> {
    let since: number | undefined;
    for (;;) {
      const working = await computing?.();
      if (computing && (working ?? [jobId]).includes(jobId)) since = undefined;
      else since ??= Date.now();
      if (since !== undefined && answered()) return since;
      await pause(SILENCE_LOOK_MS);
    }
  }

  async function cancel(jobId: string, { calm = false } = {}): Promise<void> {
    const before = disturbed();
    const asked = Date.now();
    let answered = false;
    const silent = silence(jobId, () => answered);
    for (const end = asked + PATIENCE_MS; Date.now() < end; await pause(LOOK_MS)) {
      const reply = await service.cancel(jobId).catch(() => undefined);
      if (reply?.status !== 202 && reply?.status !== 409) continue;
      const receipt = reply.status === 202 ? ((reply.body as unknown as Job).status as string) : "already finished";
      const still = (await computing?.())?.includes(jobId) ?? false;
      answered = true;
      const silent_ms = (await silent) - asked;
      const timed = computing && disturbed() === before && before % 2 === 0;
      ledger.write({
        at: Date.now(),
        event: "cancelled",
        job_id: jobId,
        receipt,
        silent_ms: timed ? silent_ms : null,
        computing: still,
        calm,
      });
      return;
    }
    answered = true;
  }

  return {
    open,
    cancel,
    async follow(intent) {
      const ids = await Promise.all(Array.from({ length: intent.sends }, () => insist(intent)));
      const [jobId] = ids as [string];
      open.set(jobId, intent);
      try {
        if (intent.cancelAfterMs !== undefined) {
          await pause(intent.cancelAfterMs);
          await cancel(jobId);
        }
        for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(LOOK_MS)) {
          const job = await look(jobId);
          if (job && TERMINAL.includes(job.status)) break;
        }
        // A second look later: an end must not change.
        await look(jobId);
        return jobId;
      } finally {
        open.delete(jobId);
      }
    },
  };
}

/** An answer that no insisting changes: the drill itself is wrong, or the service is. */
class Refusal extends Error {}
