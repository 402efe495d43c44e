import type { Store } from "../storage/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Compute } from "./compute.ts";
import { createDiscover } from "./discover.ts";
import { createEvaluate } from "./evaluate.ts";
import { createJudge } from "./judge.ts";
import { createPrepare } from "./prepare.ts";
import { createSearchShard } from "./search-shard.ts";

/** What activities act on; built once by the worker process. */
export interface ActivityDeps {
  store: Store;
  compute: Compute;
  logger: Logger;
}

/** The record of activities that every pool registers; which of them a worker runs is decided by its queue. */
export function createActivities(deps: ActivityDeps) {
  return {
    evaluate: createEvaluate(deps),
    discover: createDiscover(deps),
    prepare: createPrepare(deps),
    searchShard: createSearchShard(deps),
    judge: createJudge(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
