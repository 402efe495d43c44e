/** Historical tables: published measurements, facts. */

/** Semi-major axis (AU) and period (d) of the eight planets; NASA planetary fact sheet. */
export const kepler = {
  a: [0.3871, 0.72333, 1, 1.52366, 5.20336, 9.53707, 19.19126, 30.06896],
  T: [87.969, 224.701, 365.256, 686.98, 4332.589, 10759.22, 30685.4, 60189.0],
};

/** Volume and pressure (inHg) of air; Boyle, A Defence of the Doctrine Touching the Spring and Weight of the Air (1662). */
export const boyle = {
  V: [48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12],
  P: [
    29.125, 30.5625, 31.9375, 33.5, 35.3125, 37, 39.3125, 41.625, 44.1875, 47.0625, 50.3125, 54.3125, 58.8125, 61.3125, 64.0625, 67.0625,
    70.6875, 74.125, 77.875, 82.75, 87.875, 93.0625, 100.4375, 107.8125, 117.5625,
  ],
};

/** Time and distance (punti) on the inclined plane; Galileo, manuscript folio 107v. */
export const galileo = { t: [1, 2, 3, 4, 5, 6, 7, 8], d: [33, 130, 298, 526, 824, 1192, 1620, 2104] };

/** Balmer lines of hydrogen, air wavelengths in nm; NIST. */
export const balmer = { n: [3, 4, 5, 6, 7, 8], L: [656.279, 486.135, 434.0472, 410.1734, 397.0075, 388.9064] };

/** Wire length and force of the current; Ohm (1826). */
export const ohm = { x: [2, 4, 6, 10, 18, 34, 66, 130], X: [326.75, 300.75, 277.75, 238.25, 190.75, 134.5, 83.25, 48.5] };
