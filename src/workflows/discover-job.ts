import type { DiscoverInput, Summary } from "../contract/flow.ts";
import { activitiesOf } from "./activity-options.ts";
import { withDataset } from "./fetched.ts";
import { answerFrom, settle, untilDone } from "./outcome.ts";
import { searchInShards } from "./shards.ts";

/** Finds a law: in one activity while the search is small, else prepare → shards → judge. */
export async function discoverJob(accepted: DiscoverInput): Promise<Summary> {
  return settle(accepted, async (job) => {
    const input = await withDataset(job);
    const { route, reused } = input;
    if (reused) return answerFrom(reused);
    if (route.path === "single") return untilDone(() => activitiesOf(route.pool, input.deadline_at, "discover").discover(input));

    const { request, shards, started_at } = await untilDone(() => activitiesOf("control", input.deadline_at, "prepare").prepare(input));
    const found = await searchInShards({ ...input, request }, shards);
    const summary = await untilDone(() => activitiesOf("heavy", input.deadline_at, "judge").judge({ ...input, request }, found));
    return { ...summary, started_at, attempts: Math.max(summary.attempts, ...found.map(({ attempts = 1 }) => attempts)) };
  });
}
