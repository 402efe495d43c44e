/** The planets: semi-major axes in AU and periods in days. Kepler's third law is behind them. */
const planets = {
  a: [0.3871, 0.72333, 1, 1.52366, 5.20336, 9.53707, 19.19126, 30.06896],
  T: [87.969, 224.701, 365.256, 686.98, 4332.589, 10759.22, 30685.4, 60189],
};
const units = { a: "AU", T: "d" };
const dataset = { source: "inline", columns: planets, units };

/** Bodies of requests for the OpenAPI document, each of which is accepted as it is. */
export const EXAMPLES = {
  discover: { dataset },
  evaluate: { dataset, law: "T = 365.2*a^1.5" },
  upload: { columns: planets, units },
  csv: textOf(","),
  tabs: textOf("\t"),
  lines: planets.a.map((a, row) => `${JSON.stringify({ a, T: planets.T[row] })}\n`).join(""),
};

function textOf(separator: string): string {
  const rows = planets.a.map((a, row) => [a, planets.T[row]]);
  return `${[["a", "T"], ...rows].map((cells) => cells.join(separator)).join("\n")}\n`;
}
