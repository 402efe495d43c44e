import { processorSeconds } from "./clock.ts";
import { development } from "./development.ts";
import { type ColumnValues, type Hypothesis, tableOf, targetOf } from "./problem.ts";
import { type Random, randomOf, spreadOf } from "./random.ts";
import { discover, lawOf } from "./run.ts";

/** One table without a law that the library could express. */
export interface NegativeTask {
  kind: string;
  number: number;
  library: "declared" | "default";
}

export interface Judged {
  kind: string;
  rows: number;
  inputs: number;
  level: number;
  accepted: boolean;
  found: string;
  r2: number;
  reasons: string[];
  ms: number;
}

type Row = Readonly<Record<string, number>>;

/** A target made of one to three inputs on (0.3, 4); `x1` and `x2` are 0 where there are fewer. */
type Outside = (x0: number, x1: number, x2: number) => number;

const HIDDEN_RATE = 3.7;

/** Laws that no library below contains, nor any sum of its terms, in the target, its reciprocal or its logarithm. */
const outside: Record<string, Outside> = {
  tanh: (a, b, c) => Math.tanh(a - 2) + 0.5 * Math.tanh(b) + 0.2 * c,
  Planck: (a, b, c) => a ** 3 / (Math.exp(1.5 * a) - 1) + 0.1 * b + 0.1 * c,
  bump: (a, b, c) => Math.exp(-((a - 2) ** 2) * 2) + 0.3 * Math.exp(-((b - 1) ** 2)) + 0.1 * c,
  step: (a, b, c) => (a > 2 ? 1 : 0) + (b > 1.5 ? 0.5 : 0) + 0.1 * c,
  "fast sine": (a, b, c) => Math.sin(HIDDEN_RATE * a) + 0.5 * Math.cos(2.3 * b) + 0.2 * c,
  kink: (a, b, c) => Math.abs(a - 1.7) + 0.5 * Math.max(b, 1) + 0.2 * c,
  saturation: (a, b, c) => (2 * a) / (0.5 + a) + (3 * a) / (4 + a) + (2 * b) / (0.7 + b) + 0.2 * c,
  "x^x": (a, b, c) => 0.5 + (a / 2) ** a + 0.5 * b + 0.2 * c,
  sigmoid: (a, b, c) => 0.5 + 1 / (1 + Math.exp(-3 * (a - 2))) + 0.3 * b + 0.1 * c,
  rational: (a, b, c) => (1 + 2 * a) / (3 + a ** 2) + b / (1 + b ** 2) + 0.1 * c,
  "log(1 + x^2)": (a, b, c) => Math.log(1 + a ** 2) + Math.log(1 + 2 * b ** 2) + 0.1 * c,
  "sin(x)/x": (a, b, c) => Math.sin(2 * a) / a + 0.3 * Math.sin(3 * b) + 0.1 * c,
  resonance: (a, b, c) => 0.3 + 1 / ((a - 2) ** 2 + 0.2) + 0.5 * b + 0.2 * c,
  chirp: (a, b, c) => Math.sin(a ** 2) + 0.5 * b + 0.2 * c,
  sawtooth: (a, b, c) => a - Math.floor(a) + 0.3 * (1.4 * b - Math.floor(1.4 * b)) + 0.1 * c,
  cusp: (a, b, c) => Math.cbrt(a - 2) + 0.3 * b + 0.1 * c,
  "damped wave": (a, b, c) => Math.exp(-0.5 * a) * Math.sin(4 * a) + 0.2 * b + 0.1 * c,
  "arc tangent": (a, b, c) => Math.atan(3 * (a - 1.5)) + 0.5 * Math.atan(2 * b) + 0.1 * c,
  "root of a sum": (a, b, c) => Math.sqrt(1 + (a - 2) ** 2) + Math.sqrt(1 + a * b + c),
  largest: (a, b, c) => Math.max(a, b, c, 1.5),
};

/** Targets that have nothing to do with the inputs. */
const random: Record<string, (draws: Random) => number> = {
  "normal noise": (draws) => draws.normal(),
  "uniform noise": (draws) => draws.uniform(),
  "lognormal noise": (draws) => Math.exp(draws.normal()),
  "heavy tails": (draws) => draws.normal() / Math.sqrt((draws.normal() ** 2 + draws.normal() ** 2) / 2),
  "constant and noise": (draws) => 5 + 0.2 * draws.normal(),
  "relative constant": (draws) => 5 * Math.exp(0.05 * draws.normal()),
};

const PERMUTED = "permuted law";
export const OUTSIDE = "laws outside the library";
export const GROUPS: Record<string, string[]> = {
  "random targets": Object.keys(random),
  "permuted targets": [PERMUTED],
  [OUTSIDE]: Object.keys(outside),
};
/** The kinds of `count` tables: the groups in turn, and within a group its kinds in turn. */
export function kindsOf(count: number): { group: string; kind: string; number: number }[] {
  const groups = Object.entries(GROUPS);
  return Array.from({ length: count }, (_, index) => {
    const [group, kinds] = groups[index % groups.length] as (typeof groups)[number];
    const turn = Math.floor(index / groups.length);
    return { group, kind: kinds[turn % kinds.length] as string, number: Math.floor(turn / kinds.length) };
  });
}

/** Libraries that a user might declare without knowing the law, by the number of inputs. */
const libraries: Record<number, Hypothesis[]> = {
  1: [
    { terms: ["1", "x0", "x0^p", "sin(x0)", "exp(-x0)"], exponents: { p: { from: -4, to: 4, step: 0.25 } }, max_terms: 3 },
    {
      terms: ["1", "x0^p", "x0^q", "log(x0)"],
      exponents: { p: { from: -2, to: 3, step: 0.5 }, q: { from: -2, to: 3, step: 0.5 } },
      max_terms: 3,
    },
    { terms: ["1", "x0", "x0^2", "x0^3", "sin(x0)", "cos(x0)"], max_terms: 4 },
  ],
  2: [
    {
      terms: ["1", "x0", "x1", "x0^p*x1^q"],
      exponents: { p: { from: -3, to: 3, step: 0.5 }, q: { from: -3, to: 3, step: 0.5 } },
      max_terms: 3,
    },
    {
      terms: ["1", "x0^p", "x1^q", "x0*x1", "sin(x0)"],
      exponents: { p: { from: -2, to: 3, step: 0.5 }, q: { from: -2, to: 3, step: 0.5 } },
      max_terms: 4,
    },
    { terms: ["1", "x0", "x1", "x0*x1", "x0^2", "x1^2", "exp(-x0)"], max_terms: 4 },
  ],
  3: [
    {
      terms: ["1", "x0", "x1", "x2", "x0^p*x1^q*x2^r"],
      exponents: { p: { from: -2, to: 2, step: 1 }, q: { from: -2, to: 2, step: 1 }, r: { from: -2, to: 2, step: 1 } },
      max_terms: 3,
    },
    { terms: ["1", "x0", "x1", "x2", "x0*x1", "x0*x2", "x1*x2", "x0^2"], max_terms: 4 },
  ],
};

const ROWS = [20, 35, 60, 100, 200, 500];
const LEVELS = [0, 0.01, 0.03, 0.05, 0.1];

/** The table of a task and the library declared for it. */
export function negativeOf({ kind, number }: NegativeTask): { columns: ColumnValues; hypothesis: Hypothesis; level: number } {
  const draws = randomOf("negative", kind, number);
  const rows = ROWS[draws.integer(0, ROWS.length - 1)] as number;
  const level = LEVELS[draws.integer(0, LEVELS.length - 1)] as number;
  if (kind === PERMUTED) {
    const problem = development[draws.integer(0, development.length - 1)] as (typeof development)[number];
    const columns = tableOf(problem, { seed: number, level, rows, jitter: 0.2 });
    const f = columns.f as number[];
    return { columns: { ...columns, f: draws.order(rows).map((row) => f[row] as number) }, hypothesis: problem.hypothesis, level };
  }
  const inputs = draws.integer(1, 3);
  const columns: ColumnValues = Object.fromEntries(
    Array.from({ length: inputs }, (_, index) => [`x${index}`, Array.from({ length: rows }, () => draws.between(0.3, 4))]),
  );
  const choices = libraries[inputs] as Hypothesis[];
  const hypothesis = choices[draws.integer(0, choices.length - 1)] as Hypothesis;
  const make = random[kind];
  if (make) return { columns: { ...columns, f: Array.from({ length: rows }, () => make(draws)) }, hypothesis, level };
  const law = outside[kind] as Outside;
  const exact = targetOf(columns, ({ x0 = 0, x1 = 0, x2 = 0 }: Row) => law(x0, x1, x2));
  const size = level * spreadOf(exact);
  return { columns: { ...columns, f: exact.map((value) => value + size * draws.normal()) }, hypothesis, level };
}

export function judgeNegative(task: NegativeTask): Judged {
  const { columns, hypothesis, level } = negativeOf(task);
  const started = processorSeconds();
  const result = discover(columns, { seed: task.number, ...(task.library === "declared" && { hypothesis }) });
  return {
    kind: task.kind,
    rows: result.dataset.rows,
    inputs: Object.keys(columns).length - 1,
    level,
    accepted: result.verdict === "accepted",
    found: lawOf(result)?.text ?? "nothing",
    r2: result.fit.r2,
    reasons: result.reasons,
    ms: 1_000 * (processorSeconds() - started),
  };
}
