import { describe, expect, test } from "vitest";
import { planDiscover } from "../../src/contract/plan.ts";
import { holdoutCheck, lackOfFitCheck } from "../../src/engine/checks.ts";
import { type Control, type Pace, paced } from "../../src/engine/control.ts";
import { designOf, fitRows, type Hypothesis, predictions } from "../../src/engine/fit.ts";
import { layoutOf } from "../../src/engine/layout.ts";
import { type Model, modelsOf } from "../../src/engine/model.ts";
import { factorise } from "../../src/engine/qr.ts";
import { drawSample, permutationsOf } from "../../src/engine/sample.ts";
import { rmseOf } from "../../src/engine/verdict.ts";
import { discover, evaluate, idle, prepared, uniforms } from "./support.ts";

/**
 * A thread that does not advance for seconds is taken for stuck and its job fails. Counted here, not timed: how many
 * rows of a pass, or of a permutation, go by from one report to the next, at most and on average.
 */
const ROWS = 600_000;
const ALWAYS: Model = { transform: "log", noise: "relative", jacobian: 0 };

/** Reports while `run` works. */
function reports(run: (pace: Pace) => unknown): number {
  let count = 0;
  const pace = paced({
    advance(fits) {
      if (fits === 0) count += 1;
    },
  });
  run(pace);
  return count;
}

describe("each pass over many rows reports in proportion to them", () => {
  const draw = uniforms(4);
  const columns = { x: Array.from({ length: ROWS }, () => 1 + draw()), y: Array.from({ length: ROWS }, () => 1 + draw()) };
  const { table, plan } = prepared(columns, { hypothesis: { terms: ["x", "sin(x)*x^0.3"] } });
  const sample = drawSample(table, "y", 0.5, 1, idle);
  const hypothesis: Hypothesis = { model: ALWAYS, terms: plan.terms.map(({ expression }) => expression), exponents: 0, given: null };
  const design = designOf(hypothesis, sample, idle);
  const trained = fitRows(design, sample.training, idle);
  const fit = fitRows(design, sample.all, idle);
  const y = sample.y;

  test.each<[string, number, (pace: Pace) => unknown]>([
    ["the choice of held-out rows", 12_500, (pace) => drawSample(table, "y", 0.2, 1, pace)],
    ["one permutation", 12_500, (pace) => [...permutationsOf(ROWS, 1, 1, pace)]],
    ["the choice of models", 50_000, (pace) => modelsOf(sample, ["log"], pace)],
    ["the expansion of a law", 12_500, (pace) => designOf(hypothesis, sample, pace)],
    ["a fit", 12_500, (pace) => fitRows(design, sample.all, pace)],
    ["a factorisation", 60_000, (pace) => factorise(2, (index) => (design.columns[index] ?? y).slice(), pace)],
    ["predictions", 25_000, (pace) => predictions(design, fit.coefficients, pace)],
    ["the hold-out test", 40_000, (pace) => holdoutCheck(design, trained, sample.heldOut, pace)],
    ["the lack-of-fit test", 20_000, (pace) => lackOfFitCheck(design, fit, sample, pace)],
    ["an error", 75_000, (pace) => rmseOf(y, y, pace)],
  ])("%s, at least once in %i", (_, most, run) => {
    expect(reports(run)).toBeGreaterThanOrEqual(ROWS / most);
  });
});

test("both kinds of job report in proportion to rows times permutations", () => {
  const draw = uniforms(6);
  const rows = 40_000;
  const x = Array.from({ length: rows }, () => 1 + draw());
  const y = x.map((value) => value ** 1.5 * (1 + 0.01 * draw()));
  const asked = { decision: { false_acceptance: 0.02 } };
  const work = 49 * rows;
  for (const run of [
    (control: Control) => evaluate({ x, y }, "y = x^1.5", { ...asked, constants: "refit" }, control),
    (control: Control) => discover({ x, y }, { ...asked, hypothesis: { terms: ["1", "x"] } }, 1, control),
  ]) {
    let steps = 0;
    run({
      advance() {
        steps += 1;
      },
    });
    expect(steps).toBeGreaterThanOrEqual(work / 8_000);
  }
});

test("the map of a grid reports in proportion to its products", () => {
  const grid = { from: 0, to: 3, step: 0.1 };
  const { request } = prepared({ x: [1, 2, 3], w: [1, 2, 4], y: [1, 2, 3] });
  const hypothesis = { terms: ["x^p*w^q", "x^q*w^p"], exponents: { p: grid, q: grid }, max_terms: 1 };
  const wide = planDiscover({ ...request, hypothesis }, { rows: 3, columns: ["x", "w", "y"], units: {}, constant: [] });
  const products = 31 * 31;
  let work = 0;
  layoutOf(wide, {
    advance: () => undefined,
    work(units) {
      work += units;
    },
  });
  expect(work).toBeGreaterThanOrEqual(32 * products);
});
