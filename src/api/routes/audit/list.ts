import { z } from "zod";
import { AUDIT_ACTIONS, auditFolder, auditPage } from "../../../contract/audit.ts";
import { OrreryError } from "../../../contract/errors.ts";
import { since } from "../../../contract/since.ts";
import type { AuditPlace } from "../../audit/log.ts";
import { json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

const MAX_PAGE = 1_000;
const DAY_MS = 86_400_000;

const query = z.strictObject({
  since: since.optional().meta({
    description:
      "Only what happened at this time or later. Events appear up to two minutes late, and up to 62 where the server's index of jobs lags: whoever asks again and again begins so much before the last time and passes over what it has. Default: 24 hours ago.",
  }),
  action: z.enum(AUDIT_ACTIONS).optional(),
  job_id: z.string().min(1).max(100).optional(),
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .default(100)
    .meta({
      description: `Most events of one page; above ${MAX_PAGE} it is ${MAX_PAGE}. A page can have fewer and still not be the last.`,
    }),
  page_token: z.string().max(1_024).default("").meta({ description: "`next_page_token` of the page before." }),
});

/** `GET /v1/audit`: who did what and when, and how jobs ended. */
export function listAudit({ audit }: Services): Operation {
  return operation({
    id: "listAudit",
    method: "get",
    path: "/v1/audit",
    tag: "Audit",
    summary: "List who did what and when, oldest first. The life of a job appears within about a minute and a half.",
    query,
    responses: { 200: json(auditPage, "One page.") },
    problems: ["store_unavailable"],
    async handle({ response, tenant, query: { since: from, action, job_id, page_size, page_token } }) {
      const filter = { since: from ? new Date(from) : new Date(Date.now() - DAY_MS), action, jobId: job_id };
      const { events, next } = await audit.read(tenant, filter, Math.min(page_size, MAX_PAGE), placeIn(page_token, tenant));
      response.set("Cache-Control", "private, no-cache").json({ events, next_page_token: next ? tokenOf(next) : "" });
    },
  });
}

/** What follows the folder in the key of a file of events. */
const FILE = /^\d{4}-\d\d-\d\d\/[\w-]{1,100}\.ndjson$/;

function tokenOf({ key, passed }: AuditPlace): string {
  return Buffer.from(`${passed}:${key}`).toString("base64url");
}

/** A token names a file, which must be one of the tenant's own. */
function placeIn(token: string, tenant: string): AuditPlace | undefined {
  if (token === "") return undefined;
  const [, passed, key] = /^(\d{1,6}):([\w./-]+)$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  const place = key?.startsWith(auditFolder(tenant)) ? FILE.exec(key.slice(auditFolder(tenant).length)) : null;
  if (key && place) return { key, passed: Number(passed) };
  const detail = "is not one that this list gave; send next_page_token unchanged, or begin again without it";
  throw new OrreryError("invalid_parameter", `The page_token ${detail}.`, { faults: [{ pointer: "/page_token", detail }] });
}
