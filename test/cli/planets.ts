import type { Result, ShownRows } from "../../src/contract/result.ts";

const a = [0.387, 0.723, 1, 1.524, 5.203, 9.537, 19.19, 30.07];
const period = [87.97, 224.7, 365.26, 686.98, 4332.6, 10759, 30687, 60190];

/** A result document as a gateway serves it for the eight planets. */
export const RESULT: Result = {
  schema_version: 2,
  kind: "discover",
  verdict: "accepted",
  reasons: [],
  margins: { p_value: { value: 0.0031, limit: 0.025 }, stability: { value: 1, limit: 0.8 } },
  law: {
    target: "T",
    text: "T = 365.2 a^1.5",
    latex: "T = 365.2\\,a^{3/2}",
    python: "365.2134*a**1.5",
    javascript: "365.2134*a**1.5",
    ast: {},
    transform: "identity",
    noise: "relative",
    terms: [
      {
        text: "a^1.5",
        coefficient: 365.2134,
        interval: [364.902, 365.481],
        exponents: { a: 1.5 },
        exponent_intervals: { a: [1.4997, 1.5002] },
      },
    ],
  },
  fit: { rows: 8, r2: 0.99999, rmse: 1.23456, holdout_rmse: 1.41 },
  p_value: 0.0031,
  stability: { trials: 5, kept: 5, share: 1, levels: [{ level: 0.01, trials: 5, kept: 5, share: 1, decides: true }] },
  pareto: [
    { complexity: 1, rmse: 1.23456, text: "365.2 a^1.5", chosen: true },
    { complexity: 2, rmse: 1.1, text: "0.4 + 365.1 a^1.5", chosen: false },
  ],
  rivals: [{ text: "c0 + c1 a^1.5", score_difference: 4.21 }],
  landscape: null,
  method: { name: "v2", version: "1", fingerprint: "f".repeat(16) },
  dataset: { hash: `sha256:${"0".repeat(64)}`, rows: 8 },
  seed: 42,
  cost: { fits: 1_024, cells: 33 },
};

export const EVIDENCE: ShownRows = {
  target: "T",
  unit: "d",
  axis: "a",
  axis_unit: "AU",
  x: a,
  observed: period,
  fitted: a.map((value) => 365.2134 * value ** 1.5),
  held_out: [2, 6],
};
