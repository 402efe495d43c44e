import { describe, expect, test } from "vitest";
import type { TableHeader } from "../../src/contract/dataset.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { planTgefd, routeTgefd } from "../../src/contract/tgefd-plan.ts";
import { asksForTgefd, noiseOf, parseTgefd, type TgefdRequest } from "../../src/contract/tgefd-request.ts";
import { changed, tgefdBase } from "./tgefd-documents.ts";

const header: TableHeader = { rows: 4, columns: ["x0", "y"], units: {}, constant: [] };

function requested(changes: Record<string, unknown> = {}): TgefdRequest {
  return parseTgefd(changed(changes));
}

function refusal(changes: Record<string, unknown>, of: TableHeader = header): OrreryError {
  try {
    planTgefd(requested(changes), of, "discover");
  } catch (error) {
    if (error instanceof OrreryError) return error;
    throw error;
  }
  throw new Error("the plan was accepted");
}

const wide = {
  "hypothesis_space.parameters": { p: { type: "float", values: [1, 2, 3] }, q: { type: "float", values: [1, 2] } },
  "hypothesis_space.regularization.lambda": [0.1, 0.2],
};

describe("a document of the ancestor becomes a request of schema version 2", () => {
  test("with its table as columns and its settings under tgefd", () => {
    const request = requested();
    expect(request).toMatchObject({
      schema_version: 2,
      dataset: { source: "inline", columns: { x0: [0, 0.1, 0.2, 0.3], y: [0, 0.1, 0.2, 0.3] } },
      decision: { method: "tgefd-v1" },
      budget: { deadline_seconds: 3_600 },
      priority: 3,
      reuse: true,
    });
    expect(JSON.stringify(request.tgefd)).not.toContain('values":[0,0.1');
    // What comes out can be sent in again as it is.
    expect(parseTgefd(request)).toEqual(request);
  });

  test("whose deadline is the wall time, if the document gives one", () => {
    expect(requested({ compute_budget: { max_request_wall_time_sec: 12.5 } }).budget.deadline_seconds).toBe(13);
    expect(requested({ compute_budget: { max_request_wall_time_sec: 1e9 } }).budget.deadline_seconds).toBe(604_800);
  });

  test("and a request of version 2 may ask for the same", () => {
    const { dataset: _, ...document } = tgefdBase;
    const request = {
      dataset: { source: "stored", dataset_id: `ds_${"0".repeat(64)}` },
      decision: { method: "tgefd-v1" },
      tgefd: document,
    };
    expect(asksForTgefd(request)).toBe(true);
    expect(parseTgefd(request).tgefd.dataset.limits.max_points).toBe(50_000);
    expect(() => parseTgefd({ ...request, tgefd: tgefdBase })).toThrow(/tgefd\/dataset\/source is not a known key/);
    expect(asksForTgefd({ dataset: {}, decision: { method: "v2" } })).toBe(false);
  });
});

describe("noise", () => {
  const profile = { enabled: true, type: "gaussian", levels: [0, 0.1], trials_per_level: 3 };
  const quiet = { enabled: true, type: "gaussian", levels: [0], trials_per_level: 1 };
  test.each([
    ["discover as the document says", "discover", { noise: profile }, profile],
    ["discover with noise off", "discover", { noise: { ...profile, enabled: false } }, quiet],
    ["evaluate", "evaluate", { noise: profile }, quiet],
    ["mode validate", "discover", { noise: profile, "run.mode": "validate" }, quiet],
    ["mode evaluate at discover", "discover", { noise: null, "run.mode": "evaluate" }, quiet],
  ] as const)("%s", (_, kind, changes, expected) => {
    expect(noiseOf(requested(changes).tgefd, kind)).toEqual(expected);
  });
});

describe("the plan", () => {
  test("counts the grid, the runs and the fits", () => {
    const noise = { enabled: true, type: "gaussian", levels: [0, 0.1], trials_per_level: 3 };
    const plan = planTgefd(requested({ ...wide, noise }), header, "discover");
    expect(plan).toMatchObject({ target: "y", inputs: ["x0"], hypotheses: 12, runs: 6, evaluations: 72 });
    expect(planTgefd(requested({ ...wide, noise, "hypothesis_space.adaptive": {} }), header, "discover").evaluations).toBe(144);
    expect(routeTgefd(plan)).toEqual({ path: "single", pool: "light" });
  });

  test("says in the ancestor's words what is beyond the budget of the document", () => {
    const noise = { enabled: true, type: "gaussian", levels: [0, 0.1], trials_per_level: 4 };
    const budget = (limits: object) => refusal({ ...wide, noise, compute_budget: limits });
    expect(budget({ max_hypotheses: 4, max_noise_trials: 2 }).message).toBe("budget exceeded: hypothesis hypercube size 12 > max 4");
    expect(budget({ max_noise_trials: 2 }).message).toBe("budget exceeded: noise trials 4 > max 2");
    expect(budget({ max_total_runs: 7 }).message).toBe("budget exceeded: total runs 8 > max 7");
    expect(budget({ max_model_evals: 95 })).toMatchObject({
      code: "budget_exceeded",
      message: "budget exceeded: model evaluations 96 > max 95",
      faults: [{ pointer: "/compute_budget/max_model_evals" }],
    });
  });

  const generous = { max_hypotheses: 1e9, max_noise_trials: 1e9, max_total_runs: 1e9, max_model_evals: 1e12, max_point_cloud_points: 1e9 };
  const values = (count: number) => Array.from({ length: count }, (_, index) => 1 + index / count);
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["features", { "hypothesis_space.features": values(257).map((_, i) => ({ name: `f${i}`, expression: "x" })) }, /257 features.*256/],
    ["hypotheses", { "hypothesis_space.regularization.lambda": values(60_000) }, /120000 hypotheses.*100000/],
    ["runs", { noise: { enabled: true, type: "gaussian", levels: [0], trials_per_level: 1_001 } }, /1001 runs.*1000/],
    ["points in one point cloud", { "hypothesis_space.regularization.lambda": values(6_000) }, /12000 points.*10000/],
    ["pixels", { "topology.persistence_image.pixel_size": 1e-4 }, /100000000 pixels.*1000000/],
  ])("refuses too many %s with both numbers, whatever the document allows itself", (_, changes, message) => {
    const { code, message: said } = refusal({ ...changes, compute_budget: generous });
    expect(code).toBe("budget_exceeded");
    expect(said).toMatch(message);
  });

  test("bounds the finer grid of an adaptive search before it is made", () => {
    const adaptive = { top_k: 1e6 };
    expect(refusal({ ...wide, "hypothesis_space.adaptive": adaptive }).message).toMatch(/hypotheses, refined ones included/);
  });

  test("bounds a stored table as it bounds an inline one", () => {
    expect(refusal({}, { ...header, rows: 50_001 }).message).toContain("dataset.limits.max_points is 50000");
    const most = { "dataset.limits": { max_points: 1e9 } };
    expect(refusal(most, { ...header, rows: 200_001 }).message).toContain("hard safety limit of 200000");
  });

  test("names a column that the table does not have", () => {
    const request = { ...requested(), inputs: ["z"] };
    expect(() => planTgefd(request, header, "discover")).toThrow(/no column "z"; the dataset has "x0", "y"/);
    expect(() => planTgefd({ ...requested(), inputs: ["y"] }, header, "discover")).toThrow(/is the target/);
    expect(() => planTgefd(requested(), { ...header, columns: ["y"] }, "discover")).toThrow(/no column but the target/);
  });
});
