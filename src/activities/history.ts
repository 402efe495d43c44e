import { getClient } from "@temporalio/activity";
import type { WorkflowHandle } from "@temporalio/client";
import { defaultPayloadConverter, type Payload } from "@temporalio/common";
import type { DeadLetter, ShardInput, ShardResult } from "../contract/flow.ts";
import { WORKFLOWS } from "../contract/names.ts";
import { type Course, millisOf, openActivity, type Spent, spentIn } from "../contract/spent.ts";

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>["events"]>[number];

interface Execution {
  workflowId: string;
  runId: string;
}

interface WholeCourse extends Course {
  events: HistoryEvent[];
}

interface ShardCourse extends WholeCourse {
  id: string;
}

/** A shard that was done when its job failed. */
export interface CompletedShard {
  /** The end of its workflow's id: `shard-003`. */
  name: string;
  input: ShardInput;
  result: ShardResult;
}

/** Shards that are read at the same time. */
const PARALLEL = 8;

/** What the history of a failed run tells of it. */
export interface PastRun {
  completed: CompletedShard[];
  spent: Spent;
}

/** Reads the history of a run that failed, and those of its shards. */
export async function pastOf({ job_id, run_id, failed_at }: DeadLetter): Promise<PastRun> {
  const own = await courseOf({ workflowId: job_id, runId: run_id });
  const shards = shardsIn(own.events);
  const courses: ShardCourse[] = [];
  for (let from = 0; from < shards.length; from += PARALLEL) {
    const some = shards.slice(from, from + PARALLEL);
    courses.push(...(await Promise.all(some.map(async (shard) => ({ ...(await courseOf(shard)), id: shard.workflowId })))));
  }
  const from = millisOf(own.events[0]?.eventTime);
  return { completed: courses.flatMap(completedIn), spent: spentIn([own, ...courses], { from, to: failed_at }) };
}

async function courseOf({ workflowId, runId }: Execution): Promise<WholeCourse> {
  const handle = getClient().workflow.getHandle(workflowId, runId);
  const { raw } = await handle.describe();
  const { events } = await handle.fetchHistory();
  return { events: events ?? [], open: (raw.pendingActivities ?? []).map(openActivity) };
}

/** In order. */
function shardsIn(events: readonly HistoryEvent[]): Execution[] {
  return events
    .flatMap(({ childWorkflowExecutionStartedEventAttributes: started }) => {
      const { workflowId, runId } = started?.workflowExecution ?? {};
      return started?.workflowType?.name === WORKFLOWS.shard && workflowId && runId ? [{ workflowId, runId }] : [];
    })
    .sort((one, other) => (one.workflowId < other.workflowId ? -1 : 1));
}

function completedIn({ id, events }: ShardCourse): CompletedShard[] {
  const input = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const result = events.at(-1)?.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0];
  if (!input || !result) return [];
  return [{ name: id.slice(id.lastIndexOf(".") + 1), input: decoded<ShardInput>(input), result: decoded<ShardResult>(result) }];
}

function decoded<T>(payload: Payload): T {
  return defaultPayloadConverter.fromPayload<T>(payload);
}
