import { OrreryError } from "../../contract/errors.ts";
import { type Control, findRow, mapRows, type Pace, paced, ROW_WORK, sumRows } from "../control.ts";
import { joined, refined } from "./adaptive.ts";
import { aggregate, type Representative, type TgefdResponse } from "./aggregate.ts";
import type { TgefdBudget, TgefdDocument, TgefdTable } from "./document.ts";
import { readFeature } from "./expression.ts";
import { type Grid, sizeOf } from "./grid.ts";
import { libraryOf } from "./library.ts";
import { generator } from "./random.ts";
import { type Landscape, searchOf, type Target, targetOf } from "./stlsq.ts";
import { patternsOf, sampled, type Trial, type TrialMargins, trialOf } from "./trial.ts";

export interface TgefdOutcome {
  response: TgefdResponse;
  representative: Representative;
  /** One for each run, in order; runs without noise share one object unless they are sampled. */
  trials: Trial[];
  /** Coefficient patterns that every run holds stable: one character for each feature, "1" if it is active. */
  patterns: string[];
  margins: TgefdMargins;
  /** Models fitted, runs that repeat another counted once. */
  fits: number;
}

/** How near the decision is to another, Infinity or null where nothing was compared. */
export interface TgefdMargins extends TrialMargins {
  /** Smallest |c - λ| / λ of a coefficient in the thresholding. */
  lambda: number;
  /** Coefficient of variation of the energies, and the most that is accepted. */
  energy_variation: number | null;
  tolerance: number;
}

const MOST_POINTS = 200_000;
const MOST_FEATURES = 2_048;
/** The ancestor's defaults; a document may raise them, up to the ceilings. */
const BUDGET: TgefdBudget = {
  max_hypotheses: 50_000,
  max_noise_trials: 32,
  max_total_runs: 256,
  max_model_evals: 2_000_000,
  max_point_cloud_points: 5_000,
};

/** A matrix of 10,000 points takes 200 MB. A model of a landscape takes about 50 bytes in each run. */
const CEILING: TgefdBudget = {
  max_hypotheses: 200_000,
  max_noise_trials: 1_000,
  max_total_runs: 1_000,
  max_model_evals: 4_000_000,
  max_point_cloud_points: 10_000,
};

/**
 * The ancestor's method, `tgefd-method-v1`. Throws `invalid_request` or `budget_exceeded` with the ancestor's texts.
 *
 * @param operation `evaluate` is `discover` with one run without noise.
 */
export function runTgefd(document: TgefdDocument, table: TgefdTable, operation: "discover" | "evaluate", control: Control): TgefdOutcome {
  const pace = paced(control);
  const budget = budgetOf(document.compute_budget);
  const { features, parameters, regularization, adaptive } = document.hypothesis_space;
  const grid: Grid = { p: parameters.p?.values ?? [1], q: parameters.q?.values ?? [1], lambda: regularization.lambda };
  const noise = operation === "discover" && document.run.mode === "discover" && document.noise?.enabled ? document.noise : QUIET;
  const refine = adaptive?.enabled ? { ...adaptive, radius: adaptive.h0_threshold ?? document.topology.stability_threshold } : null;
  refuseTable(table, features.length, pace);
  refuseCost(grid, noise, refine !== null, budget);
  const library = libraryOf(
    features.map(({ expression }) => readFeature(expression, table.x.length)),
    table,
    pace,
  );
  const search = searchOf(library, pace);
  const tie = TIE * Math.sqrt(sumRows(table.y.length, pace, ROW_WORK.plain, (row) => (table.y[row] as number) * (table.y[row] as number)));
  const random = generator(document.run.seed);
  const patternOf = patternsOf(document.evaluation.acceptance.coeff_tol, pace);

  const landscapeFor = (target: Target) => {
    const coarse = search.fit(grid, target);
    const finer = refine && refined(grid, coarse, { ...refine, tie }, document.topology.point_scale, pace);
    if (!finer) return coarse;
    check("refined hypercube size", sizeOf(finer), CEILING.max_hypotheses);
    return joined(coarse, search.fit(finer, target));
  };
  const trials: Trial[] = [];
  let fits = 0;
  /** What runs without noise share. */
  let quiet: { landscape: Landscape; trial: Trial | null } | null = null;
  for (const level of noise.levels)
    for (let trial = 0; trial < noise.trials_per_level; trial += 1) {
      pace.advance(0);
      const noisy = level > 0;
      if (!noisy && quiet?.trial) {
        trials.push({ ...quiet.trial, level });
        continue;
      }
      const fitted: Landscape =
        (!noisy && quiet?.landscape) || landscapeFor(targetOf(noisy ? disturbed(table.y, level, random, pace) : table.y));
      if (noisy || !quiet) fits += fitted.models.length;
      const size = fitted.models.length;
      const sample = size > budget.max_point_cloud_points ? random.choice(size, budget.max_point_cloud_points).sort((a, b) => a - b) : null;
      const landscape = sample ? sampled(fitted, sample) : fitted;
      const made = trialOf(level, landscape, patternOf, document, pace);
      if (!noisy) quiet = { landscape: fitted, trial: sample ? null : made };
      trials.push(made);
    }
  if (trials.length === 0) {
    throw new OrreryError("invalid_request", "noise profile produced no runs: give at least one noise level.", {
      faults: [{ pointer: "/noise/levels", detail: "noise profile produced no runs" }],
    });
  }

  const { response, patterns, variation, representative } = aggregate(trials, library.features, patternOf, document, tie, pace);
  const least = (margin: keyof TrialMargins) => Math.min(...trials.map(({ margins }) => margins[margin]));
  return {
    response,
    representative,
    trials,
    patterns,
    margins: {
      lambda: search.margin(),
      h0: least("h0"),
      h1: least("h1"),
      radius: least("radius"),
      energy_variation: variation,
      tolerance: document.evaluation.stability_score.tolerance,
    },
    fits,
  };
}

/** Errors within this share of the length of y are equal. */
const TIE = 1e-12;

const QUIET = { levels: [0], trials_per_level: 1 };

function disturbed(y: Float64Array, level: number, random: ReturnType<typeof generator>, pace: Pace): Float64Array {
  return mapRows(y.length, pace, ROW_WORK.draw, (row) => (y[row] as number) + level * random.normal());
}

function refuseTable({ x, y }: TgefdTable, features: number, pace: Pace): void {
  const refuse = (pointer: string, detail: string) => {
    throw new OrreryError("invalid_request", `The request cannot be computed: ${detail}.`, { faults: [{ pointer, detail }] });
  };
  if (features === 0) refuse("/hypothesis_space/features", "features must be non-empty");
  if (features > MOST_FEATURES)
    refuse("/hypothesis_space/features", `${features} features exceed the hard safety limit of ${MOST_FEATURES}`);
  if (y.length > MOST_POINTS) refuse("/dataset", `${y.length} points exceed the hard safety limit of ${MOST_POINTS}`);
  for (const values of [...x, y]) {
    const row = findRow(values.length, pace, ROW_WORK.plain, (at) => !Number.isFinite(values[at]));
    if (row >= 0) refuse("/dataset", `every value must be finite, row ${row + 1} has ${values[row]}`);
  }
}

function refuseCost(grid: Grid, noise: typeof QUIET | NonNullable<TgefdDocument["noise"]>, adaptive: boolean, budget: TgefdBudget): void {
  const hypotheses = sizeOf(grid);
  const runs = noise.levels.length * noise.trials_per_level;
  check("hypothesis hypercube size", hypotheses, budget.max_hypotheses);
  check("noise trials", noise.trials_per_level, budget.max_noise_trials);
  check("total runs", runs, budget.max_total_runs);
  check("model evaluations", hypotheses * runs * (adaptive ? 2 : 1), budget.max_model_evals);
}

function check(what: string, count: number, most: number): void {
  if (count <= most) return;
  const detail = `budget exceeded: ${what} ${count} > max ${most}`;
  throw new OrreryError("budget_exceeded", detail, { faults: [{ pointer: "/compute_budget", detail }] });
}

/** The budget of a document, its own where it has one, never above the ceilings. */
function budgetOf(given: TgefdDocument["compute_budget"]): TgefdBudget {
  const asked = { ...BUDGET, ...given };
  const within = (name: keyof TgefdBudget) => Math.min(asked[name], CEILING[name]);
  return {
    max_hypotheses: within("max_hypotheses"),
    max_noise_trials: within("max_noise_trials"),
    max_total_runs: within("max_total_runs"),
    max_model_evals: within("max_model_evals"),
    max_point_cloud_points: within("max_point_cloud_points"),
  };
}
