import type { ShardInput, ShardResult } from "../contract/flow.ts";
import { activitiesOf } from "./activity-options.ts";
import { cancellationIn, jobFailure, untilDone } from "./outcome.ts";

/** Searches one range of the grid of a discover job. */
export async function discoverShard(input: ShardInput): Promise<ShardResult> {
  try {
    return await untilDone(() => activitiesOf("heavy", input.deadline_at, "search").searchShard(input));
  } catch (error) {
    throw cancellationIn(error) ?? jobFailure(error, input.deadline_at);
  }
}
