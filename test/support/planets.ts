/** Semi-major axes in AU and periods in days of the eight planets (NASA planetary fact sheet). */
export const planets = {
  a: [0.3871, 0.72333, 1, 1.52366, 5.20336, 9.53707, 19.19126, 30.06896],
  T: [87.969, 224.701, 365.256, 686.98, 4332.589, 10759.22, 30685.4, 60189.0],
};

export const keplerRequest = {
  dataset: { source: "inline", columns: planets, units: { a: "AU", T: "d" } },
};

export const keplerEvaluation = { ...keplerRequest, law: "T = 365.2*a^1.5" };

/** Two noisy columns and a grid of `cells` cells: about 150,000 cells a second on one thread, sharded from 470,000. */
export function longSearch(cells: number, seed = 1) {
  const rows = 40;
  const x = Array.from({ length: rows }, (_, row) => 1 + row / 7);
  const y = x.map((value, row) => value ** 1.3 + 0.2 * Math.sin(17 * row + seed) + 0.1 * value);
  const side = Math.floor(Math.sqrt(cells));
  const step = 8 / (side - 1);
  return {
    dataset: { source: "inline", columns: { x, y } },
    hypothesis: {
      // Seven sets of terms use both exponents.
      terms: ["1", "x", "log(x)", "x^p", "x^q"],
      exponents: { p: { from: -4, to: 4, step }, q: { from: -4, to: 4, step } },
      max_terms: 4,
    },
    budget: { max_fits: 10_000_000_000 },
    seed,
  };
}
