import { headerOf } from "../contract/dataset.ts";
import type { Handback, Summary, TgefdInput } from "../contract/flow.ts";
import { planTgefd } from "../contract/tgefd-plan.ts";
import { noiseOf } from "../contract/tgefd-request.ts";
import { canonical, sha256 } from "./content.ts";
import { loadTable } from "./dataset.ts";
import type { ActivityDeps } from "./deps.ts";
import { attempt } from "./failure.ts";
import { publish } from "./publish.ts";
import { computeWatched } from "./supervise.ts";

/** A whole job by the policy of the ancestor. Idempotent: the same input leaves the same files. */
export function createTgefd({ store, compute, logger }: ActivityDeps) {
  return async function tgefd(input: TgefdInput): Promise<Summary | Handback> {
    return attempt("search", logger, async (pulse) => {
      const startedAt = new Date();
      const { request, kind } = input;
      const { table, hash } = await loadTable(store, input.tenant, request.dataset);
      const total = planTgefd(request, headerOf(table), kind).evaluations;
      const judgement = await computeWatched(
        compute,
        { ticket: input, pulse },
        { op: "tgefd", request, kind, table, hash, config: configHashOf(input, hash) },
        { phase: "search", total },
      );
      return publish(store, input, judgement, startedAt);
    });
  };
}

/** As in the ancestor, of all that is computed with: policy, refinement and budget do not enter. */
function configHashOf({ request, kind }: TgefdInput, dataset: string): string {
  const { tgefd, target = null, inputs = null } = request;
  const { features, parameters, regularization } = tgefd.hypothesis_space;
  const { topology, run } = tgefd;
  const computed = { dataset, target, inputs, features, parameters, regularization, topology, noise: noiseOf(tgefd, kind), seed: run.seed };
  return `sha256:${sha256(canonical(computed))}`;
}
