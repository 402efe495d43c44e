import { describe, expect, test } from "vitest";
import { OrreryError } from "../../../src/contract/errors.ts";
import { refined } from "../../../src/engine/tgefd/adaptive.ts";
import type { TgefdDocument } from "../../../src/engine/tgefd/document.ts";
import { runTgefd } from "../../../src/engine/tgefd/run.ts";
import type { Landscape } from "../../../src/engine/tgefd/stlsq.ts";
import { control, idle } from "../support.ts";
import { type Case, prepared, read } from "./cases.ts";

const recorded = (name: string) => {
  const found = (read("tgefd") as Case[]).find((other) => other.case.startsWith(name)) as Case;
  return { ...prepared(found.request), expected: found.expected };
};
const { document, table } = recorded("d17");

type Changes = { [K in keyof TgefdDocument]?: Partial<TgefdDocument[K]> };
/** The document of the case with some keys of its blocks changed. */
const changed = (changes: Changes): TgefdDocument => ({
  ...document,
  ...Object.fromEntries(
    Object.entries(changes).map(([key, block]) => [key, { ...((document as unknown as Record<string, object>)[key] ?? {}), ...block }]),
  ),
});
const run = (changes: Changes = {}, operation: "discover" | "evaluate" = "discover") =>
  runTgefd(changed(changes), table, operation, control);
const features = (...expressions: string[]) => ({ hypothesis_space: { features: expressions.map((expression) => ({ expression })) } });

describe("what cannot be run", () => {
  test.each<[string, Changes, string, string]>([
    ["no features", features(), "invalid_request", "features must be non-empty"],
    ["an unsupported feature", features("x", "log(x)"), "invalid_request", "Unsupported feature expression 'log(x)'"],
    ["an undefined parameter", features("x^r"), "invalid_request", "Feature uses undefined parameter 'r'"],
    ["no levels", { noise: { levels: [] } }, "invalid_request", "noise profile produced no runs"],
    [
      "too many hypotheses",
      { compute_budget: { max_hypotheses: 4 } },
      "budget_exceeded",
      "budget exceeded: hypothesis hypercube size 8 > max 4",
    ],
    ["too many trials", { compute_budget: { max_noise_trials: 1 } }, "budget_exceeded", "budget exceeded: noise trials 2 > max 1"],
    ["too many runs", { compute_budget: { max_total_runs: 3 } }, "budget_exceeded", "budget exceeded: total runs 4 > max 3"],
    ["too many models", { compute_budget: { max_model_evals: 31 } }, "budget_exceeded", "budget exceeded: model evaluations 32 > max 31"],
  ])("%s", (_, changes, code, text) => {
    expect(() => run(changes)).toThrow(text);
    expect(() => run(changes)).toThrow(expect.objectContaining({ code }));
  });

  test("adaptive search counts models twice", () => {
    const adaptive = { enabled: true, refine_factor: 2, top_k: 1, min_component_size: 2 };
    const changes = { hypothesis_space: { adaptive }, compute_budget: { max_model_evals: 63 } };
    expect(() => run(changes)).toThrow("model evaluations 64 > max 63");
  });

  test("values that are not finite, and too many of them", () => {
    const broken = { x: table.x, y: table.y.map((value, row) => (row === 2 ? Number.NaN : value)) };
    expect(() => runTgefd(document, broken, "discover", control)).toThrow("every value must be finite, row 3 has NaN");
    const long = { x: [new Float64Array(200_001)], y: new Float64Array(200_001) };
    expect(() => runTgefd(document, long, "discover", control)).toThrow("hard safety limit");
    expect(() => run(features(...Array.from({ length: 2_049 }, () => "x")))).toThrow("hard safety limit");
  });

  test("a document cannot raise its budget above the ceilings", () => {
    const values = Array.from({ length: 700 }, (_, index) => 1 + index / 100);
    const hypothesis_space = { parameters: { p: { values }, q: { values } } };
    expect(() => run({ hypothesis_space, compute_budget: { max_hypotheses: 1e9, max_model_evals: 1e9 } })).toThrow("> max 200000");
  });

  test("an abort goes through", () => {
    const stop = new OrreryError("deadline_exceeded", "stop");
    const aborting = {
      advance() {
        throw stop;
      },
    };
    expect(() => runTgefd(document, table, "discover", aborting)).toThrow(stop);
  });
});

describe("which runs are made", () => {
  const levels = (changes: Changes, operation: "discover" | "evaluate" = "discover") =>
    run(changes, operation).trials.map(({ level }) => level);

  test("discover follows the noise profile in its order; the report is ascending", () => {
    const { trials, response } = run({ noise: { levels: [0.02, 0, -1], trials_per_level: 2 } });
    expect(trials.map(({ level }) => level)).toEqual([0.02, 0.02, 0, 0, -1, -1]);
    expect(response.noise_report.map(({ noise_level }) => noise_level)).toEqual([-1, 0, 0.02]);
  });
  test("evaluate, the modes evaluate and validate, and disabled noise make one run without noise", () => {
    expect(levels({}, "evaluate")).toEqual([0]);
    expect(levels({ run: { mode: "validate" } })).toEqual([0]);
    expect(levels({ run: { mode: "evaluate" } })).toEqual([0]);
    expect(levels({ noise: { enabled: false } })).toEqual([0]);
  });
  test("runs without noise draw nothing and are the same", () => {
    const noisy = run({ noise: { levels: [0.02], trials_per_level: 1 } });
    const after = run({ noise: { levels: [0, 0.02], trials_per_level: 1 } });
    expect(after.trials[1]?.pi_energy).toBe(noisy.trials[0]?.pi_energy);
    const { trials, fits } = run({ noise: { levels: [0], trials_per_level: 3 } });
    expect(trials.map(({ landscape }) => landscape)).toEqual([trials[0]?.landscape, trials[0]?.landscape, trials[0]?.landscape]);
    expect(fits).toBe(8);
  });
  test("a cloud that is too large is sampled anew in each run, in ascending order", () => {
    const { trials, response } = run({ noise: { levels: [0, 0.02], trials_per_level: 2 }, compute_budget: { max_point_cloud_points: 5 } });
    expect(trials.map(({ landscape }) => landscape.models.length)).toEqual([5, 5, 5, 5]);
    const places = ({ landscape }: (typeof trials)[number]) =>
      [...landscape.p].map((p, at) => [p, landscape.q[at], landscape.lambda[at]].join(" "));
    const chosen = trials.map(places);
    for (const sample of chosen) expect(sample).toEqual(sample.toSorted());
    expect(new Set(chosen.map((sample) => sample.join())).size).toBeGreaterThan(1);
    expect(response.models).toHaveLength(1);
  });
});

describe("the policy", () => {
  const reason = (changes: Changes) => run(changes).response.decision.reason;
  const { acceptance, stability_score } = document.evaluation;

  test.each<[string, Changes, string]>([
    ["accepts", {}, "topological stability under noise"],
    ["wants components", { evaluation: { acceptance: { ...acceptance, min_stable_components: 2 } } }, "no_stable_components"],
    ["wants loops if asked to", { topology: { h1_threshold: 9 } }, "no_h1"],
    [
      "wants an energy",
      { topology: { persistent_homology: { max_dim: 0 } }, evaluation: { acceptance: { ...acceptance, require_h1: false } } },
      "pi_energy_unavailable",
    ],
    ["wants enough of it", { evaluation: { stability_score: { ...stability_score, min_pi_energy: 1 } } }, "pi_energy_below_threshold"],
    ["wants it steady", { evaluation: { stability_score: { ...stability_score, tolerance: 0.01 } } }, "topological_instability"],
    [
      "takes no loops at all for unsteady",
      {
        hypothesis_space: { parameters: { p: { values: [2, 3] } }, regularization: { lambda: [0.01] } },
        topology: { min_component_size: 1 },
        evaluation: { acceptance: { ...acceptance, require_h1: false } },
      },
      "topological_instability",
    ],
  ])("%s", (_, changes, expected) => {
    expect(reason(changes)).toBe(expected);
  });

  test("without an energy the score is the share of stable models", () => {
    const { summary, topology_report, noise_report } = run({
      topology: { persistent_homology: { max_dim: 0 } },
      evaluation: { acceptance: { ...acceptance, require_h1: false } },
    }).response;
    expect(topology_report.PI_energy).toBe(null);
    expect(noise_report.map(({ decision, pi_energy }) => [decision, pi_energy])).toEqual([
      ["pi_energy_unavailable", null],
      ["pi_energy_unavailable", null],
    ]);
    expect(summary.stability_score).toBe(1);
  });

  test("the empty model is a pattern too, and its formula is 0", () => {
    const { response, patterns } = run({ hypothesis_space: { regularization: { lambda: [1e6] } }, topology: { min_component_size: 1 } });
    expect(patterns).toEqual(["000"]);
    expect(response.summary.stable_components).toBe(1);
    expect(response.models[0].representative_model).toEqual({ formula: "y = 0", coefficients: {} });
  });

  test("a single model has no way out, so nothing is stable", () => {
    const { response } = run({
      hypothesis_space: { parameters: {}, regularization: { lambda: [0.01] }, features: [{ expression: "x0" }] },
      topology: { min_component_size: 1 },
    });
    expect(response).toMatchObject({
      decision: { reason: "no_stable_components" },
      summary: { significant_H0: 1, significant_H1: 0 },
      topology_report: { PI_energy: { mean: 0, std: 0 } },
    });
    expect(response.models[0].representative_model.formula).toMatch(/^y = \(.*\)\*x0$/);
  });

  test("a large tolerance of the coefficients hides terms", () => {
    const { response } = run({ evaluation: { acceptance: { ...acceptance, coeff_tol: 1 } } });
    expect(Object.keys(response.models[0].representative_model.coefficients)).toEqual(["x0^2", "x1*x0^1"]);
  });
});

test("refinement adds to each axis a fraction of its smallest gap around the best stable models", () => {
  const entries: [number, number, number, number][] = [
    [1, 1, 0.5, 5],
    [1, 1, 1, 5],
    [2, 1, 0.5, 0.1],
    [2, 1, 1, 0.2],
    [4, 1, 0.5, 9],
    [4, 1, 1, 9],
  ];
  const column = (place: number) => Float64Array.from(entries, (entry) => entry[place] as number);
  const coarse: Landscape = {
    p: column(0),
    q: column(1),
    lambda: column(2),
    error: column(3),
    l0: new Float64Array(6).fill(1),
    models: entries.map(([, , , error]) => ({ coefficients: new Float64Array(1), error, l0: 1, l1: 0 })),
  };
  const options = { enabled: true, refine_factor: 4, top_k: 1, min_component_size: 2, radius: 0.6, tie: 1e-12 };
  const grid = { p: [4, 1, 2], q: [1], lambda: [1, 0.5] };
  expect(refined(grid, coarse, options, "none", idle)).toEqual({ p: [1, 1.75, 2, 2.25, 4], q: [1], lambda: [0.5, 0.625, 1] });
  expect(refined(grid, coarse, { ...options, radius: 0.1 }, "none", idle)).toBe(null);
});
