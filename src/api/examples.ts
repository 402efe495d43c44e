/** The planets: semi-major axes in AU and periods in days. Kepler's third law is behind them. */
const planets = {
  a: [0.3871, 0.72333, 1, 1.52366, 5.20336, 9.53707, 19.19126, 30.06896],
  T: [87.969, 224.701, 365.256, 686.98, 4332.589, 10759.22, 30685.4, 60189],
};
const units = { a: "AU", T: "d" };
const dataset = { source: "inline", columns: planets, units };

/** A document of the ancestor: a straight line through four points, with a free power that it does not need. */
const tgefd = `tgefd_config_version: "1.0"
run: {mode: evaluate, seed: 3}
dataset:
  source: inline
  x: {format: array, values: [1, 2, 3, 4]}
  y: {values: [2, 4, 6, 8]}
hypothesis_space:
  features: [{name: lin, expression: x}, {name: pow, expression: x^p, parameters: [p]}]
  parameters: {p: {type: float, values: [1.0, 2.0]}}
  regularization: {lambda: [0.01]}
topology:
  persistent_homology: {max_dim: 1, metric: euclidean}
  stability_threshold: 0.3
  persistence_image:
    birth_range: [0, 1]
    pers_range: [0, 1]
    pixel_size: 0.1
    weight: {type: persistence, params: {n: 2}}
    kernel: {type: gaussian, params: {sigma: 0.02}}
noise: null
evaluation:
  acceptance: {min_stable_components: 1, require_h1: false}
  stability_score: {method: pi_energy, aggregation: mean, tolerance: 0.2}
  rejection_reasons: []
output: {verbosity: minimal, save_artifacts: false, formats: [json], paths: {}}
reproducibility: {tgefd_version: "1.0.0", library_versions: false, hash_algorithm: sha256}
`;

/** Bodies of requests for the OpenAPI document, each of which is accepted as it is. */
export const EXAMPLES = {
  discover: { dataset },
  evaluate: { dataset, law: "T = 365.2*a^1.5" },
  tgefd,
  upload: { columns: planets, units },
  csv: textOf(","),
  tabs: textOf("\t"),
  lines: planets.a.map((a, row) => `${JSON.stringify({ a, T: planets.T[row] })}\n`).join(""),
};

function textOf(separator: string): string {
  const rows = planets.a.map((a, row) => [a, planets.T[row]]);
  return `${[["a", "T"], ...rows].map((cells) => cells.join(separator)).join("\n")}\n`;
}
