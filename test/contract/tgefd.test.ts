import { describe, expect, test } from "vitest";
import { OrreryError } from "../../src/contract/errors.ts";
import { readTgefd } from "../../src/contract/tgefd-data.ts";
import { changed, type Document, grid } from "./tgefd-documents.ts";

function refusal(document: Document): OrreryError {
  try {
    readTgefd(document);
  } catch (error) {
    if (error instanceof OrreryError) return error;
    throw error;
  }
  throw new Error("the document was accepted");
}

describe("documents that the ancestor refuses", () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ["not deterministic", { "run.deterministic": false }, "/run/deterministic"],
    ["a negative seed", { "run.seed": -1 }, "/run/seed"],
    ["a broken seed", { "run.seed": 5.5 }, "/run/seed"],
    ["an unknown mode", { "run.mode": "x" }, "/run/mode"],
    ["another version", { tgefd_config_version: "1.1" }, "/tgefd_config_version"],
    ["a version that is a number", { tgefd_config_version: 1.0 }, "/tgefd_config_version"],
    ["evaluate with noise", { "run.mode": "evaluate" }, "/noise/enabled"],
    ["discover without noise", { noise: null }, "/noise"],
    ["no noise key", { noise: undefined }, "/noise"],
    ["no trials", { "noise.trials_per_level": 0 }, "/noise/trials_per_level"],
    ["uniform noise", { "noise.type": "uniform" }, "/noise/type"],
    ["an undeclared parameter", { "hypothesis_space.parameters": {} }, "/hypothesis_space/features/2/expression"],
    [
      "an undeclared parameter in a list",
      { "hypothesis_space.features": [{ name: "a", expression: "x", parameters: ["r"] }] },
      "/hypothesis_space/features/0/parameters",
    ],
    ["no values of p", { "hypothesis_space.parameters.p.values": [] }, "/hypothesis_space/parameters/p/values"],
    ["no lambda", { "hypothesis_space.regularization.lambda": [] }, "/hypothesis_space/regularization/lambda"],
    ["a budget of none", { compute_budget: { max_hypotheses: 0 } }, "/compute_budget/max_hypotheses"],
    ["a broken budget", { compute_budget: { max_hypotheses: 10.5 } }, "/compute_budget/max_hypotheses"],
    ["no tolerance", { "evaluation.stability_score.tolerance": 0 }, "/evaluation/stability_score/tolerance"],
    ["no coefficient tolerance", { "evaluation.acceptance.coeff_tol": 0 }, "/evaluation/acceptance/coeff_tol"],
    ["no refinement", { "hypothesis_space.adaptive": { refine_factor: 1 } }, "/hypothesis_space/adaptive/refine_factor"],
    ["no stability threshold", { "topology.stability_threshold": 0 }, "/topology/stability_threshold"],
    ["components of none", { "topology.min_component_size": 0 }, "/topology/min_component_size"],
    ["another hash", { "reproducibility.hash_algorithm": "md5" }, "/reproducibility/hash_algorithm"],
    ["another weight", { "topology.persistence_image.weight.type": "linear_ramp" }, "/topology/persistence_image/weight/type"],
    ["another metric", { "topology.persistent_homology.metric": "manhattan" }, "/topology/persistent_homology/metric"],
    ["rows of unequal width", { "dataset.x.values": [[0], [0.1, 0.2], [0.3], [0.4]] }, "/dataset/x/values/1"],
    ["an empty row", { "dataset.x.values": [[0], [], [0.3], [0.4]] }, "/dataset/x/values/1"],
    ["a row that is no list", { "dataset.x.values": [[0], 1, [0.3], [0.4]] }, "/dataset/x/values/1"],
    ["no rows", { "dataset.x.values": [] }, "/dataset/x/values"],
    ["too few targets", { "dataset.y.values": [0, 1, 2] }, "/dataset/y/values"],
    ["infinity", { "dataset.y.values": [0, 1, 2, Number.POSITIVE_INFINITY] }, "/dataset/y/values/3"],
    ["not a number", { "dataset.x.values": [[0], [Number.NaN], ["nan"], [1]] }, "/dataset/x/values/1/0"],
    ["more points than allowed", { "dataset.limits": { max_points: 2 } }, "/dataset"],
    ["a long value of metadata", { "dataset.metadata": { note: "a".repeat(3_000) } }, "/dataset/metadata"],
    ["much metadata", { "dataset.metadata": Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, i])) }, "/dataset/metadata"],
    ["a file without a path", { dataset: { source: "file" } }, "/dataset/path"],
    ["a uri without an address", { dataset: { source: "uri" } }, "/dataset/uri"],
    ["values beside a uri", { "dataset.source": "uri", "dataset.uri": "https://a.example/b.csv" }, "/dataset/x"],
    ["inline without values", { "dataset.x": null }, "/dataset/x"],
    ["a seed that no number holds exactly", { "run.seed": "9007199254740993" }, "/run/seed"],
    ["a name that is a number", { "run.id": 5 }, "/run/id"],
  ];

  test.each(cases)("%s", (_, changes, pointer) => {
    const { code, faults } = refusal(changed(changes));
    expect(["invalid_request", "dataset_not_numeric"]).toContain(code);
    expect(faults.map((fault) => fault.pointer)).toContain(pointer);
  });

  test.each([
    "",
    "run",
    "dataset",
    "dataset.x",
    "hypothesis_space.features.0",
    "hypothesis_space.parameters.p",
    "topology.persistence_image.kernel.params",
    "output",
    "noise",
  ])("an unknown key in %o", (path) => {
    const { code, message } = refusal(changed({ [path === "" ? "sed" : `${path}.sed`]: 1 }));
    expect(code).toBe("invalid_request");
    expect(message).toMatch(/\/sed is not a known key; (did you mean|remove it; the keys here are \w)/);
  });

  test("and says in its words what is wrong", () => {
    const message = (changes: Record<string, unknown>) => refusal(changed(changes)).message;
    expect(message({ "dataset.x.values": [[0], [0.1, 0.2], [0.3], [0.4]] })).toContain("consistent width");
    expect(message({ "dataset.limits": { max_points: 2 } })).toContain("max_points is 2");
    expect(message({ "dataset.metadata": { note: "a".repeat(3_000) } })).toContain("max_metadata_value_chars");
    expect(message({ dataset: { source: "file" } })).toContain("dataset.path");
    expect(message({ dataset: { source: "uri" } })).toContain("dataset.uri");
    expect(message({ "run.seed": 5.5 })).toBe("/run/seed must be a whole number, not 5.5.");
  });
});

describe("documents that the ancestor takes", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a seed that is a text", { "run.seed": "5" }],
    ["a seed that is an integral float", { "run.seed": "5.0" }],
    ["a seed that is true", { "run.seed": true }],
    ["a truth value that is a text", { "run.deterministic": "true" }],
    ["a flat list of x", { "dataset.x.values": [0, 0.1, 0.2, 0.3] }],
    ["numbers that are texts", { "dataset.x.values": [["0"], ["1e-1"], [" .2 "], ["3_0"]] }],
    ["discover with noise that is off", { "noise.enabled": false }],
    ["a negative level", { "noise.levels": [-1] }],
    ["no levels", { "noise.levels": [] }],
    ["mode validate", { "run.mode": "validate", noise: null }],
    ["many dimensions", { "topology.persistent_homology.max_dim": 9 }],
    ["a negative lambda", { "hypothesis_space.regularization.lambda": [-1] }],
    ["any rejection reasons", { "evaluation.rejection_reasons": ["zzz"] }],
    ["a store without a bucket", { "output.store": { backend: "s3" } }],
    ["no features", { "hypothesis_space.features": [] }],
    ["an address beside inline values", { "dataset.uri": "https://a.example/b.csv", "dataset.path": "b.csv" }],
    ["a scalar variance", { "topology.persistence_image.kernel.params": { sigma: 0.02 } }],
    ["metadata", { "dataset.metadata": { unit: "bar", parts: [1, 2] } }],
  ])("%s", (_, changes) => {
    expect(readTgefd(changed(changes)).document.tgefd_config_version).toBe("1.0");
  });

  test.each(["2*x", "sin(x*x)", "exp(x)", "x**2", "tan(x)", "", "x^2*sin(x)", "x^2."])(
    "the expression %o, which only a run refuses",
    (expression) => {
      const features = [{ name: "f", expression }];
      expect(readTgefd(changed({ "hypothesis_space.features": features })).document.hypothesis_space.features[0]?.expression).toBe(
        expression,
      );
    },
  );
});

test("defaults are filled in, texts become numbers and values leave the document", () => {
  const { document, data } = readTgefd(
    changed({
      "run.seed": "5",
      "dataset.x.values": [
        [0, "1"],
        [1, true],
        [2, 3],
        [3, 4],
      ],
    }),
  );

  expect(document.run).toEqual({ id: null, mode: "discover", seed: 5, deterministic: true });
  expect(document.dataset).toEqual({
    id: null,
    metadata: null,
    limits: {
      max_points: 50_000,
      max_features: 256,
      max_total_values: 5_000_000,
      max_metadata_entries: 64,
      max_metadata_value_chars: 2_048,
    },
  });
  expect(document.hypothesis_space.adaptive).toBeNull();
  expect(document.topology).toMatchObject({ h1_threshold: null, min_component_size: 5, point_scale: "none" });
  expect(document.evaluation.acceptance.coeff_tol).toBe(1e-6);
  expect(document.compute_budget).toMatchObject({ max_hypotheses: 50_000, max_point_cloud_points: 5_000, max_request_wall_time_sec: null });
  expect(data).toEqual({ columns: { x0: [0, 1, 2, 3], x1: [1, 1, 3, 4], y: [0, 0.1, 0.2, 0.3] } });
});

test("a file on the server's disk is not read", () => {
  const { code, message } = refusal(changed({ dataset: { source: "file", path: "/etc/passwd" } }));
  expect(code).toBe("dataset_source_refused");
  expect(message).toContain("POST /v1/datasets");
});

test("a wide first row costs no memory before the others are as wide", () => {
  const rows = [Array.from({ length: 2_048 }, () => 1), ...Array.from({ length: 190_000 }, () => [1])];
  const limits = { max_points: 1e9, max_features: 1e9, max_total_values: 1e12 };
  const { message } = refusal(changed({ "dataset.limits": limits, "dataset.x.values": rows, "dataset.y.values": grid(rows.length) }));
  expect(message).toContain("/dataset/x/values/1 must have a consistent width: 2048 values");
});

test("a table beyond the hard limits is refused with its size, whatever the limits of the document", () => {
  const rows = 200_001;
  const { code, message } = refusal(
    changed({ "dataset.limits": { max_points: 1e9 }, "dataset.x.values": grid(rows), "dataset.y.values": grid(rows) }),
  );
  expect(code).toBe("budget_exceeded");
  expect(message).toMatch(/200001 points.*hard safety limit of 200000/);
});
