import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { OrreryError } from "../../contract/errors.ts";
import type { JobInput, JobMemo, Route } from "../../contract/flow.ts";
import type { RerunPlan, RerunRequest } from "../../contract/job.ts";
import { shardKey } from "../../contract/keys.ts";
import { shardId } from "../../contract/names.ts";
import { planDiscover } from "../../contract/plan.ts";
import type { DatasetSource, DiscoverRequest } from "../../contract/request.ts";
import { shardCells } from "../../contract/route.ts";
import { shardIdentity } from "../../contract/shard.ts";
import type { Store } from "../../storage/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { AuditLog } from "../audit/log.ts";
import type { DeadLetters } from "../dead-letters/letters.ts";
import { decoded } from "../temporal/decode.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { encodedTable, resolveDataset } from "./dataset.ts";
import type { JobReader } from "./reader.ts";
import { startOf } from "./start.ts";
import { acceptedView, type JobView } from "./view.ts";

type Scope = RerunRequest["scope"];

/** Runs an ended job once more, under the same id and with the same input. */
export interface Reruns {
  /** Throws `job_not_found`, `job_not_finished` and `nothing_to_rerun`. */
  start(jobId: string, tenant: string, scope: Scope, requestId: string): Promise<JobView>;
  /** What `start` would do, and throw. */
  plan(jobId: string, tenant: string, scope: Scope): Promise<RerunPlan>;
}

/** What is known of a run that has ended and is to be followed by another. */
interface Former {
  workflow: string;
  input: JobInput;
  memo: JobMemo;
}

/** Shards that are looked up at the same time. */
const PARALLEL = 8;

export interface RerunDeps {
  temporal: Temporal;
  store: Store;
  reader: JobReader;
  deadLetters: DeadLetters;
  audit: AuditLog;
  logger: Logger;
}

export function createReruns({ temporal, store, reader, deadLetters, audit, logger }: RerunDeps): Reruns {
  /** The input stands in the first event of the last run, so it is known for as long as the job is. */
  async function formerOf(jobId: string, tenant: string, scope: Scope): Promise<Former> {
    const described = await reader.describe(jobId, tenant);
    const { snapshot, memo } = described;
    if (snapshot.closedAt === undefined) throw notFinished(jobId, memo.run);
    const { status } = await reader.viewOf(described);
    if (status === "succeeded" && scope === "failed") {
      throw new OrreryError(
        "nothing_to_rerun",
        `Job ${jobId} has succeeded, so no part of it has failed; send "scope": "all" to compute everything anew.`,
      );
    }
    const [first] = await temporal.events(snapshot.workflowId, snapshot.runId, 1);
    const started = first?.workflowExecutionStartedEventAttributes;
    const input = decoded<JobInput>(started?.input?.payloads?.[0]);
    if (!input) throw new Error(`the first event of ${jobId} has no input that can be read`);
    return { workflow: started?.workflowType?.name ?? "", input, memo };
  }

  /** After the start, so that a failed job is never without a dead letter or another run; the run itself sees to it if this fails. */
  async function settleDeadLetter({ input: { job_id, tenant }, memo }: Former): Promise<void> {
    const letter = await deadLetters.ofRun(job_id, memo);
    if (letter) await deadLetters.resolve(letter, { resolution: "rerun", by: tenant, reason: `run ${runAfter(memo)}`, job_id });
  }

  async function membersOf({ input, memo }: Former, scope: Scope, run: number): Promise<RerunPlan["members"]> {
    const { job_id, tenant, request, reused } = input;
    const root = { id: job_id, type: "job", name: memo.kind, action: scope === "failed" && reused ? "reuse" : "rerun" } as const;
    if (memo.shards === undefined) return [root];
    const discover = request as DiscoverRequest;
    const { dataset_id, header } = await stored(sourceOf(discover.dataset, memo), tenant);
    const known: DiscoverRequest = { ...discover, dataset: { source: "stored", dataset_id } };
    const ranges = shardCells(planDiscover(known, header), memo.shards);
    const members: RerunPlan["members"] = [root];
    for (let from = 0; from < ranges.length; from += PARALLEL) {
      const some = ranges.slice(from, from + PARALLEL).map(async (cells, index) => {
        const identity = canonicalize(shardIdentity(known, cells)) ?? "";
        const key = shardKey(tenant, createHash("sha256").update(identity).digest("hex"));
        const reuses = scope === "failed" && (await store.getStart(key, 1)) !== undefined;
        const id = shardId(job_id, from + index, run);
        return { id, type: "shard", name: id.slice(id.lastIndexOf(".") + 1), action: reuses ? "reuse" : "rerun" } as const;
      });
      members.push(...(await Promise.all(some)));
    }
    return members;
  }

  async function stored(source: Exclude<DatasetSource, { source: "uri" }>, tenant: string) {
    const { header, table } = await resolveDataset(store, tenant, source);
    const dataset_id = source.source === "stored" ? source.dataset_id : table && encodedTable(table).datasetId;
    return { header, dataset_id: dataset_id ?? "" };
  }

  return {
    async start(jobId, tenant, scope, requestId) {
      const former = await formerOf(jobId, tenant, scope);
      const { input, memo } = nextOf(former, scope);
      await audit.record(tenant, { actor: tenant, action: "job.rerun", job_id: jobId, run: runAfter(former.memo), request_id: requestId });
      // The run's number names the request: of two that saw the same run end, one starts the next, and both mean it.
      const options = { ...startOf(input, memo), workflowIdReusePolicy: "ALLOW_DUPLICATE" } as const;
      if (!(await temporal.start(former.workflow, options, `${jobId}.run-${memo.run}`))) throw notFinished(jobId, memo.run);
      await settleDeadLetter(former).catch((cause: unknown) => logger.warn({ job_id: jobId, cause }, "dead letter left to the run"));
      return acceptedView(jobId, memo);
    },

    async plan(jobId, tenant, scope) {
      const former = await formerOf(jobId, tenant, scope);
      const run = runAfter(former.memo);
      return { job_id: jobId, run, scope, dry_run: true, members: await membersOf(former, scope, run) };
    },
  };
}

function runAfter({ run = 1 }: JobMemo): number {
  return run + 1;
}

/** The same job with a fresh deadline. What the former run left in the memo about its own work is not taken over. */
function nextOf({ input, memo }: Former, scope: Scope): { input: JobInput; memo: JobMemo } {
  const now = Date.now();
  const allowed_ms = input.request.budget.deadline_seconds * 1_000;
  const deadline_at = now + allowed_ms;
  const { anew: _anew, reused, ...kept } = input;
  const { progress: _progress, reused_from, ...known } = memo;
  const route: Route = input.route.path === "fetched" && memo.dataset ? { path: "fetched", dataset: memo.dataset } : input.route;
  const common = { ...kept, deadline_at, allowed_ms, route };
  const next = { ...known, run: runAfter(memo), rerun_at: now, deadline_at };
  if (scope === "all") return { input: { ...common, anew: true, request: { ...kept.request, reuse: false } } as JobInput, memo: next };
  return {
    input: { ...common, ...(reused && { reused }) } as JobInput,
    memo: { ...next, ...(reused && reused_from !== undefined && { reused_from }) },
  };
}

/** The dataset as it lies in the store: a sharded job whose request names it by its address has fetched it. */
function sourceOf(source: DatasetSource, { dataset }: JobMemo): Exclude<DatasetSource, { source: "uri" }> {
  if (source.source !== "uri") return source;
  return { source: "stored", dataset_id: dataset?.dataset_id ?? "" };
}

function notFinished(jobId: string, run = 1): OrreryError {
  return new OrreryError(
    "job_not_finished",
    `Run ${run} of job ${jobId} has not ended; wait for its end or cancel it, then ask for a rerun again.`,
  );
}
