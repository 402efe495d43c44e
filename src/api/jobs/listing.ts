import { createHash } from "node:crypto";
import { OrreryError } from "../../contract/errors.ts";
import { ATTRIBUTES, type Kind, type Status, type Verdict } from "../../contract/names.ts";
import { isInvalidArgument } from "../temporal/faults.ts";
import type { Run, Temporal } from "../temporal/temporal.ts";
import type { DescribedJob, JobReader } from "./reader.ts";
import type { JobView } from "./view.ts";

export interface Filter {
  kind?: Kind | undefined;
  status?: Status | undefined;
  verdict?: Verdict | undefined;
  /** Accepted at this time or later, ISO 8601. */
  since?: string | undefined;
}

export interface Listing {
  views: JobView[];
  nextPageToken: string;
}

/** Jobs of a page that are read at the same time. */
const PARALLEL = 8;

/** Lists the jobs of a tenant, newest first. The server's index finds them, and each is then read, so a page is never stale. */
export function createListing({ temporal, reader }: { temporal: Temporal; reader: JobReader }) {
  /** The job of a run, unless a later run of it is listed in its own place. */
  async function latest({ workflowId, runId }: Run, tenant: string): Promise<DescribedJob | undefined> {
    const found = await reader.find(workflowId, tenant);
    return found?.snapshot.runId === runId ? found : undefined;
  }

  return async function list(tenant: string, filter: Filter, page: { size: number; token: string }): Promise<Listing> {
    const query = queryOf(tenant, filter);
    const { items, nextPageToken } = await temporal
      .list(query, page.size, decodeToken(page.token, query))
      .catch((error: unknown) => refuse(error, filter));
    const views: JobView[] = [];
    for (let from = 0; from < items.length; from += PARALLEL) {
      const some = await Promise.all(items.slice(from, from + PARALLEL).map((run) => latest(run, tenant)));
      views.push(...(await Promise.all(some.flatMap((found) => (found ? [reader.viewOf(found)] : [])))));
    }
    return {
      // The index knows neither whether an open job has begun nor what closed it a moment ago.
      views: views.filter(({ status }) => filter.status === undefined || status === filter.status),
      nextPageToken: nextPageToken.length === 0 ? "" : encodeToken(nextPageToken, query),
    };
  };
}

const OPEN = `ExecutionStatus = "Running"`;
const LATE = `${ATTRIBUTES.error} = "deadline_exceeded"`;
const BY_STATUS: Record<Status, string> = {
  queued: OPEN,
  running: OPEN,
  cancelling: OPEN,
  succeeded: `ExecutionStatus = "Completed"`,
  failed: `ExecutionStatus IN ("Failed", "Terminated")`,
  cancelled: `ExecutionStatus = "Canceled"`,
  timed_out: `(ExecutionStatus = "TimedOut" OR (ExecutionStatus = "Failed" AND ${LATE}))`,
};

/** Every value here is one of a closed set or a date that was written anew, so none can break out of its quotes. */
function queryOf(tenant: string, { kind, status, verdict, since }: Filter): string {
  return [
    `${ATTRIBUTES.tenant} = "${tenant}"`,
    kind === undefined ? `${ATTRIBUTES.kind} IS NOT NULL` : `${ATTRIBUTES.kind} = "${kind}"`,
    ...(status === undefined ? [] : [BY_STATUS[status]]),
    ...(verdict === undefined ? [] : [`${ATTRIBUTES.verdict} = "${verdict}"`]),
    ...(since === undefined ? [] : [`StartTime >= "${new Date(since).toISOString()}"`]),
  ].join(" AND ");
}

/** The time is the only part of a query that a client can word, so it is what a server that refuses the query means. */
function refuse(error: unknown, { since }: Filter): never {
  if (since === undefined || !isInvalidArgument(error)) throw error;
  throw new OrreryError("invalid_parameter", `The server's index cannot compare with since=${since}; give a time nearer to today.`, {
    faults: [{ pointer: "/since", detail: `is a time that the index cannot compare with (it is ${since})` }],
    cause: error,
  });
}

/**
 * Bytes of a token in front of the server's own: a check of all that follows, which a text that is no whole token fails, and
 * what binds the token to the list that it continues.
 */
const CHECK = 6;
const BINDING = 9;

function hashOf(data: string | Uint8Array, bytes: number): Buffer {
  return createHash("sha256").update(data).digest().subarray(0, bytes);
}

function encodeToken(token: Uint8Array, query: string): string {
  const bound = Buffer.concat([hashOf(query, BINDING), token]);
  return Buffer.concat([hashOf(bound, CHECK), bound]).toString("base64url");
}

function decodeToken(text: string, query: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url");
  if (text === "") return bytes;
  const bound = bytes.subarray(CHECK);
  if (bound.length <= BINDING || !bytes.subarray(0, CHECK).equals(hashOf(bound, CHECK))) {
    throw tokenFault("is not one that a list gave, or not all of it; send next_page_token unchanged, or begin again without it");
  }
  if (bound.subarray(0, BINDING).equals(hashOf(query, BINDING))) return bound.subarray(BINDING);
  throw tokenFault("belongs to a list with another filter; keep the filter, or begin again without it");
}

function tokenFault(detail: string): OrreryError {
  return new OrreryError("invalid_parameter", `The page_token ${detail}.`, { faults: [{ pointer: "/page_token", detail }] });
}
