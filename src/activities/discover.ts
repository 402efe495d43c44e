import { headerOf } from "../contract/dataset.ts";
import type { DiscoverInput, Handback, Summary } from "../contract/flow.ts";
import { planDiscover } from "../contract/plan.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { publish } from "./publish.ts";
import { computeWatched } from "./supervise.ts";

/** A whole discover job of moderate size: search, judge, publish. Idempotent: the same input leaves the same files. */
export function createDiscover({ store, compute, logger }: ActivityDeps) {
  return async function discover(input: DiscoverInput): Promise<Summary | Handback> {
    return attempt("search", logger, async (pulse) => {
      const startedAt = new Date();
      const { request } = input;
      const { table, hash } = await loadTable(store, input.tenant, request.dataset);
      const plan = planDiscover(request, headerOf(table));
      const judgement = await computeWatched(
        compute,
        { ticket: input, pulse },
        { op: "discover", request, plan, table, hash },
        { phase: "search", total: plan.fits },
      );
      return publish(store, input, judgement, startedAt);
    });
  };
}
