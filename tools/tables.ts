// Writes the tables in data/ that are computed rather than observed. A test fails when a file is not what this gives: node tools/tables.ts
import { readFileSync, writeFileSync } from "node:fs";

const DATA = new URL("../data/", import.meta.url);

/** Decimals of a written value: so many that rounding is the only noise of these tables, and small. */
const DECIMALS = 6;

/** The computed tables: file name to CSV. */
export function computedTables(): Record<string, string> {
  return {
    "lorenz.csv": lorenz(),
    "planck.csv": planck(),
    "hubble-shuffled.csv": shuffled(readFileSync(new URL("hubble.csv", DATA), "utf8")),
  };
}

type State = readonly [x: number, y: number, z: number];

/** E. N. Lorenz, Deterministic Nonperiodic Flow, J. Atmos. Sci. 20 (1963) 130, with his sigma = 10, r = 28, b = 8/3. */
function slope([x, y, z]: State): State {
  return [10 * (y - x), x * (28 - z) - y, x * y - (8 / 3) * z];
}

/** The states of the system and their exact derivatives: Runge-Kutta of order 4, step 0.002 from (-8, 8, 27), every 5th of 5,000 steps. */
function lorenz(): string {
  const step = 0.002;
  let state: State = [-8, 8, 27];
  const rows: string[] = [];
  for (let count = 0; count < 5_000; count += 1) {
    if (count % 5 === 0) rows.push([...state, ...slope(state)].map((value) => value.toFixed(DECIMALS)).join(","));
    const k1 = slope(state);
    const k2 = slope(moved(state, k1, step / 2));
    const k3 = slope(moved(state, k2, step / 2));
    const k4 = slope(moved(state, k3, step));
    const mean = k1.map((value, axis) => (value + 2 * (k2[axis] as number) + 2 * (k3[axis] as number) + (k4[axis] as number)) / 6);
    state = moved(state, mean as unknown as State, step);
  }
  return csv("x,y,z,dx,dy,dz", rows);
}

function moved([x, y, z]: State, [dx, dy, dz]: State, by: number): State {
  return [x + by * dx, y + by * dy, z + by * dz];
}

/** Spectral radiance of a black body at 5,772 K, the temperature of the sun, at 0.2 to 3.1 um: Planck's law, which is not in the default library. */
function planck(): string {
  const [h, c, k, temperature] = [6.62607015e-34, 299_792_458, 1.380649e-23, 5_772];
  const rows = Array.from({ length: 30 }, (_, index) => {
    const wavelength = (2 + index) / 10;
    const metres = wavelength * 1e-6;
    const radiance = (2 * h * c * c) / metres ** 5 / (Math.exp((h * c) / (metres * k * temperature)) - 1);
    // Per square metre, steradian and nanometre, in kilowatts.
    return `${wavelength},${(radiance * 1e-12).toFixed(DECIMALS)}`;
  });
  return csv("w (um),B (kW/(m^2 sr nm))", rows);
}

/** The same values with the targets in another order: row i gets the velocity of row 7 i + 3, counted in circles. */
function shuffled(text: string): string {
  const [heading = "", ...rows] = text.trim().split("\n");
  const cells = rows.map((row) => row.split(","));
  return csv(
    heading,
    cells.map(([r], row) => `${r},${cells[(7 * row + 3) % cells.length]?.[1]}`),
  );
}

function csv(heading: string, rows: readonly string[]): string {
  return `${[heading, ...rows].join("\n")}\n`;
}

if (import.meta.main) for (const [name, text] of Object.entries(computedTables())) writeFileSync(new URL(name, DATA), text);
