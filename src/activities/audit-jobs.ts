import { getClient } from "@temporalio/activity";
import { type AuditEvent, auditKey, auditLines, MAX_AUDIT_EVENTS } from "../contract/audit.ts";
import { isErrorCode } from "../contract/errors.ts";
import type { AuditWindow, JobMemo } from "../contract/flow.ts";
import { ATTRIBUTES, type Status, WORKFLOWS } from "../contract/names.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";

const JOBS = [WORKFLOWS.discover, WORKFLOWS.evaluate, WORKFLOWS.tgefd].map((type) => `"${type}"`).join(", ");

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
export function createAuditJobs({ store, logger }: ActivityDeps) {
  return async function auditJobs({ from, to }: AuditWindow) {
    return attempt("publish", logger, async () => {
      const events = new Map<string, AuditEvent[]>();
      const note = (tenant: string, event: AuditEvent) => events.set(tenant, [...(events.get(tenant) ?? []), event]);
      const within = (time: string) => `${time} >= "${from}" AND ${time} < "${to}" AND WorkflowType IN (${JOBS})`;
      const { workflow } = getClient();
      for await (const { workflowId, memo } of workflow.list({ query: within("StartTime") })) {
        const known = memo as unknown as JobMemo | undefined;
        if (!known?.tenant) continue;
        const at = new Date(known.rerun_at ?? known.accepted_at).toISOString();
        note(known.tenant, { at, actor: known.tenant, action: "job.submitted", job_id: workflowId, run: known.run ?? 1 });
      }
      for await (const { workflowId, memo, closeTime, status, searchAttributes } of workflow.list({ query: within("CloseTime") })) {
        const known = memo as unknown as JobMemo | undefined;
        const end = ENDS[status.name];
        if (!known?.tenant || !closeTime || !end) continue;
        const [code] = (searchAttributes[ATTRIBUTES.error] as string[] | undefined) ?? [];
        note(known.tenant, {
          at: closeTime.toISOString(),
          actor: known.tenant,
          action: "job.finished",
          job_id: workflowId,
          run: known.run ?? 1,
          status: code === "deadline_exceeded" ? "timed_out" : end,
          ...(isErrorCode(code) ? { code } : status.name === "TERMINATED" && { code: "terminated" }),
        });
      }
      for (const [tenant, all] of events) {
        all.sort((a, b) => (a.at === b.at ? a.job_id.localeCompare(b.job_id) : a.at < b.at ? -1 : 1));
        for (let first = 0; first < all.length; first += MAX_AUDIT_EVENTS) {
          const key = auditKey(tenant, new Date(to), `jobs-${String(first / MAX_AUDIT_EVENTS).padStart(4, "0")}`);
          await store.putIfAbsent(key, auditLines(all.slice(first, first + MAX_AUDIT_EVENTS)));
        }
      }
      return { to };
    });
  };
}
