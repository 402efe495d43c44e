import { headerOf, type Table, type TableHeader } from "../contract/dataset.ts";
import { OrreryError } from "../contract/errors.ts";
import { bitsOf } from "../contract/grid.ts";
import { type DiscoverPlan, planDiscover } from "../contract/plan.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import { type Control, paced } from "./control.ts";
import { emptyGrams, type Gram } from "./gram.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type Model, modelsOf } from "./model.ts";
import { drawOrder, drawSample, ordersOf, type Sample } from "./sample.ts";
import { type Subsets, subsetsOf } from "./subsets.ts";
import { sumGrams } from "./sums.ts";

/**
 * What a search reads besides its request: plain data of a table, the same for every part of the search. Once the sums of
 * the Grams are computed, nothing but `sample` and `orders` depends on the number of rows.
 */
export interface Groundwork {
  header: TableHeader;
  sample: Sample;
  models: Model[];
  /** Orders of the rows under which the target is permuted. */
  orders: Uint32Array[];
  layout: Layout;
  grams: Gram[];
}

/** Everything that a search reads. */
export interface Problem extends Omit<Groundwork, "orders" | "header"> {
  request: DiscoverRequest;
  plan: DiscoverPlan;
  permutations: number;
  /** Noise trials of all levels together. */
  trials: number;
  subsets: Subsets;
}

/** The groundwork of a search; its orders are drawn by `drawOrders`, then its sums computed by `addSums`. Throws `invalid_request` if the target's values allow none of the transforms. */
export function layGround(request: DiscoverRequest, table: Table, control: Control): Groundwork {
  const { decision, seed } = request;
  const pace = paced(control);
  const header = headerOf(table);
  const plan = planDiscover(request, header);
  const sample = drawSample(table, plan.target, decision.holdout_fraction, seed, pace);
  const models = modelsOf(sample, plan.transforms, pace);
  if (models.length === 0) throw noTransform(plan, sample);
  const orders = ordersOf(table.rows, plan.permutations, seed, pace);
  const layout = layoutOf(plan, pace);
  return { header, sample, models, orders, layout, grams: emptyGrams({ request, models, layout, orders }) };
}

/** One of `of` parts of some work. Parts can be done beside each other where memory is shared. */
export interface Part {
  index: number;
  of: number;
}

/** Draws one part of the orders: 39 of a million rows take a thread 6 s. */
export function drawOrders({ seed }: DiscoverRequest, { orders }: Groundwork, { index, of }: Part, control: Control): void {
  const pace = paced(control);
  for (let trial = index; trial < orders.length; trial += of) drawOrder(orders[trial] as Uint32Array, trial, seed, pace);
}

/** Computes one part of the sums, each once, when all orders are drawn. */
export function addSums(request: DiscoverRequest, plan: DiscoverPlan, ground: Groundwork, part: Part, control: Control): void {
  sumGrams(ground.grams, { request, plan, ...ground }, part, paced(control));
}

export function problemOf(request: DiscoverRequest, plan: DiscoverPlan, { sample, models, orders, layout, grams }: Groundwork): Problem {
  const { noise } = request;
  // Terms with many exponents come first: a walk that has yet to use some exponents sees early that it cannot.
  const order = [...layout.terms.keys()].sort((a, b) => exponentsOf(layout, b) - exponentsOf(layout, a) || a - b);
  const trials = noise.levels.length * noise.trials;
  const subsets = subsetsOf(order, plan.maxTerms);
  return { request, plan, sample, models, permutations: orders.length, trials, layout, subsets, grams };
}

/** A whole problem, on this thread. Throws as `layGround` does. */
export function buildProblem(request: DiscoverRequest, plan: DiscoverPlan, table: Table, control: Control): Problem {
  const ground = layGround(request, table, control);
  drawOrders(request, ground, { index: 0, of: 1 }, control);
  addSums(request, plan, ground, { index: 0, of: 1 }, control);
  return problemOf(request, plan, ground);
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
