import { Context, getClient } from "@temporalio/activity";
import { type AuditEvent, auditEventsIn, auditKey, auditLines } from "../contract/audit.ts";
import { isErrorCode } from "../contract/errors.ts";
import type { AuditWindow, JobMemo } from "../contract/flow.ts";
import { ATTRIBUTES, AUDIT_WINDOW_MS, JOB_WORKFLOWS, type Status } from "../contract/names.ts";
import { readIntact } from "./content.ts";
import type { ActivityDeps } from "./deps.ts";

const JOBS = JOB_WORKFLOWS.map((type) => `"${type}"`).join(", ");

const ENDS: Record<string, Status> = {
  COMPLETED: "succeeded",
  FAILED: "failed",
  TERMINATED: "failed",
  CANCELLED: "cancelled",
  TIMED_OUT: "timed_out",
};

/**
 * Writes down which jobs were submitted and which ended within a span of time, in files for each tenant and window. The
 * server's own list tells both, so nothing is lost that a gateway or a worker was killed over. Whoever comes to a window
 * again adds what its files lack, so a list that lags loses nothing.
 */
export function createAuditJobs({ store }: Pick<ActivityDeps, "store">) {
  return async function auditJobs({ from, to }: AuditWindow): Promise<void> {
    const places = new Map<string, Place>();
    const note = (tenant: string, seen: Date, event: AuditEvent) => {
      Context.current().heartbeat();
      const window = new Date(Math.floor(seen.getTime() / AUDIT_WINDOW_MS) * AUDIT_WINDOW_MS);
      const key = auditKey(tenant, window, nameOf(1));
      const place = places.get(key) ?? { tenant, window, events: new Map() };
      places.set(key, place);
      // A job that ends while the list is read can be on two pages of it.
      place.events.set(identityOf(event), event);
    };
    const within = (time: string) => `${time} >= "${from}" AND ${time} < "${to}" AND WorkflowType IN (${JOBS})`;
    const { workflow } = getClient();
    for await (const { workflowId, memo, startTime } of workflow.list({ query: within("StartTime") })) {
      const { tenant, run = 1, rerun_at, accepted_at } = (memo ?? {}) as unknown as JobMemo;
      // A workflow without it was started by other means, and is no job.
      if (tenant === undefined) continue;
      const at = new Date(rerun_at ?? accepted_at).toISOString();
      note(tenant, startTime, { at, actor: tenant, action: "job.submitted", job_id: workflowId, run });
    }
    for await (const { workflowId, memo, closeTime, status, searchAttributes } of workflow.list({ query: within("CloseTime") })) {
      const { tenant, run = 1 } = (memo ?? {}) as unknown as JobMemo;
      const end = ENDS[status.name];
      if (tenant === undefined || !closeTime || !end) continue;
      const [code] = (searchAttributes[ATTRIBUTES.error] as string[] | undefined) ?? [];
      const [attempts] = (searchAttributes[ATTRIBUTES.attempts] as number[] | undefined) ?? [];
      note(tenant, closeTime, {
        at: closeTime.toISOString(),
        actor: tenant,
        action: "job.finished",
        job_id: workflowId,
        run,
        status: code === "deadline_exceeded" ? "timed_out" : end,
        ...(isErrorCode(code) ? { code } : status.name === "TERMINATED" && { code: "terminated" }),
        ...(attempts !== undefined && { attempts }),
      });
    }
    for (const place of places.values()) {
      await add(store, place);
      Context.current().heartbeat();
    }
  };
}

/** The events of one tenant in one window, by what tells them apart. */
interface Place {
  tenant: string;
  window: Date;
  events: Map<string, AuditEvent>;
}

/** Files of one window: the first look writes one, and few others find anything that it lacks. */
const MOST_FILES = 100;

/**
 * Puts what the files of the window lack into the first that is not there. Of two that add at the same time, the later finds
 * the other's file and goes on from there: no event is written twice, none is left out. A damaged file is set aside.
 */
async function add(store: ActivityDeps["store"], { tenant, window, events }: Place): Promise<void> {
  const sorted = [...events.values()].toSorted((a, b) => (a.at === b.at ? byText(a.job_id, b.job_id) : byText(a.at, b.at)));
  const names = Array.from({ length: MOST_FILES }, (_, index) => auditKey(tenant, window, nameOf(index + 1)));
  for (;;) {
    const there = new Set(
      (await store.list(auditKey(tenant, window, "jobs").replace(".ndjson", ""), { limit: MOST_FILES })).map(({ key }) => key),
    );
    const known = new Set<string>();
    for (const key of there) {
      const stored = await readIntact(store, key, () => true);
      if (!stored) there.delete(key);
      else for (const event of auditEventsIn(stored)) known.add(identityOf(event));
    }
    const lacking = sorted.filter((event) => !known.has(identityOf(event)));
    const free = names.find((key) => !there.has(key));
    if (lacking.length === 0 || free === undefined || (await store.putIfAbsent(free, auditLines(lacking)))) return;
  }
}

/** `jobs`, then `jobs_2` and so on. */
function nameOf(file: number): string {
  return file === 1 ? "jobs" : `jobs_${file}`;
}

/** A run is submitted once and ends once, whatever a later version says more about it. */
function identityOf({ action, job_id, run }: AuditEvent): string {
  return `${action} ${job_id} ${run}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
