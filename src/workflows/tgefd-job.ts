import type { Summary, TgefdInput } from "../contract/flow.ts";
import { activitiesOf } from "./activity-options.ts";
import { answerFrom, settle, untilDone } from "./outcome.ts";

/** A job of either kind by the policy of the ancestor: one activity on the pool that its cost asks for. */
export async function tgefdJob(input: TgefdInput): Promise<Summary> {
  return settle(input, async () => {
    const { route, reused } = input;
    if (reused) return answerFrom(reused);
    return untilDone(() => activitiesOf(route.pool, input.deadline_at, "search").tgefd(input));
  });
}
