import { explanation, type Progress } from "../../../contract/job.ts";
import { TERMINAL } from "../../../contract/names.ts";
import { iso } from "../../jobs/body.ts";
import { isShard } from "../../jobs/descendants.ts";
import { finished, ofShards, type Reason, reasonOf } from "../../jobs/reason.ts";
import { hasFailed } from "../../jobs/view.ts";
import { waitsOf } from "../../jobs/waits.ts";
import { json, type Operation, operation, pathParameter } from "../../operation.ts";
import type { Services } from "../../services.ts";
import type { Snapshot } from "../../temporal/snapshot.ts";
import type { Temporal } from "../../temporal/temporal.ts";

/** Events in which past waits are looked for. */
const MAX_EVENTS = 500;

/** Shards that are asked at the same time. */
const PARALLEL = 8;

/** `GET /v1/jobs/{id}/explain`: why the job is where it is, and what to do about it. */
export function explainJob({ reader, temporal, queues, spending, deadLetters }: Services): Operation {
  return operation({
    id: "explainJob",
    method: "get",
    path: "/v1/jobs/{id}/explain",
    tag: "Jobs",
    summary: "Say why the job is where it is, what it waits for, and what to do.",
    responses: {
      200: json(
        explanation,
        [
          "Reasons: `no_worker`, `queued`, `running`, `backoff`, `paused`, `cancelling`, `finished`.",
          "`queue.backlog` is the server's approximate count, which can include tasks of jobs that have ended; `position` is at most that.",
        ].join(" "),
      ),
    },
    problems: ["job_not_found", "temporal_unavailable"],
    async handle({ request, response, tenant }) {
      const described = await reader.describe(pathParameter(request, "id"), tenant);
      const { snapshot } = described;
      const view = await reader.viewOf(described);
      const { jobId: job_id, status, progress } = view;
      const letter = hasFailed(view) ? await deadLetters.ofRun(job_id, view.memo) : undefined;
      const told = TERMINAL.includes(status) ? finished(view, letter) : await reasonOf(snapshot, status, queues);
      const shards = told.reason === "running" ? await openShards(snapshot, temporal) : [];
      const found = shards.length > 0 ? await ofShards(told, shards, queues) : told;
      const { reason, since, detail, blockedBy, action, queue } = found;
      const position = positionOf(found);
      const events = await temporal.events(snapshot.workflowId, snapshot.runId, MAX_EVENTS);
      response.set("Cache-Control", "private, no-cache").json({
        job_id,
        status,
        reason,
        since: since === undefined ? null : iso(since),
        detail: position === null ? detail : `${detail} ${placeOf(position)}`,
        blocked_by: blockedBy,
        action,
        queue,
        position,
        estimate_seconds: estimateOf(found, progress),
        spent: await spending({ ...view, runId: snapshot.runId }),
        history: waitsOf(events),
      });
    },
  });
}

async function openShards({ openChildren }: Snapshot, temporal: Temporal): Promise<Snapshot[]> {
  const ids = openChildren.filter(isShard);
  const shards: (Snapshot | undefined)[] = [];
  for (let from = 0; from < ids.length; from += PARALLEL)
    shards.push(...(await Promise.all(ids.slice(from, from + PARALLEL).map((id) => temporal.describe(id)))));
  return shards.filter((shard) => shard !== undefined).filter(({ closedAt }) => closedAt === undefined);
}

/** Nobody knows the order of a queue with priorities, but the job is among those that wait. The server's count can lag. */
function positionOf({ reason, queue }: Reason): number | null {
  return (reason === "queued" || reason === "no_worker") && queue ? queue.backlog || null : null;
}

function placeOf(position: number): string {
  return `Its place is ${position} at most: the server's count is approximate, and tasks of jobs that have ended can be in it.`;
}

function estimateOf({ reason, until }: Reason, progress: Progress | null): number | null {
  if (reason === "running") return progress?.eta_seconds ?? null;
  return reason === "backoff" && until !== undefined ? Math.max(0, Math.ceil((until - Date.now()) / 1_000)) : null;
}
