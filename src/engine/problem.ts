import type { Table } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { bitsOf } from "../contract/grid.ts";
import type { DiscoverPlan } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import { type Control, paced } from "./control.ts";
import { buildGrams, type Gram } from "./gram.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type Model, modelsOf } from "./model.ts";
import { drawSample, permutationsOf, type Sample } from "./sample.ts";
import { type Subsets, subsetsOf } from "./subsets.ts";

/** Everything that a search reads. After it is built, nothing depends on the number of rows. */
export interface Problem {
  request: DiscoverRequest;
  plan: DiscoverPlan;
  sample: Sample;
  models: Model[];
  permutations: number;
  /** Noise trials of all levels together. */
  trials: number;
  layout: Layout;
  subsets: Subsets;
  grams: Gram[];
}

/** Throws `invalid_request` if the target's values allow none of the transforms. */
export function buildProblem(request: DiscoverRequest, plan: DiscoverPlan, table: Table, control: Control): Problem {
  const { decision, noise, seed } = request;
  const pace = paced(control);
  const sample = drawSample(table, plan.target, decision.holdout_fraction, seed, pace);
  const models = modelsOf(sample, plan.transforms, pace);
  if (models.length === 0) throw noTransform(plan, sample);
  const permutations = [...permutationsOf(sample.training.length, plan.permutations, seed, pace)];
  const layout = layoutOf(plan, pace);
  // Terms with many exponents come first: a walk that has yet to use some exponents sees early that it cannot.
  const order = [...layout.terms.keys()].sort((a, b) => exponentsOf(layout, b) - exponentsOf(layout, a) || a - b);
  const grams = buildGrams({ request, plan, sample, models, layout }, permutations, pace);
  return {
    request,
    plan,
    sample,
    models,
    permutations: permutations.length,
    trials: noise.levels.length * noise.trials,
    layout,
    subsets: subsetsOf(order, plan.maxTerms),
    grams,
  };
}

function exponentsOf(layout: Layout, term: number): number {
  return bitsOf(layout.terms[term]?.mask ?? 0);
}

function noTransform(plan: DiscoverPlan, sample: Sample): OrreryError {
  const row = sample.y.findIndex((value) => value <= 0);
  const detail = `none of the transforms ${plan.transforms.join(", ")} is defined for row ${row + 1} of "${plan.target}", which is ${sample.y[row]}`;
  return new OrreryError("invalid_request", `At /hypothesis/transforms, ${detail}; add "identity".`, {
    faults: [{ pointer: "/hypothesis/transforms", detail }],
  });
}
