export type Document = Record<string, unknown>;

/** A small document of the ancestor: four points of y = x, and a free power. */
export const tgefdBase: Document = {
  tgefd_config_version: "1.0",
  run: { mode: "discover", seed: 0 },
  dataset: { source: "inline", x: { format: "array", values: [[0], [0.1], [0.2], [0.3]] }, y: { values: [0, 0.1, 0.2, 0.3] } },
  hypothesis_space: {
    features: [
      { name: "one", expression: "1" },
      { name: "lin", expression: "x" },
      { name: "pow", expression: "x^p", parameters: null },
    ],
    parameters: { p: { type: "float", values: [1, 2] } },
    regularization: { lambda: [0.01] },
  },
  topology: {
    persistent_homology: { max_dim: 1, metric: "euclidean" },
    persistence_image: {
      birth_range: [0, 1],
      pers_range: [0, 1],
      pixel_size: 0.05,
      weight: { type: "persistence", params: { n: 2 } },
      kernel: {
        type: "gaussian",
        params: {
          sigma: [
            [0.05, 0],
            [0, 0.05],
          ],
        },
      },
    },
    stability_threshold: 0.2,
  },
  noise: { enabled: true, type: "gaussian", levels: [0], trials_per_level: 1 },
  evaluation: {
    acceptance: { min_stable_components: 1, require_h1: false },
    stability_score: { method: "pi_energy", aggregation: "mean", tolerance: 0.1 },
    rejection_reasons: [],
  },
  output: { verbosity: "minimal", save_artifacts: false, formats: ["json"], paths: {} },
  reproducibility: { tgefd_version: "1.0.0", library_versions: false, hash_algorithm: "sha256" },
};

/** The base with values set at dotted paths; `undefined` removes a key. */
export function changed(changes: Record<string, unknown>): Document {
  const document = structuredClone(tgefdBase);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const part = keys.reduce((within, key) => within[key] as Document, document);
    if (value === undefined) delete part[last];
    else part[last] = value;
  }
  return document;
}

export function grid(points: number): number[] {
  return Array.from({ length: points }, (_, index) => index / points);
}
