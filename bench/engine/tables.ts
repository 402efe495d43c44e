import { balmer, boyle, galileo, kepler, ohm } from "../../test/engine/tables.ts";
import { lorenz } from "./development.ts";
import { type ColumnValues, type Problem, targetOf } from "./problem.ts";
import { randomOf } from "./random.ts";

/** A historical table, the law that it shows and what the literature says of its constants. */
export interface HistoricalTable {
  name: string;
  columns: ColumnValues;
  law: Problem["law"];
  /** Term to published coefficient; the target's transform is that of the law. */
  literature: Record<string, number>;
  source: string;
}

/** Distance (Mpc) and radial velocity (km/s) of 24 nebulae; Hubble, PNAS 15, 168 (1929), table 1. */
const hubble = {
  r: [0.032, 0.034, 0.214, 0.263, 0.275, 0.275, 0.45, 0.5, 0.5, 0.63, 0.8, 0.9, 0.9, 0.9, 0.9, 1, 1.1, 1.1, 1.4, 1.7, 2, 2, 2, 2],
  v: [170, 290, -130, -70, -185, -220, 200, 290, 270, 200, 300, -30, 650, 150, 500, 920, 450, 500, 500, 960, 500, 850, 800, 1090],
};

/** Mass (kg) and heat production (kcal a day) of mammals; Kleiber, Hilgardia 6, 315 (1932) and Physiological Reviews 27, 511 (1947). */
const kleiber = {
  M: [0.021, 0.282, 0.41, 2.98, 3, 4.2, 6.6, 36, 38, 46.4, 57.2, 300, 482],
  B: [3.6, 28.1, 35.1, 167, 152, 207, 288, 800, 1090, 1254, 1368, 4221, 7754],
};

/** Refraction of air between 400 and 660 nm: the lines were measured in air, Rydberg's constant is of the vacuum. */
const AIR = 1.00028;
const RYDBERG_HYDROGEN = 1.0967758341e-2 * AIR;

const states = lorenz(randomOf("Lorenz table"), 1_000);
const flow = (
  name: string,
  derivative: (row: Readonly<Record<string, number>>) => number,
  literature: Record<string, number>,
): HistoricalTable => ({
  name,
  columns: { ...states, [name.includes("dx") ? "dx" : name.includes("dy") ? "dy" : "dz"]: targetOf(states, derivative) },
  law: { terms: Object.keys(literature), transform: "identity" },
  literature,
  source: "generated: sigma 10, rho 28, beta 8/3 (Lorenz 1963)",
});

export const historical: HistoricalTable[] = [
  {
    name: "Kepler III",
    columns: kepler,
    law: { terms: ["a^1.5"], transform: "identity" },
    literature: { "a^1.5": 365.2568983 },
    source: "Gaussian year, days",
  },
  {
    name: "Hubble 1929",
    columns: hubble,
    law: { terms: ["r"], transform: "identity" },
    literature: { r: 465 },
    source: "Hubble 1929: K = 465 ± 50 km/s per Mpc from the 24 objects",
  },
  {
    name: "Boyle 1662",
    columns: boyle,
    law: { terms: ["V^-1"], transform: "identity" },
    literature: { "V^-1": boyle.V.reduce((total, volume, index) => total + volume * (boyle.P[index] as number), 0) / boyle.V.length },
    source: "mean of the 25 products P V: the constant is one of his apparatus",
  },
  {
    name: "Galileo f.107v",
    columns: galileo,
    law: { terms: ["t^2"], transform: "identity" },
    literature: { "t^2": 33 },
    source: "his first distance, the unit of the others (Drake 1975)",
  },
  {
    name: "Balmer lines",
    columns: balmer,
    law: { terms: ["1", "n^-2"], transform: "reciprocal" },
    literature: { "1": RYDBERG_HYDROGEN / 4, "n^-2": -RYDBERG_HYDROGEN },
    source: "R_H = 10 967 758.34 per m (CODATA) in air",
  },
  {
    name: "Ohm 1826",
    columns: ohm,
    law: { terms: ["1", "x"], transform: "reciprocal" },
    literature: { "1": 20.25 / 7_285, x: 1 / 7_285 },
    source: "Ohm 1826: X = a / (b + x) with a = 7285, b = 20 1/4",
  },
  {
    name: "Kleiber",
    columns: kleiber,
    law: { terms: ["M^0.75"], transform: "identity" },
    literature: { "M^0.75": 70 },
    source: "Kleiber 1947: 70 M^(3/4) kcal a day",
  },
  flow("Lorenz dx/dt", ({ x = 0, y = 0 }) => 10 * (y - x), { x: -10, y: 10 }),
  flow("Lorenz dy/dt", ({ x = 0, y = 0, z = 0 }) => x * (28 - z) - y, { x: 28, y: -1, "x*z": -1 }),
  flow("Lorenz dz/dt", ({ x = 0, y = 0, z = 0 }) => x * y - (8 / 3) * z, { "x*y": 1, z: -8 / 3 }),
];
