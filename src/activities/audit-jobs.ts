import { Context, getClient } from "@temporalio/activity";
import { type AuditEvent, auditKey, auditLines } from "../contract/audit.ts";
import { isErrorCode } from "../contract/errors.ts";
import type { AuditWindow, JobMemo } from "../contract/flow.ts";
import { ATTRIBUTES, AUDIT_WINDOW_MS, JOB_WORKFLOWS, type Status } from "../contract/names.ts";
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
 * Writes down which jobs were submitted and which ended within a span of time, a file for each tenant and window. The
 * server's own list tells both, so nothing is lost that a gateway or a worker was killed over; whoever comes to a window
 * again writes the same file.
 */
export function createAuditJobs({ store }: Pick<ActivityDeps, "store">) {
  return async function auditJobs({ from, to }: AuditWindow): Promise<void> {
    const files = new Map<string, AuditEvent[]>();
    const note = (tenant: string, seen: Date, event: AuditEvent) => {
      Context.current().heartbeat();
      const window = new Date(Math.floor(seen.getTime() / AUDIT_WINDOW_MS) * AUDIT_WINDOW_MS);
      const file = auditKey(tenant, window, "jobs");
      const known = files.get(file);
      if (known) known.push(event);
      else files.set(file, [event]);
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
      note(tenant, closeTime, {
        at: closeTime.toISOString(),
        actor: tenant,
        action: "job.finished",
        job_id: workflowId,
        run,
        status: code === "deadline_exceeded" ? "timed_out" : end,
        ...(isErrorCode(code) ? { code } : status.name === "TERMINATED" && { code: "terminated" }),
      });
    }
    for (const [key, events] of files) {
      events.sort((a, b) => (a.at === b.at ? byText(a.job_id, b.job_id) : byText(a.at, b.at)));
      await store.putIfAbsent(key, auditLines(events));
      Context.current().heartbeat();
    }
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
