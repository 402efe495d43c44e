import type { Summary, TgefdInput } from "../contract/flow.ts";
import { activitiesOf } from "./activity-options.ts";
import { withDataset } from "./fetched.ts";
import { answerFrom, settle, untilDone } from "./outcome.ts";

/** A job of either kind by the policy of the ancestor: one activity on the pool that its cost asks for. */
export async function tgefdJob(accepted: TgefdInput): Promise<Summary> {
  return settle(accepted, async (job) => {
    const input = await withDataset(job);
    const { route, reused } = input;
    if (reused) return answerFrom(reused);
    return untilDone(() => activitiesOf(route.path === "single" ? route.pool : "heavy", input.deadline_at, "search").tgefd(input));
  });
}
