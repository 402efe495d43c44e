import type { EvaluateInput, Handback, Summary } from "../contract/flow.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { publish } from "./publish.ts";
import { computeWatched } from "./supervise.ts";

/** Scores the law of an evaluate job and publishes what it finds. Idempotent: the same input leaves the same files. */
export function createEvaluate({ store, compute, logger }: ActivityDeps) {
  return async function evaluate(input: EvaluateInput): Promise<Summary | Handback> {
    return attempt("judge", logger, async (pulse) => {
      const startedAt = new Date();
      const { request } = input;
      const { table, hash } = await loadTable(store, input.tenant, request.dataset);
      const predict = request.predict && (await loadTable(store, input.tenant, request.predict)).table;
      const judgement = await computeWatched(
        compute,
        { ticket: input, pulse },
        { op: "evaluate", request, table, hash, predict },
        { phase: "judge", total: 1 },
      );
      return publish(store, input, judgement, startedAt);
    });
  };
}
