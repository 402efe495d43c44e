import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  startChild,
  upsertMemo,
  workflowInfo,
} from "@temporalio/workflow";
import type { DiscoverInput, HeartbeatProgress, JobMemo, ShardInput, ShardResult } from "../contract/flow.ts";
import type { CellRange } from "../contract/grid.ts";
import { QUEUES, shardId, WORKFLOWS } from "../contract/names.ts";
import type { discoverShard } from "./discover-shard.ts";

/** Each upsert is an event, so a job reports at most this many steps of progress. */
const PROGRESS_STEPS = 20;

/** After its deadline a shard closes by itself; this is the time that it has for that before the server closes it. */
const CLOSING_MS = 1_000;

/**
 * Runs one child for each range of cells and collects where their results lie, in the order of the ranges. The first
 * failure cancels the others, and is thrown once all have stopped.
 */
export async function searchInShards(input: DiscoverInput, ranges: CellRange[]): Promise<ShardResult[]> {
  let done = 0;
  const report = () => {
    done += 1;
    const step = Math.floor((done * PROGRESS_STEPS) / ranges.length);
    if (step > Math.floor(((done - 1) * PROGRESS_STEPS) / ranges.length)) {
      const progress: HeartbeatProgress = { phase: "search", done, total: ranges.length };
      upsertMemo({ progress });
    }
  };

  const { run } = (workflowInfo().memo ?? {}) as Partial<JobMemo>;
  let failure: unknown;
  const scope = new CancellationScope();
  return scope.run(async () => {
    const searches = ranges.map(async (cells, index) => {
      const { job_id, tenant, request_hash, deadline_at, anew, request } = input;
      const shard: ShardInput = { job_id, tenant, request_hash, deadline_at, ...(anew && { anew }), request, index, cells };
      const id = shardId(job_id, index, run);
      try {
        const child = await startChild<typeof discoverShard>(WORKFLOWS.shard, {
          args: [shard],
          workflowId: id,
          taskQueue: QUEUES.control,
          workflowExecutionTimeout: Math.max(deadline_at - Date.now(), 0) + CLOSING_MS,
          // A parent that is closed by the server (deadline, terminate) must not leave threads computing.
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        });
        if (CancellationScope.current().consideredCancelled && patched("cancel-started-shard")) await cancelStarted(id);
        const result = await child.result();
        report();
        return result;
      } catch (error) {
        failure ??= error;
        scope.cancel();
        throw error;
      }
    });
    const settled = await Promise.allSettled(searches);
    return settled.map((search) => {
      if (search.status === "fulfilled") return search.value;
      throw failure;
    });
  });
}

/**
 * Asks a shard to stop that has started after its job was cancelled. The server can pass on the job's own request before it
 * has started the shard; it then finds nobody, and says so to nobody. Seen on a busy server, where a shard computed to its end.
 */
async function cancelStarted(id: string): Promise<void> {
  const request = () => getExternalWorkflowHandle(id).cancel();
  // One that has heard of it in time, or has ended, needs nothing.
  await CancellationScope.nonCancellable(request).catch(() => undefined);
}
