import type { Problem } from "./problem.ts";

/** A table in `data`, the law that it shows and what the literature says of its constants. */
export interface HistoricalTable {
  name: string;
  file: string;
  /** Default: the last column, explained by all others. */
  target?: string;
  inputs?: string[];
  law: Problem["law"];
  /** Term to published coefficient, or the span of the published ones. */
  literature: Record<string, number | [from: number, to: number]>;
  source: string;
}

/** Refraction of standard air at a wavelength in nm (Edlén 1966): the lines were measured in air, Rydberg's constant is of the vacuum. */
function airAt(wavelength: number): number {
  const square = (1_000 / wavelength) ** 2;
  return 1 + 1e-8 * (8_342.13 + 2_406_030 / (130 - square) + 15_997 / (38.9 - square));
}

/** Of hydrogen, per nm (CODATA). */
const RYDBERG = 1.0967758341e-2;

function flow(target: string, literature: HistoricalTable["literature"]): HistoricalTable {
  return {
    name: `Lorenz ${target}/dt`,
    file: "lorenz.csv",
    target,
    inputs: ["x", "y", "z"],
    law: { terms: Object.keys(literature), transform: "identity" },
    literature,
    source: "generated: sigma 10, rho 28, beta 8/3 (Lorenz 1963)",
  };
}

/** Eight sources; the three equations of Lorenz count as one. */
export const historical: HistoricalTable[] = [
  {
    name: "Kepler III",
    file: "planets.csv",
    law: { terms: ["a^1.5"], transform: "identity" },
    literature: { "a^1.5": 365.2568983 },
    source: "Gaussian year, days",
  },
  {
    name: "Hubble 1929",
    file: "hubble.csv",
    law: { terms: ["r"], transform: "identity" },
    literature: { r: [415, 515] },
    source: "Hubble 1929: K = 465 ± 50 km/s per Mpc from the 24 objects",
  },
  {
    name: "Boyle 1662",
    file: "boyle.csv",
    law: { terms: ["V^-1"], transform: "identity" },
    // No literature has the constant of his tube: the mean of the 25 products P V stands in.
    literature: { "V^-1": 1408.09 },
    source: "mean of his 25 products P V",
  },
  {
    name: "Galileo f.107v",
    file: "galileo.csv",
    law: { terms: ["t^2"], transform: "identity" },
    literature: { "t^2": 33 },
    source: "his first distance, the unit of the others (Drake 1975)",
  },
  {
    name: "Balmer lines",
    file: "balmer.csv",
    law: { terms: ["1", "n^-2"], transform: "reciprocal" },
    // The constant is the limit of the series, where air refracts more than at the red line.
    literature: { "1": (RYDBERG / 4) * airAt(364.6), "n^-2": [-RYDBERG * airAt(364.6), -RYDBERG * airAt(656.3)] },
    source: "R_H = 10 967 758.34 per m (CODATA) in air",
  },
  {
    name: "Ohm 1826",
    file: "ohm.csv",
    law: { terms: ["1", "x"], transform: "reciprocal" },
    literature: { "1": 20.25 / 7_285, x: 1 / 7_285 },
    source: "Ohm 1826: X = a / (b + x) with a = 7285, b = 20 1/4",
  },
  {
    name: "Kleiber",
    file: "kleiber.csv",
    law: { terms: ["M^0.75"], transform: "identity" },
    literature: { "M^0.75": [67.6, 70] },
    source: "Kleiber: 67.6 by regression (1947), 70 as a round figure",
  },
  flow("dx", { x: -10, y: 10 }),
  flow("dy", { x: 28, y: -1, "x*z": -1 }),
  flow("dz", { "x*y": 1, z: -8 / 3 }),
];

/** Two laws that are not counted among the eight: five rows of another ramp, four moons. */
export const further: HistoricalTable[] = [
  {
    name: "Galileo f.116v",
    file: "galileo-table.csv",
    law: { terms: ["H^0.5"], transform: "identity" },
    literature: { "H^0.5": 47 },
    source: "Drake 1978: D = 47 H^0.5",
  },
  {
    name: "Galilean moons",
    file: "moons.csv",
    law: { terms: ["a^1.5"], transform: "identity" },
    literature: { "a^1.5": (2 * Math.PI * Math.sqrt(1e18 / 1.26686534e17)) / 86_400 },
    source: "GM of Jupiter, 1.26686534e17 m^3/s^2; four rows are too few for any proof",
  },
];

/** Tables that must be rejected: there is nothing to find, or nothing that the default library can say. */
export const lawless = ["hubble-shuffled.csv", "planck.csv"];
