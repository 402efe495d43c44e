import { Context, getClient } from "@temporalio/activity";
import { type AuditEvent, auditKey, auditLines, MAX_AUDIT_EVENTS } from "../contract/audit.ts";
import { isErrorCode } from "../contract/errors.ts";
import type { AuditWindow, JobMemo } from "../contract/flow.ts";
import { ATTRIBUTES, JOB_WORKFLOWS, type Status } from "../contract/names.ts";
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
 * Writes down which jobs were submitted and which ended within a window of time, a file for each tenant. The server's
 * own list tells both, so nothing is lost that a gateway or a worker was killed over; an attempt that comes again writes
 * the same files.
 */
export function createAuditJobs({ store }: Pick<ActivityDeps, "store">) {
  return async function auditJobs({ from, to }: AuditWindow): Promise<void> {
    const events = new Map<string, AuditEvent[]>();
    const note = (tenant: string, event: AuditEvent) => {
      Context.current().heartbeat();
      const known = events.get(tenant);
      if (known) known.push(event);
      else events.set(tenant, [event]);
    };
    const within = (time: string) => `${time} >= "${from}" AND ${time} < "${to}" AND WorkflowType IN (${JOBS})`;
    const { workflow } = getClient();
    for await (const { workflowId, memo } of workflow.list({ query: within("StartTime") })) {
      const { tenant, run = 1, rerun_at, accepted_at } = (memo ?? {}) as unknown as JobMemo;
      // A workflow without it was started by other means, and is no job.
      if (tenant === undefined) continue;
      const at = new Date(rerun_at ?? accepted_at).toISOString();
      note(tenant, { at, actor: tenant, action: "job.submitted", job_id: workflowId, run });
    }
    for await (const { workflowId, memo, closeTime, status, searchAttributes } of workflow.list({ query: within("CloseTime") })) {
      const { tenant, run = 1 } = (memo ?? {}) as unknown as JobMemo;
      const end = ENDS[status.name];
      if (tenant === undefined || !closeTime || !end) continue;
      const [code] = (searchAttributes[ATTRIBUTES.error] as string[] | undefined) ?? [];
      note(tenant, {
        at: closeTime.toISOString(),
        actor: tenant,
        action: "job.finished",
        job_id: workflowId,
        run,
        status: code === "deadline_exceeded" ? "timed_out" : end,
        ...(isErrorCode(code) ? { code } : status.name === "TERMINATED" && { code: "terminated" }),
      });
    }
    for (const [tenant, all] of events) {
      all.sort((a, b) => (a.at === b.at ? byText(a.job_id, b.job_id) : byText(a.at, b.at)));
      for (let first = 0; first < all.length; first += MAX_AUDIT_EVENTS) {
        const key = auditKey(tenant, new Date(to), `jobs-${String(first / MAX_AUDIT_EVENTS).padStart(4, "0")}`);
        await store.putIfAbsent(key, auditLines(all.slice(first, first + MAX_AUDIT_EVENTS)));
      }
    }
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
