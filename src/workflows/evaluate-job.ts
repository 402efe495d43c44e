import type { EvaluateInput, Summary } from "../contract/flow.ts";
import { activitiesOf, localActivitiesOf } from "./activity-options.ts";
import { withDataset } from "./fetched.ts";
import { answerFrom, settle, untilDone } from "./outcome.ts";

/**
 * Scores one law. A small job takes the short path: the whole of it is one local activity, and the history has seven
 * events; a larger one is one activity on the pool that its cost asks for.
 */
export async function evaluateJob(accepted: EvaluateInput): Promise<Summary> {
  return settle(accepted, async (job) => {
    const input = await withDataset(job);
    const { route, reused } = input;
    if (reused) return answerFrom(reused);
    if (route.path === "single") return untilDone(() => activitiesOf(route.pool, input.deadline_at, "evaluate").evaluate(input));
    return untilDone(() => localActivitiesOf(input.deadline_at, "evaluate").evaluate(input));
  });
}
