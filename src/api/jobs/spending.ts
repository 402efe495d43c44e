import { type Course, millisOf, type OpenActivity, type Spent, spentIn } from "../../contract/spent.ts";
import type { HistoryEvent } from "../temporal/history.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { descendantsIn, isShard } from "./descendants.ts";
import type { JobView } from "./view.ts";

/** Runs that have ended whose figures are kept: they do not change, and a large job has 65 histories. */
const MAX_KEPT = 1_000;

/** Shards that are read at the same time. */
const PARALLEL = 8;

/** Events that are read of one workflow. A job of 64 shards has about 900. */
const MAX_EVENTS = 2_000;

interface Run extends Pick<JobView, "jobId" | "finishedAt" | "open"> {
  runId: string;
}

/** Tells how the time of a run was spent, up to now if it is open. */
export type Spending = (run: Run) => Promise<Spent>;

export function createSpending(temporal: Temporal): Spending {
  const known = new Map<string, Spent>();

  async function courseOf(workflowId: string, runId: string, open: readonly OpenActivity[]): Promise<Course & { events: HistoryEvent[] }> {
    return { events: await temporal.events(workflowId, runId, MAX_EVENTS), open };
  }

  async function read({ jobId, runId, finishedAt, open }: Run): Promise<Spent> {
    const own = await courseOf(jobId, runId, open);
    // An ended run is told by the server's clock alone; what goes on, up to now by this machine's, which may be behind.
    const from = millisOf(own.events[0]?.eventTime);
    const span = { from, to: finishedAt ?? Math.max(Date.now(), millisOf(own.events.at(-1)?.eventTime)) };
    const courses: Course[] = [own];
    const shards = [...descendantsIn(own.events, jobId).children.keys()].filter(isShard);
    for (let from = 0; from < shards.length; from += PARALLEL) {
      const some = shards.slice(from, from + PARALLEL).map(async (id) => {
        const shard = await temporal.describe(id);
        return shard ? [await courseOf(id, shard.runId, shard.activities)] : [];
      });
      courses.push(...(await Promise.all(some)).flat());
    }
    return spentIn(courses, span);
  }

  return async function spending(run) {
    const kept = known.get(run.runId);
    if (kept) return kept;
    const spent = await read(run);
    if (run.finishedAt === null) return spent;
    known.set(run.runId, spent);
    const [oldest] = known.keys();
    if (known.size > MAX_KEPT && oldest !== undefined) known.delete(oldest);
    return spent;
  };
}
