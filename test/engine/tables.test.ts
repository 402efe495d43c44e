import { describe, expect, test } from "vitest";
import { readTable } from "../data/read.ts";
import { type ColumnValues, discover, evaluate } from "./support.ts";

/** A table of data/, and its units, as a command line sends them. */
async function sent(file: string) {
  const { columns, units } = await readTable(file);
  const values: ColumnValues = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, [...column]]));
  return { values, dataset: { source: "inline", columns: values, units } };
}

async function found(file: string, more: object = {}) {
  const { values, dataset } = await sent(file);
  return discover(values, { ...more, dataset }).result;
}

/** The law, and for each of its constants the value that the literature gives. */
const LAWS: [file: string, more: object, transform: string, constants: Record<string, number>][] = [
  // The sidereal year in days.
  ["planets.csv", {}, "identity", { "a^1.5": 365.256 }],
  // The first of the two estimates in Hubble's paper, in km/s per Mpc.
  ["hubble.csv", {}, "identity", { r: 465 }],
  // No value of the constant is better than these rows'; Boyle's own, 1398, is of the first row alone and is not inside.
  ["boyle.csv", {}, "identity", { "V^-1": 1_408 }],
  // The distance in the first beat.
  ["galileo.csv", {}, "identity", { "t^2": 33 }],
  // Rydberg's constant of hydrogen per nm, a quarter of it and all of it, by the refractive index of air at the end of the series.
  ["balmer.csv", {}, "reciprocal", { "1": (0.010_967_758_34 * 1.000_286) / 4, "n^-2": -0.010_967_758_34 * 1.000_286 }],
  // Ohm's a = 7285 and b = 20.25 in X = a / (b + x).
  ["ohm.csv", {}, "reciprocal", { "1": 20.25 / 7_285, x: 1 / 7_285 }],
  // Quoted as Kleiber's own, in kcal per day; the textbooks' 70 is inside as well.
  ["kleiber.csv", {}, "identity", { "M^0.75": 67.6 }],
  ["lorenz.csv", { target: "dx", inputs: ["x", "y", "z"] }, "identity", { x: -10, y: 10 }],
  ["lorenz.csv", { target: "dy", inputs: ["x", "y", "z"] }, "identity", { x: 28, y: -1, "x z": -1 }],
  ["lorenz.csv", { target: "dz", inputs: ["x", "y", "z"] }, "identity", { z: -8 / 3, "x y": 1 }],
];

describe("the eight historical tables, with every default", () => {
  test.each(LAWS)(
    "%s %j has its law accepted, and the literature's constants are inside the intervals",
    async (file, more, transform, constants) => {
      const { verdict, reasons, law, candidate } = await found(file, more);
      const best = law ?? candidate;
      const terms = best?.terms ?? [];
      expect({ verdict, reasons, transform: best?.transform, terms: terms.map(({ text }) => text) }).toEqual({
        verdict: "accepted",
        reasons: [],
        transform,
        terms: Object.keys(constants),
      });
      for (const { text, interval } of terms) {
        const [low, high] = interval ?? [Number.NaN, Number.NaN];
        const value = constants[text] ?? Number.NaN;
        expect({ text, inside: low <= value && value <= high, low, value, high }).toMatchObject({ inside: true });
      }
    },
  );
});

describe("tables without a law that can be found", () => {
  test.each([
    ["hubble-shuffled.csv", {}, "no_signal"],
    ["lorenz.csv", { inputs: ["x"], target: "y" }, "lack_of_fit"],
    ["planck.csv", { hypothesis: { terms: ["1", "log(w)", "w^-1"], transforms: ["log"] } }, "lack_of_fit"],
    ["planck.csv", {}, "ambiguous"],
    ["moons.csv", {}, "no_signal"],
  ])("%s %j is rejected with %s", async (file, more, reason) => {
    const { verdict, reasons } = await found(file, more);
    expect(verdict).toBe("rejected");
    expect(reasons).toContain(reason);
  });
});

describe("laws that the tables speak for or against", () => {
  test.each([
    ["kleiber.csv", "P = M^0.75", "refit", "accepted"],
    ["kleiber.csv", "P = M^(2/3)", "refit", "rejected"],
    ["galileo-table.csv", "D = H^0.5", "refit", "accepted"],
    ["ohm.csv", "X = 7285/(20.25 + x)", "given", "accepted"],
    ["boyle.csv", "P = 1398/V", "given", "rejected"],
    // The constant in vacuum: the wavelengths are those in air.
    ["balmer.csv", "1/L = 0.01096775834*(1/4 - n^-2)", "given", "rejected"],
  ])("%s: %s, constants %s, is %s", async (file, law, constants, verdict) => {
    const { values, dataset } = await sent(file);
    expect(evaluate(values, law, { dataset, constants }).result.verdict).toBe(verdict);
  });
});
