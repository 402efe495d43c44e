import { randomUUID } from "node:crypto";
import { type AuditEvent, auditEventsIn, auditFolder, auditKey, auditLines, auditPlace } from "../../contract/audit.ts";
import { OrreryError } from "../../contract/errors.ts";
import type { Store } from "../../storage/store.ts";
import type { Logger } from "../../telemetry/logger.ts";

export interface AuditFilter {
  /** Recorded at this time or later. */
  since: Date;
  action?: AuditEvent["action"] | undefined;
  jobId?: string | undefined;
}

/** Where a page ended: a file, and how many of its events were passed. */
export interface AuditPlace {
  key: string;
  passed: number;
}

export interface AuditLog {
  /** Writes what a client asks for, before it is done. Throws `store_unavailable`: what cannot be recorded is not done. */
  record(tenant: string, event: Omit<AuditEvent, "at">): Promise<void>;
  /** Events in the order in which they were recorded, at most `size`; `next` is undefined after the last. */
  read(tenant: string, filter: AuditFilter, size: number, from?: AuditPlace): Promise<{ events: AuditEvent[]; next?: AuditPlace }>;
}

/** Files that one page looks into at most. A rare event then takes several pages, some of which are empty. */
const MAX_FILES = 500;

/** Files that are read side by side. */
const PARALLEL = 16;

/** All events of a file, whose number is not known any more. */
const ALL = 999_999;

export function createAuditLog(store: Store, logger: Logger): AuditLog {
  /** A damaged file is told to the operator and costs its own events alone. */
  async function eventsIn(key: string): Promise<AuditEvent[]> {
    try {
      return auditEventsIn((await store.get(key)) ?? new Uint8Array());
    } catch (error) {
      if (!(error instanceof OrreryError) || error.code !== "artifact_corrupt") throw error;
      logger.error({ key, code: error.code }, "audit file damaged");
      return [];
    }
  }

  return {
    async record(tenant, event) {
      const at = new Date();
      await store.putIfAbsent(auditKey(tenant, at, randomUUID()), auditLines([{ at: at.toISOString(), ...event }]));
    },

    async read(tenant, { since, action, jobId }, size, from) {
      const folder = auditFolder(tenant);
      const files = await store.list(folder, { after: from?.key ?? `${folder}${auditPlace(since)}`, limit: MAX_FILES });
      // The file in which the last page ended comes first, once more.
      const keys = [...(from ? [from.key] : []), ...files.map(({ key }) => key)];
      const events: AuditEvent[] = [];
      for (let first = 0; first < keys.length; first += PARALLEL) {
        const some = keys.slice(first, first + PARALLEL);
        for (const [index, all] of (await Promise.all(some.map(eventsIn))).entries()) {
          const key = some[index] as string;
          const before = key === from?.key ? from.passed : 0;
          for (const [place, event] of all.entries()) {
            if (place < before || (action && event.action !== action) || (jobId && event.job_id !== jobId)) continue;
            if (events.length === size) return { events, next: { key, passed: place } };
            events.push(event);
          }
        }
      }
      const last = keys.at(-1);
      return files.length < MAX_FILES || last === undefined ? { events } : { events, next: { key: last, passed: ALL } };
    },
  };
}
