import { createAuditJobs } from "./audit-jobs.ts";
import { createDeliverWebhook } from "./deliver-webhook.ts";
import type { ActivityDeps } from "./deps.ts";
import { createDiscover } from "./discover.ts";
import { createEvaluate } from "./evaluate.ts";
import { createFetchDataset } from "./fetch-dataset.ts";
import { createJudge } from "./judge.ts";
import { createNarrative } from "./narrative.ts";
import { createPrepare } from "./prepare.ts";
import { createRecordFailure } from "./record-failure.ts";
import { createSalvage } from "./salvage.ts";
import { createSearchShard } from "./search-shard.ts";
import { createSweep } from "./sweep.ts";
import { createTgefd } from "./tgefd.ts";

/** The record of activities that every pool registers; which of them a worker runs is decided by its queue. */
export function createActivities(deps: ActivityDeps) {
  return {
    evaluate: createEvaluate(deps),
    discover: createDiscover(deps),
    fetchDataset: createFetchDataset(deps),
    prepare: createPrepare(deps),
    searchShard: createSearchShard(deps),
    judge: createJudge(deps),
    tgefd: createTgefd(deps),
    recordFailure: createRecordFailure(deps),
    salvage: createSalvage(deps),
    auditJobs: createAuditJobs(deps),
    sweepDeadLetters: createSweep(deps),
    narrative: createNarrative(deps),
    deliverWebhook: createDeliverWebhook(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
