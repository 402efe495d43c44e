import { tooCostly } from "./cost.ts";
import { listed, type TableHeader } from "./dataset.ts";
import { OrreryError } from "./errors.ts";
import type { Route } from "./flow.ts";
import type { Kind } from "./names.ts";
import type { TgefdDocument } from "./tgefd.ts";
import { checkTgefdSize } from "./tgefd-data.ts";
import { noiseOf, type TgefdRequest } from "./tgefd-request.ts";

/** What a job by the policy of the ancestor does, from counts alone. */
export interface TgefdPlan {
  target: string;
  inputs: string[];
  /** Points of the grid p × q × lambda. */
  hypotheses: number;
  /** Noise levels times trials. */
  runs: number;
  /** Fits of all runs, as the ancestor counts them: twice the grid where it is refined. */
  evaluations: number;
  /** Estimated seconds on one thread. */
  seconds: number;
}

/** What the server gives to one job, whatever budget its document allows itself. */
const CEILINGS = { features: 256, hypotheses: 100_000, runs: 1_000, evaluations: 4_000_000, points: 10_000, pixels: 1_000_000 } as const;
const MAX_BYTES = 1_073_741_824;

/** Seconds per unit of work on one thread: a value of the library, a step of a fit, a pair of points, a pair in the homology. */
const COST = { value: 3e-8, step: 2e-9, pair: 5e-9, edge: 5e-7, base: 1e-2 } as const;
/** Refits of one fit: the first and ten thresholdings. */
const PASSES = 11;
const LIGHT_SECONDS = 1;

/**
 * Counts the work of a request and refuses what costs too much, before any of it is done.
 *
 * Throws `budget_exceeded`, in the words of the ancestor for the budgets of its document, and with both numbers for the
 * ceilings of the server; `column_unknown` for names that the table does not have.
 */
export function planTgefd(request: TgefdRequest, header: TableHeader, kind: Kind): TgefdPlan {
  const { tgefd } = request;
  const { target, inputs } = columnsOf(request, header);
  checkTgefdSize({ points: header.rows, features: inputs.length }, tgefd.dataset.limits);
  const counts = countsOf(tgefd, kind);
  checkBudget(tgefd, counts);
  checkCeilings(tgefd, counts);
  const terms = tgefd.hypothesis_space.features.length;
  const { shapes, grid, runs } = counts;
  const cloud = Math.min(grid, tgefd.compute_budget.max_point_cloud_points);
  const bytes = 16 * header.rows * terms + 4 * cloud ** 2 + 64 * grid * terms;
  if (bytes > MAX_BYTES) {
    const [needed, most] = [bytes, MAX_BYTES].map((size) => Math.ceil(size / 1_048_576));
    throw tooCostly(
      `The job needs ${needed} MiB of memory; at most ${most} MiB are given to one. Use fewer features or rows.`,
      "/hypothesis_space",
    );
  }
  const seconds =
    COST.base +
    shapes * header.rows * terms * (COST.value + terms * COST.step) +
    grid * runs * PASSES * terms ** 3 * COST.step +
    runs * (grid ** 2 * COST.pair + cloud ** 2 * COST.edge);
  return { target, inputs, hypotheses: counts.hypotheses, runs, evaluations: counts.evaluations, seconds };
}

/** One activity, on the pool that the cost asks for. */
export function routeTgefd(plan: TgefdPlan): Extract<Route, { path: "single" }> {
  return { path: "single", pool: plan.seconds <= LIGHT_SECONDS ? "light" : "heavy" };
}

/** By default the last column is y and the others are x, in their order. */
function columnsOf(request: TgefdRequest, header: TableHeader): { target: string; inputs: string[] } {
  const target = request.target ?? header.columns.at(-1) ?? "";
  const inputs = request.inputs ?? header.columns.filter((name) => name !== target);
  [target, ...inputs].forEach((name, index) => {
    if (header.columns.includes(name) && (index === 0 || name !== target)) return;
    const pointer = index === 0 ? "/target" : `/inputs/${index - 1}`;
    const message = header.columns.includes(name)
      ? `Column ${JSON.stringify(name)} is the target and cannot be an input as well.`
      : `There is no column ${JSON.stringify(name)}; the dataset has ${listed(header.columns)}.`;
    throw new OrreryError("column_unknown", message, { faults: [{ pointer, detail: message }] });
  });
  if (inputs.length > 0) return { target, inputs };
  const message = `The dataset has no column but the target ${JSON.stringify(target)}; add at least one input column.`;
  throw new OrreryError("column_unknown", message, { faults: [{ pointer: "/dataset", detail: message }] });
}

interface Counts {
  shapes: number;
  hypotheses: number;
  /** Most points of one run's landscape: the grid, and where it is refined the finer one too. */
  grid: number;
  trials: number;
  runs: number;
  evaluations: number;
}

function countsOf(document: TgefdDocument, kind: Kind): Counts {
  const { parameters, regularization, adaptive } = document.hypothesis_space;
  const axes = ["p", "q"].map((name) => (Object.hasOwn(parameters, name) ? (parameters[name]?.values.length ?? 1) : 1));
  const shapes = axes.reduce((product, size) => product * size, 1);
  const hypotheses = shapes * regularization.lambda.length;
  const refined = adaptive?.enabled ? [...axes, regularization.lambda.length] : [];
  // An axis of one value has no step to refine.
  const finer = refined.reduce((product, size) => product * (size > 1 ? size + 2 * (adaptive?.top_k ?? 0) : 1), adaptive?.enabled ? 1 : 0);
  const { levels, trials_per_level: trials } = noiseOf(document, kind);
  const runs = levels.length * trials;
  return { shapes, hypotheses, grid: hypotheses + finer, trials, runs, evaluations: hypotheses * runs * (adaptive?.enabled ? 2 : 1) };
}

/** The budget that the document gives itself, in the order and the words of the ancestor. */
function checkBudget({ compute_budget: budget }: TgefdDocument, { hypotheses, trials, runs, evaluations }: Counts): void {
  const checks = [
    ["hypothesis hypercube size", hypotheses, budget.max_hypotheses, "max_hypotheses"],
    ["noise trials", trials, budget.max_noise_trials, "max_noise_trials"],
    ["total runs", runs, budget.max_total_runs, "max_total_runs"],
    ["model evaluations", evaluations, budget.max_model_evals, "max_model_evals"],
  ] as const;
  for (const [what, count, most, name] of checks) {
    if (count > most) throw tooCostly(`budget exceeded: ${what} ${count} > max ${most}`, `/compute_budget/${name}`);
  }
}

function checkCeilings(document: TgefdDocument, { grid, runs, evaluations }: Counts): void {
  const { features } = document.hypothesis_space;
  const { birth_range: births, pers_range: persistences, pixel_size: pixel } = document.topology.persistence_image;
  const pixelsOf = (range: readonly number[]) => Math.max(0, Math.trunc(((range[1] ?? 0) - (range[0] ?? 0)) / pixel) || 0);
  const checks = [
    ["features", features.length, CEILINGS.features, "/hypothesis_space/features"],
    ["hypotheses, refined ones included", grid, CEILINGS.hypotheses, "/hypothesis_space/parameters"],
    ["runs", runs, CEILINGS.runs, "/noise"],
    ["model evaluations", evaluations, CEILINGS.evaluations, "/noise"],
    [
      "points in one point cloud",
      Math.min(grid, document.compute_budget.max_point_cloud_points),
      CEILINGS.points,
      "/compute_budget/max_point_cloud_points",
    ],
    [
      "pixels in the persistence image",
      pixelsOf(births) * pixelsOf(persistences),
      CEILINGS.pixels,
      "/topology/persistence_image/pixel_size",
    ],
  ] as const;
  for (const [what, count, most, pointer] of checks) {
    if (count > most) throw tooCostly(`The document asks for ${count} ${what}; the server gives at most ${most} to one job.`, pointer);
  }
}
