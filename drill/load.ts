import { createHash } from "node:crypto";
import type { ErrorCode } from "../src/contract/errors.ts";
import type { Kind, Status } from "../src/contract/names.ts";
import { changed } from "../test/contract/tgefd-documents.ts";

/** One intended job: what is sent, and how it may end. */
export interface Intent {
  key: string;
  kind: Kind;
  body: object;
  /** Terminal states that are right for it. */
  ends: readonly Status[];
  /** The error of a job that must fail, where there is but one. */
  code?: ErrorCode;
  /** The body is a document of the ancestor, as its clients send it. */
  ancestor?: true;
  /** Sends of the same body under the same key, at the same time. */
  sends: number;
  /** Cancelled after so many milliseconds; `undefined` if it is left alone. */
  cancelAfterMs?: number;
}

const PLANETS = {
  a: [0.3871, 0.72333, 1, 1.52366, 5.20336, 9.53707, 19.19126, 30.06896],
  T: [87.969, 224.701, 365.256, 686.98, 4332.589, 10759.22, 30685.4, 60189.0],
};
const BUDGET = { max_fits: 10_000_000_000 };
const DATASET = { source: "inline", columns: PLANETS, units: { a: "AU", T: "d" } };

/** A search of `cells` cells: about 150,000 a second on one thread. */
function search(cells: number, seed: number): object {
  const x = Array.from({ length: 40 }, (_, row) => 1 + row / 7);
  const y = x.map((value, row) => value * (1.1 + 0.02 * Math.sin(17 * row + seed)) + Math.sqrt(value));
  const step = 8 / (Math.floor(Math.sqrt(cells)) - 1);
  return {
    dataset: { source: "inline", columns: { x, y } },
    hypothesis: {
      terms: ["1", "x", "log(x)", "x^p", "x^q"],
      exponents: { p: { from: -4, to: 4, step }, q: { from: -4, to: 4, step } },
      max_terms: 4,
    },
    budget: BUDGET,
    seed,
  };
}

/** Numbers from 0 to 1 that depend on the seed and their place alone. */
export function drawn(seed: number, place: string): number {
  return createHash("sha256").update(`${seed}/${place}`).digest().readUInt32BE() / 2 ** 32;
}

/** The `index`-th job of a drill: mostly small ones, some that fail by themselves, are sent many times over, or are cancelled. */
export function intentOf(seed: number, index: number): Intent {
  const key = `drill-${seed}-${index}`;
  const chance = drawn(seed, `job/${index}`);
  const sends = drawn(seed, `sends/${index}`) < 0.1 ? 5 : 1;
  // Few different laws, so that most results were there before, which is where doubled and torn files would show.
  const constant = 300 + (index % 97);
  const small: Intent = { key, kind: "evaluate", body: { dataset: DATASET, law: `T = ${constant} a^1.5` }, ends: ["succeeded"], sends };
  if (chance < 0.82) return small;
  if (chance < 0.85) {
    const kind = index % 2 === 0 ? "discover" : "evaluate";
    return { ...small, kind, body: changed({ "run.seed": index % 13 }), ancestor: true };
  }
  // The logarithm is not finite on the rows within the first astronomical unit.
  if (chance < 0.89)
    return { ...small, body: { dataset: DATASET, law: `T = ${constant} log(a - 1)` }, ends: ["failed"], code: "law_not_finite" };
  if (chance < 0.975) return { ...small, kind: "discover", body: { dataset: DATASET, seed: index % 29 } };
  if (chance < 0.985) return { ...small, kind: "discover", body: search(40_000, index) };
  if (chance < 0.99)
    return {
      ...endless(seed, index),
      body: { ...search(4_000_000, index), budget: { ...BUDGET, deadline_seconds: 1 } },
      ends: ["timed_out"],
      code: "deadline_exceeded",
    };
  // A cancel can come too late only if the service was away for long; the receipt then says so.
  return { ...endless(seed, index), ends: ["cancelled"], cancelAfterMs: Math.floor(3_000 * drawn(seed, `cancel/${index}`)) };
}

/** The least job: what shows that the service is there. */
export function probe(key: string): Intent {
  const columns = { x: [1, 2, 3, 4, 5], y: [2, 4, 6, 8, 10] };
  return { key, kind: "evaluate", body: { dataset: { source: "inline", columns }, law: "y = 2 x" }, ends: ["succeeded"], sends: 1 };
}

/** A search in shards that takes minutes: what is cancelled, terminated or struck. */
export function endless(seed: number, index: number): Intent {
  return { key: `drill-${seed}-${index}`, kind: "discover", body: search(4_000_000, index), ends: [], sends: 1 };
}

/** A search of some seconds, which five restarts of its worker fall into. */
export function lasting(seed: number, index: number): Intent {
  return { key: `drill-${seed}-${index}`, kind: "discover", body: search(1_500_000, index), ends: ["succeeded"], sends: 1 };
}

/** A search of some seconds in one activity, so that each worker that it ends is one of that activity's attempts. */
export function poisonous(seed: number, index: number): Intent {
  return { key: `drill-${seed}-${index}`, kind: "discover", body: search(400_000, index), ends: ["failed"], code: "worker_lost", sends: 1 };
}

/** Predictions for a million rows, which are written as one text of 70 MB. */
export function hungry(seed: number, index: number): Intent {
  const predict = { source: "inline", columns: { a: Array.from({ length: 1_000_000 }, () => 2) } };
  const body = { dataset: DATASET, law: "T = 365.2 a^1.5", predict };
  return { key: `drill-${seed}-${index}`, kind: "evaluate", body, ends: ["failed"], code: "out_of_memory", sends: 1 };
}
