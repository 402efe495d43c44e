import { magnitudes, type Problem, trajectory, uniform } from "./problem.ts";

const sigma = 10;
const rho = 28;
const beta = 8 / 3;
export const lorenz = trajectory({ x: -8, y: 8, z: 27 }, 0.05, ([x = 0, y = 0, z = 0]) => [
  sigma * (y - x),
  x * (rho - z) - y,
  x * y - beta * z,
]);
const species = trajectory({ x: 10, y: 5 }, 0.1, ([x = 0, y = 0]) => [1.1 * x - 0.4 * x * y, 0.1 * x * y - 0.4 * y]);

const quarters = { from: -4, to: 4, step: 0.25 };
const halves = { from: -3, to: 3, step: 0.5 };
const fewHalves = { from: -2, to: 2, step: 0.5 };
const quadratic = ["1", "x", "y", "z", "x*y", "x*z", "y*z", "x^2"];

/** The 20 problems on which the rules of the engine were chosen. */
export const development: Problem[] = [
  {
    name: "free fall",
    inputs: uniform({ t: [0.1, 5] }),
    constants: [4.905],
    target: ({ t = 0 }, [a = 0]) => a * t ** 2,
    law: { terms: ["t^2"], transform: "identity" },
    hypothesis: { terms: ["1", "t", "t^p", "sin(t)", "exp(-t)"], exponents: { p: quarters }, max_terms: 3 },
  },
  {
    name: "pendulum",
    inputs: uniform({ L: [0.1, 3] }),
    constants: [2.006],
    target: ({ L = 0 }, [a = 0]) => a * Math.sqrt(L),
    law: { terms: ["L^0.5"], transform: "identity" },
    hypothesis: { terms: ["1", "L", "L^p", "log(L)", "sin(L)"], exponents: { p: quarters }, max_terms: 3 },
  },
  {
    name: "metabolic rate",
    inputs: magnitudes({ M: [0.02, 4_000] }),
    constants: [3.4],
    target: ({ M = 0 }, [a = 0]) => a * M ** 0.75,
    law: { terms: ["M^0.75"], transform: "identity" },
    hypothesis: { terms: ["1", "M", "M^p", "log(M)"], exponents: { p: { from: -2, to: 2, step: 0.25 } }, max_terms: 3 },
  },
  {
    name: "radiation",
    inputs: uniform({ T: [1, 6] }),
    constants: [0.0567, -4.18],
    target: ({ T = 0 }, [a = 0, b = 0]) => a * T ** 4 + b,
    law: { terms: ["T^4", "1"], transform: "identity" },
    hypothesis: { terms: ["1", "T", "T^p", "log(T)", "exp(-T)"], exponents: { p: { from: -4, to: 6, step: 0.25 } }, max_terms: 3 },
  },
  {
    name: "drag",
    inputs: uniform({ v: [0.5, 20] }),
    constants: [0.3, 0.05],
    target: ({ v = 0 }, [a = 0, b = 0]) => a * v + b * v ** 2,
    law: { terms: ["v", "v^2"], transform: "identity" },
    hypothesis: { terms: ["1", "v", "v^p", "sin(v)", "exp(-v)"], exponents: { p: { from: -2, to: 4, step: 0.5 } }, max_terms: 3 },
  },
  {
    name: "Lennard-Jones",
    inputs: uniform({ r: [0.98, 2] }),
    constants: [4, -4],
    target: ({ r = 0 }, [a = 0, b = 0]) => a * r ** -12 + b * r ** -6,
    law: { terms: ["r^-12", "r^-6"], transform: "identity" },
    hypothesis: {
      terms: ["1", "r^p", "r^q", "exp(-r)"],
      exponents: { p: { from: -14, to: -1, step: 1 }, q: { from: -14, to: -1, step: 1 } },
      max_terms: 3,
    },
  },
  {
    name: "virial",
    inputs: uniform({ V: [0.2, 3] }),
    constants: [1, -0.4, 0.12],
    target: ({ V = 0 }, [a = 0, b = 0, c = 0]) => a + b / V + c / V ** 2,
    law: { terms: ["1", "V^-1", "V^-2"], transform: "identity" },
    hypothesis: { terms: ["1", "V^-1", "V^p", "V", "exp(-V)"], exponents: { p: { from: -4, to: 2, step: 0.5 } }, max_terms: 3 },
  },
  {
    name: "Balmer",
    inputs: uniform({ n: [1.5, 8] }),
    constants: [2.742, -10.968],
    target: ({ n = 0 }, [a = 0, b = 0]) => a + b / n ** 2,
    law: { terms: ["1", "n^-2"], transform: "identity" },
    hypothesis: { terms: ["1", "n", "n^p", "log(n)", "exp(-n)"], exponents: { p: quarters }, max_terms: 3 },
  },
  {
    name: "line and sine",
    inputs: uniform({ x: [0.1, 10] }),
    constants: [1, 2],
    target: ({ x = 0 }, [a = 0, b = 0]) => a * x + b * Math.sin(x),
    law: { terms: ["x", "sin(x)"], transform: "identity" },
    hypothesis: { terms: ["1", "x^p", "sin(x)", "cos(x)", "exp(-x)"], exponents: { p: { from: -3, to: 3, step: 0.25 } }, max_terms: 3 },
  },
  {
    name: "decay to a level",
    inputs: uniform({ x: [0, 5] }),
    constants: [0.5, 2],
    target: ({ x = 0 }, [a = 0, b = 0]) => a + b * Math.exp(-x),
    law: { terms: ["1", "exp(-x)"], transform: "identity" },
    hypothesis: { terms: ["1", "x^p", "exp(-x)", "sin(x)", "cos(x)"], exponents: { p: { from: 0.25, to: 3, step: 0.25 } }, max_terms: 3 },
  },
  {
    name: "product of three",
    inputs: uniform({ x0: [0.5, 3], x1: [0.5, 3], x2: [0.5, 3] }),
    constants: [1],
    target: ({ x0 = 0, x1 = 0, x2 = 0 }, [a = 0]) => a * x0 * x1 * x2,
    law: { terms: ["x0*x1*x2"], transform: "identity" },
    hypothesis: { terms: ["1", "x0", "x1", "x2", "x0^p*x1^q*x2^r"], exponents: { p: fewHalves, q: fewHalves, r: fewHalves }, max_terms: 3 },
  },
  {
    name: "Coulomb",
    inputs: uniform({ x0: [0.5, 3], x1: [0.5, 3], x2: [0.5, 3] }),
    constants: [8.99],
    target: ({ x0 = 0, x1 = 0, x2 = 0 }, [a = 0]) => (a * x0 * x1) / x2 ** 2,
    law: { terms: ["x0*x1*x2^-2"], transform: "identity" },
    hypothesis: { terms: ["1", "x0*x1", "x2^-1", "x0^p*x1^q*x2^r"], exponents: { p: fewHalves, q: fewHalves, r: fewHalves }, max_terms: 3 },
  },
  {
    name: "intensity",
    inputs: uniform({ x0: [0.5, 5], x1: [0.5, 3] }),
    constants: [1 / (4 * Math.PI)],
    target: ({ x0 = 0, x1 = 0 }, [a = 0]) => (a * x0) / x1 ** 2,
    law: { terms: ["x0*x1^-2"], transform: "identity" },
    hypothesis: { terms: ["1", "x0", "x1", "x0^p*x1^q", "sin(x1)"], exponents: { p: halves, q: halves }, max_terms: 3 },
  },
  {
    name: "field energy",
    inputs: uniform({ x0: [0.5, 3], x1: [0.5, 3] }),
    constants: [0.6 / (4 * Math.PI)],
    target: ({ x0 = 0, x1 = 0 }, [a = 0]) => (a * x0 ** 2) / x1,
    law: { terms: ["x0^2*x1^-1"], transform: "identity" },
    hypothesis: { terms: ["1", "x0", "x1^-1", "x0^p*x1^q", "exp(-x1)"], exponents: { p: halves, q: halves }, max_terms: 3 },
  },
  {
    name: "root of a ratio",
    inputs: uniform({ x0: [0.2, 5], x1: [0.5, 5] }),
    constants: [1],
    target: ({ x0 = 0, x1 = 0 }, [a = 0]) => a * Math.sqrt(x0 / x1),
    law: { terms: ["x0^0.5*x1^-0.5"], transform: "identity" },
    hypothesis: { terms: ["1", "x0", "x1", "x0^p*x1^q", "log(x0)"], exponents: { p: halves, q: halves }, max_terms: 3 },
  },
  {
    name: "ratio of four",
    inputs: uniform({ x0: [0.5, 3], x1: [0.5, 3], x2: [0.5, 3], x3: [0.5, 3] }),
    constants: [1],
    target: ({ x0 = 0, x1 = 0, x2 = 0, x3 = 0 }, [a = 0]) => (a * x0 * x1 * x2) / x3,
    law: { terms: ["x0*x1*x2*x3^-1"], transform: "identity" },
    hypothesis: {
      terms: ["1", "x0", "x3", "x0^p*x1^q*x2^r*x3^s"],
      exponents: Object.fromEntries(["p", "q", "r", "s"].map((name) => [name, { from: -2, to: 2, step: 1 }])),
      max_terms: 3,
    },
  },
  {
    name: "sum of squares",
    inputs: uniform({ x0: [0.5, 3], x1: [0.5, 3], x2: [0.5, 3] }),
    constants: [1, 1, 1],
    target: ({ x0 = 0, x1 = 0, x2 = 0 }, [a = 0, b = 0, c = 0]) => a * x0 ** 2 + b * x1 ** 2 + c * x2 ** 2,
    law: { terms: ["x0^2", "x1^2", "x2^2"], transform: "identity" },
    hypothesis: {
      terms: ["1", "x0^p", "x1^q", "x2^r", "x0*x1", "x1*x2"],
      exponents: Object.fromEntries(["p", "q", "r"].map((name) => [name, { from: 0.5, to: 4, step: 0.5 }])),
      max_terms: 4,
    },
  },
  {
    name: "Lorenz dy/dt",
    inputs: lorenz,
    constants: [28, -1, -1],
    target: ({ x = 0, y = 0, z = 0 }, [a = 0, b = 0, c = 0]) => a * x + b * y + c * x * z,
    law: { terms: ["x", "y", "x*z"], transform: "identity" },
    hypothesis: { terms: quadratic, max_terms: 4 },
  },
  {
    name: "Lorenz dz/dt",
    inputs: lorenz,
    constants: [1, -8 / 3],
    target: ({ x = 0, y = 0, z = 0 }, [a = 0, b = 0]) => a * x * y + b * z,
    law: { terms: ["x*y", "z"], transform: "identity" },
    hypothesis: { terms: quadratic, max_terms: 4 },
  },
  {
    name: "Lotka-Volterra dx/dt",
    inputs: species,
    constants: [1.1, -0.4],
    target: ({ x = 0, y = 0 }, [a = 0, b = 0]) => a * x + b * x * y,
    law: { terms: ["x", "x*y"], transform: "identity" },
    hypothesis: { terms: ["1", "x", "y", "x*y", "x^2", "y^2"], max_terms: 4 },
  },
];
