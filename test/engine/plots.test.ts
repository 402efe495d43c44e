import { describe, expect, test } from "vitest";
import { type Evidence, result as resultSchema } from "../../src/contract/result.ts";
import { drawPlots, type Plot } from "../../src/engine/plot/plots.ts";
import { discover, evaluate } from "./support.ts";
import { balmer, kepler } from "./tables.ts";

const draw = (evidence: Evidence) =>
  Object.fromEntries(drawPlots(evidence).map(({ name, svg }) => [name, svg])) as Record<Plot["name"], string>;

const planets = discover(kepler);

/** Evidence with something for every plot; `change` is laid over it. */
function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    ...planets.evidence,
    unit: "d",
    axis_unit: "AU",
    landscape: {
      exponents: [{ name: "p", values: [1, 1.25, 1.5, 1.75] }],
      held: {},
      differences: [90, 40, 0, 45],
      basins: [{ at: [1.5], uses: { p: 1.5 }, depth: null }],
    },
    ...change,
  };
}

const MAP: Evidence["landscape"] = {
  exponents: [
    { name: "p", values: [1, 2] },
    { name: "q", values: [-1, 0, 1] },
  ],
  held: { r: 0.5 },
  differences: [900, 901, null, 3, 0, 1_000_000],
  basins: [
    { at: [2, 0], uses: { p: 2, q: 0 }, depth: null },
    { at: [1, -1], uses: { q: -1 }, depth: 2.5 },
  ],
};

/** Dots and holes: the points of the paths of class `data` with its legend sign, and of class `hole`. */
const pointsOf = (svg: string, className: string) =>
  [...svg.matchAll(new RegExp(`<path class="${className}[^"]*"[^>]* d="([^"]*)"`, "g"))].flatMap(
    ([, path = ""]) => path.match(/h0/g) ?? [],
  );

describe("the plots of a job", () => {
  test("are drawn for what the evidence has: an evaluate job has data and residuals", () => {
    expect(drawPlots(evidence()).map(({ name }) => name)).toEqual([
      "plot.svg",
      "residuals.svg",
      "pareto.svg",
      "stability.svg",
      "landscape.svg",
    ]);
    expect(drawPlots(evaluate(kepler, "T = 365.2*a^1.5").evidence).map(({ name }) => name)).toEqual(["plot.svg", "residuals.svg"]);
  });

  test("have the landscape of the search: its deepest basin is the law's", () => {
    const { result, evidence: found } = planets;
    const [first, ...others] = result.landscape?.basins ?? [];
    expect(first).toEqual({ exponents: { p: 1.5 }, score_difference: 0, depth: null });
    for (const { depth } of others) expect(depth).toBeGreaterThan(2);
    expect(found.landscape?.basins[0]).toEqual({ at: [1.5], uses: { p: 1.5 }, depth: null });
    expect(found.landscape?.differences[found.landscape.exponents[0]?.values.indexOf(1.5) ?? -1]).toBe(0);
    expect(resultSchema.parse(result)).toEqual(result);
  });

  test("have titles with units, ticks, hollow held-out rows, and colours for dark pages", () => {
    const { "plot.svg": data, ...others } = draw(evidence());
    expect(data).toContain("<title>T = 365.2 a^1.5</title>");
    expect(data).toContain(">T (d)</text>");
    expect(data).toContain(">a (AU)</text>");
    expect(data).toContain(">1,000</text>");
    // Two rows and their sign in the legend.
    expect(pointsOf(data, "hole")).toHaveLength(3);
    expect(pointsOf(data, "data")).toHaveLength(8 + 2);
    expect(others["pareto.svg"]).toContain(">RMSE of T (d)</text>");
    expect(others["residuals.svg"]).toContain(">residual of T / σ</text>");
    expect(others["stability.svg"]).toContain(">5 of 5</text>");
    expect(others["landscape.svg"]).toContain("p = 1.5");
    for (const svg of [data, ...Object.values(others)]) {
      expect(svg).toContain("prefers-color-scheme: dark");
      expect(svg).toMatch(/<desc>[^<]{20,}<\/desc>/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    }
  });

  test("draw a law of one column between the data too, and several columns as observed against fitted", () => {
    const { curve } = evaluate(balmer, "1/L = 1 + n^-2", { constants: "refit" }).evidence;
    expect([curve?.x[0], curve?.x.at(-1)]).toEqual([3, 8]);
    expect(curve?.y[0]).toBeCloseTo(656.28, 1);
    const rows = Array.from({ length: 12 }, (_, row) => row + 1);
    const table = { u: rows, w: rows.map((row) => (row * 7) % 5), y: rows.map((row) => row * 2 + ((row * 7) % 5)) };
    const several = evaluate(table, "y = 2 u + w").evidence;
    expect(several).toMatchObject({ axis: "fitted value", curve: null, inputs: [{ name: "u" }, { name: "w" }] });
    const svg = draw(several);
    expect(svg["plot.svg"]).toContain(">observed y</text>");
    expect(svg["residuals.svg"].match(/class="edge"/g)).toHaveLength(3);
  });

  test("standardise residuals by the noise of the law", () => {
    const { residuals, noise } = evaluate(kepler, "T = 365.2*a^1.5").evidence;
    expect(noise).toBe("relative");
    expect(Math.sqrt(residuals.reduce((sum, residual) => sum + residual ** 2, 0) / 8)).toBeCloseTo(1, 9);
  });

  test("show at most 2,000 rows and say so", () => {
    const x = Array.from({ length: 10_000 }, (_, row) => 1 + row / 10_000);
    const shown = evaluate({ x, y: x.map((value, row) => 2 * value + ((row * 7_919) % 101) / 1_000) }, "y = x", {
      constants: "refit",
    }).evidence;
    expect([shown.rows, shown.x.length, shown.residuals.length]).toEqual([10_000, 2_000, 2_000]);
    const svg = draw(shown);
    expect(svg["plot.svg"]).toContain("2,000 of 10,000 rows shown");
    expect(svg["plot.svg"].length).toBeLessThan(60_000);
  });

  test("colour the map of two exponents by classes and mark its basins", () => {
    const svg = draw(evidence({ landscape: MAP }))["landscape.svg"];
    // Up to 2 σ from the best, 30 σ, and beyond; nothing where no law could be fitted.
    expect([...svg.matchAll(/<path fill="var\(--r(\d)\)" d="([^"]*)"/g)].map(([, colour, path]) => [colour, path])).toEqual([
      ["0", "M0 1h2v1h-2z"],
      ["5", "M0 0h2v1h-2z"],
      ["9", "M2 1h1v1h-1z"],
    ]);
    expect(svg).toContain("p = 2, q = 0<");
    expect(svg).toContain(">q = −1 (2.5 σ deep)");
    expect(svg).toContain("at r = 0.5");
  });

  test("escape what they print, and are drawn of names and laws of any length, of exact fits and of no spread", () => {
    const name = `${"very_long_name_".repeat(20)}<b>"&\u0001`;
    const awkward: Partial<Evidence>[] = [
      {
        target: name,
        unit: name,
        axis: name,
        axis_unit: name,
        law: `${name} = ${Array.from({ length: 64 }, (_, i) => `${i}.5 x^${i}`).join(" + ")} <script>`,
      },
      { law: "x".repeat(3_000), pareto: [{ complexity: 7, rmse: 0, text: "y = <script>".repeat(99), chosen: true }] },
      { x: [1, 1], observed: [0, 0], fitted: [0, 0], residuals: [0, 0], held_out: [], curve: { x: [1, 1], y: [null, 0] } },
      { x: [1, 2], observed: [-1e50, 1e50], fitted: [1e-50, 0], residuals: [1e9, -1e9], curve: null },
      { x: [1e-300, 1e300], observed: [1e-49, 1e49], fitted: [-1, 1], residuals: [0, 0] },
      { stability: { limit: null, levels: [{ level: 1, trials: 100, kept: 0, share: 0, decides: false }] }, verdict: "inconclusive" },
      {
        landscape: {
          exponents: [{ name, values: [2] }],
          held: { [name]: 3 },
          differences: [0],
          basins: [{ at: [2], uses: { [name]: 2 }, depth: null }],
        },
      },
    ];
    for (const change of awkward) {
      for (const { svg } of drawPlots(evidence(change))) {
        expect(svg).not.toMatch(/<script>|<b>|NaN|Infinity|undefined/);
        expect(svg).not.toContain("\u0001");
        // Whatever can be long is shortened in what is drawn, with room to spare for names of digits and signs.
        for (const [, text = ""] of svg.matchAll(/<text[^>]*>([^<]*)/g)) expect(text.length).toBeLessThan(120);
      }
    }
  });
});
