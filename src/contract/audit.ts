import { z } from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { STATUSES } from "./names.ts";

/**
 * What the audit log knows of. What a person or a program asks for is written before it is done; the life of jobs is
 * written by the sweep from what the server keeps, so it costs no submit anything and no kill can lose it.
 */
export const AUDIT_ACTIONS = [
  "job.submitted",
  "job.finished",
  "job.cancel",
  "job.rerun",
  "dead_letter.replay",
  "dead_letter.discard",
] as const;

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const auditEvent = z
  .object({
    at: z.iso.datetime(),
    actor: z.string().meta({ description: "Who asked for it; for the life of a job, who submitted it." }),
    action: z.enum(AUDIT_ACTIONS),
    job_id: z.string(),
    run: z.int(),
    request_id: z.string().optional().meta({ description: "Request that asked for it: the one of the reply, the log and the problem." }),
    status: z.enum(STATUSES).optional().meta({ description: "How the job ended." }),
    code: z.enum(codes).optional().meta({ description: "Final reason of a job that did not succeed." }),
    attempts: z.int().optional().meta({
      description:
        "Tries of the activity that gave up, 0 if none was at work; of a job that succeeded, the most that a computing activity took. Absent where the job could not say: cancelled, or ended by the server or an operator.",
    }),
    reason: z.string().optional().meta({ description: "What the actor gave as the reason." }),
    patch: z.record(z.string(), z.unknown()).optional().meta({ description: "What a replay changed of the request, unless it is long." }),
    subject: z
      .string()
      .optional()
      .meta({ description: "What was acted on beside the job: a dead letter, or the job that came of a replay." }),
  })
  .meta({ id: "AuditEvent" });
export type AuditEvent = z.infer<typeof auditEvent>;

export const auditPage = z.object({ events: z.array(auditEvent), next_page_token: z.string() }).meta({ id: "AuditPage" });

/**
 * Key of a file of audit events, so that the keys of a tenant sort by time, in a folder for each day. `name` tells
 * files of one millisecond apart, and is the same whenever the same events are written again.
 */
export function auditKey(tenant: string, at: Date, name: string): string {
  return `${auditFolder(tenant)}${auditPlace(at)}-${name}.ndjson`;
}

export function auditFolder(tenant: string): string {
  return `${tenant}/audit/`;
}

/** The part of a key that says when: `2026-11-23/235959123`. */
export function auditPlace(at: Date): string {
  const [day = "", time = ""] = at.toISOString().split("T");
  return `${day}/${time.replaceAll(/\D/g, "")}`;
}

export function auditLines(events: readonly AuditEvent[]): Buffer {
  return Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

/** What stands in a file of events. A line of a later version, or one that a power cut has torn, is passed over: no reason to show none. */
export function auditEventsIn(bytes: Uint8Array): AuditEvent[] {
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  return lines.flatMap((line) => (line === "" ? [] : (auditEvent.safeParse(parsed(line)).data ?? [])));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
