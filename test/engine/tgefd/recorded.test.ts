import { describe, expect, test } from "vitest";
import { runTgefd } from "../../../src/engine/tgefd/run.ts";
import { control } from "../support.ts";
import { type Case, prepared, read } from "./cases.ts";
import { timed } from "./timed.ts";

/** Relative tolerance of what is recorded with twelve digits. */
const DIGITS = 1e-11;

/** Equal, numbers within a relative tolerance. */
function expectClose(actual: unknown, expected: unknown, tolerance: number, path = "answer"): void {
  if (typeof expected === "number" && typeof actual === "number") {
    expect(Math.abs(actual - expected), `${path}: ${actual}, recorded ${expected}`).toBeLessThanOrEqual(tolerance * Math.abs(expected));
  } else if (expected !== null && typeof expected === "object") {
    expect(Object.keys(actual as object).sort(), path).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected))
      expectClose((actual as Record<string, unknown>)[key], value, tolerance, `${path}.${key}`);
  } else expect(actual, path).toBe(expected);
}

describe("the recorded answers of the ancestor", () => {
  test.each(read("tgefd") as Case[])("$case", ({ endpoint, request, expected, internals, margins }) => {
    const { document, table } = prepared(request);
    const { response, trials, margins: own } = runTgefd(document, table, endpoint, control);
    const sensitivity = Math.max(DIGITS, ...internals.runs.map((run) => run.pi_energy_rel_sensitivity_1ulp_float32 ?? 0));

    expect(response.decision).toEqual(expected.decision);
    expect(response.status).toBe(expected.status);
    const { stability_score, ...counts } = expected.summary;
    expect(response.summary).toMatchObject(counts);
    expectClose(response.summary.stability_score, stability_score, sensitivity);
    expectClose(response.models, [expected.model], DIGITS);
    expectClose(response.noise_report, expected.noise_report, sensitivity);
    const { PI_energy: energy, ...report } = expected.topology_report;
    expect(response.topology_report).toMatchObject(report);
    if (energy === null) expect(response.topology_report.PI_energy).toBe(null);
    else {
      const found = response.topology_report.PI_energy ?? { mean: Number.NaN, std: Number.NaN };
      expect(Math.abs(found.mean - energy.mean)).toBeLessThanOrEqual(sensitivity * energy.mean);
      expect(Math.abs(found.std - energy.std)).toBeLessThanOrEqual(sensitivity * energy.mean);
    }
    expectClose(own.lambda, margins.stlsq_min_rel_margin_to_lambda, 1e-9);

    expect(
      trials.map((trial) => [
        trial.landscape.models.length,
        trial.significant_H0,
        trial.significant_H1,
        trial.component_sizes,
        trial.stable.length,
        trial.patterns.size,
        trial.h1_bars?.length,
      ]),
    ).toEqual(
      internals.runs.map((run) => [
        run.n_models,
        run.significant_H0,
        run.significant_H1,
        run.component_sizes,
        run.stable_models,
        run.stable_patterns,
        run.h1_bars?.length,
      ]),
    );
    internals.runs.forEach((run, index) => {
      expectClose(trials[index]?.pi_energy, run.pi_energy, run.pi_energy_rel_sensitivity_1ulp_float32 || DIGITS, `energy of run ${index}`);
      const ordered = (bars: [number, number][]) => bars.sort(([a, b], [c, d]) => a - c || b - d);
      const bars = trials[index]?.h1_bars?.map(({ birth, death }): [number, number] => [birth, death]);
      // Births and deaths are singles.
      if (run.h1_bars) expectClose(ordered(bars ?? []), ordered(run.h1_bars), 2e-7, `bars of run ${index}`);
    });
  });

  test("the decisions of the four timed requests", () => {
    expect(timed("ABCD", 1).map(({ reason }) => reason)).toEqual([
      "no_stable_components",
      "no_stable_components",
      "topological stability under noise",
      "topological stability under noise",
    ]);
  });
});
