import { describe, expect, test } from "vitest";
import { result as resultSchema } from "../../src/contract/result.ts";
import { normalQuantile } from "../../src/engine/distributions.ts";
import { type ColumnValues, evaluate, uniforms } from "./support.ts";
import { balmer, kepler } from "./tables.ts";

function predict(table: ColumnValues, law: unknown, rows: ColumnValues, more: object = {}) {
  const { result, predictions } = evaluate(table, law, { ...more, predict: { source: "inline", columns: rows } });
  if (!result.predictions || predictions === undefined) throw new Error("no predictions");
  expect(resultSchema.parse(result)).toEqual(result);
  return { ...result.predictions, csv: predictions, lines: predictions.trimEnd().split("\n") };
}

const numbers = (line: string | undefined) => (line ?? "").split(",").map(Number);

describe("predictions", () => {
  test("are the law's values with intervals around them, one line for each row", () => {
    const { lines, first, rows, outside, not_finite, notes } = predict(
      kepler,
      "T = a^1.5",
      { a: [2.77, 0.31, 39.5] },
      { constants: "refit" },
    );
    expect(lines[0]).toBe("a,prediction,low,high,outside");
    expect({ rows, outside, not_finite, lines: lines.length }).toEqual({ rows: 3, outside: 2, not_finite: 0, lines: 4 });
    // Ceres takes 1,682 days and Pluto 90,560.
    expect((first[0]?.prediction ?? 0) / 1_682).toBeCloseTo(1, 2);
    expect((first[2]?.prediction ?? 0) / 90_560).toBeCloseTo(1, 2);
    expect(first.map((row) => row.outside)).toEqual([false, true, true]);
    for (const { prediction, low, high } of first) expect((low ?? 0) < (prediction ?? 0) && (prediction ?? 0) < (high ?? 0)).toBe(true);
    expect(numbers(lines[1]).slice(0, 4)).toEqual([2.77, first[0]?.prediction, first[0]?.low, first[0]?.high]);
    expect(notes).toEqual(["2 of 3 rows lie outside the dataset, which has a from 0.3871 to 30.06896: there the law is extrapolated."]);
  });

  test("on the rows of the dataset are the fitted values, of any transform", () => {
    for (const [table, law, target] of [
      [kepler, "T = 365.25 a^1.5", "T"],
      [kepler, "log(T) = 5.9 + 1.5 log(a)", "T"],
      [balmer, "1/L = 0.0027427 - 0.010971 n^-2", "L"],
    ] as const) {
      const { first, not_finite, outside } = predict(table, law, table, { constants: "refit" });
      expect({ not_finite, outside }).toEqual({ not_finite: 0, outside: 0 });
      for (const [row, value] of (table as ColumnValues)[target]?.entries() ?? []) {
        const { prediction, low, high } = first[row] ?? { prediction: 0, low: 0, high: 0 };
        expect((prediction ?? 0) / value).toBeCloseTo(1, 2);
        expect(low !== null && high !== null && low < (prediction ?? 0) && (prediction ?? 0) < high).toBe(true);
      }
    }
  });

  test("need no target, take one row, and leave out columns that the law does not name", () => {
    const { lines, first } = predict(kepler, "T = 365.25 a^1.5", { mass: [3], a: [1] });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe("a,prediction,low,high,outside");
    expect(first[0]?.inputs).toEqual({ a: 1 });
    expect(first[0]?.prediction).toBeCloseTo(365.25, 10);
  });

  test("are empty where the law has no finite value, which is said with the first such row", () => {
    const table = { x: [1, 2, 3, 4, 5, 6], y: [1, 0.5, 0.33, 0.25, 0.2, 0.17] };
    const { first, lines, notes, not_finite } = predict(table, "y = 1/x", { x: [2, 0, 3, 0] });
    expect(not_finite).toBe(2);
    expect(first[1]).toEqual({ inputs: { x: 0 }, prediction: null, low: null, high: null, outside: true });
    expect(lines[2]).toBe("0,,,,true");
    expect(notes[0]).toBe("The law has no finite value on 2 of 4 rows, first on row 2, where x = 0.");
    expect(predict(table, "y = log(x)", { x: [-1, 1] }).first[0]?.prediction).toBe(null);
    expect(predict(table, "log(y) = 1 - x", { x: [-1e9, 1] }).first[0]).toMatchObject({ prediction: null });
  });

  test("of a reciprocal keep to the noise of the target, also near its pole", () => {
    const draw = uniforms(5);
    const x = Array.from({ length: 30 }, (_, row) => 1 + row / 10);
    const y = x.map((value) => 1 / value + 0.02 * normalQuantile(draw()));
    const { first } = predict({ x, y }, "1/y = 1.01 x", { x: [0.01, 2, 0] });
    const widths = first.map(({ low, high }) => low !== null && high !== null && high - low);
    expect(first[0]?.prediction).toBeCloseTo(99, 0);
    expect(widths[0]).toBeCloseTo(0.08, 1);
    expect(widths[1]).toBeCloseTo(0.08, 1);
    expect(first[2]).toMatchObject({ prediction: null, low: null, high: null });
  });

  test("widen with the distance from the data if constants were fitted, and only then", () => {
    const draw = uniforms(3);
    const x = Array.from({ length: 20 }, (_, row) => row);
    const y = x.map((value) => 2 + 3 * value + normalQuantile(draw()) - 30);
    const width = (more: object) =>
      predict({ x, y }, "y = -28 + 3 x", { x: [9.5, 1_000] }, more).first.map(({ low, high }) => (high ?? 0) - (low ?? 0));
    const [near = 0, far = 0] = width({ constants: "refit" });
    expect(far).toBeGreaterThan(20 * near);
    const [given = 0, alike] = width({});
    expect(alike).toBeCloseTo(given, 9);
  });

  test("grow with the value under relative noise", () => {
    const draw = uniforms(4);
    const x = Array.from({ length: 40 }, (_, row) => 1.3 ** row);
    const y = x.map((value) => 5 * value * (1 + 0.05 * normalQuantile(draw())));
    const { first } = predict({ x, y }, "y = x", { x: [10, 1_000] }, { constants: "refit" });
    const share = first.map(({ prediction, low, high }) => ((high ?? 0) - (low ?? 0)) / (prediction ?? 0));
    expect(share[0]).toBeGreaterThan(0.15);
    expect(share[0]).toBeLessThan(0.25);
    expect(share[1]).toBeCloseTo(share[0] ?? 0, 10);
  });

  test("hold 95 % of new observations", () => {
    const draw = uniforms(6);
    const noisy = (value: number) => 4 + 2 * value + 0.7 * normalQuantile(draw()) - 60;
    let held = 0;
    const tables = 60;
    const fresh = Array.from({ length: 50 }, (_, row) => row / 5);
    for (let repeat = 0; repeat < tables; repeat += 1) {
      const x = Array.from({ length: 12 }, () => 10 * draw());
      const { first } = predict({ x, y: x.map(noisy) }, "y = 1 + x", { x: fresh }, { constants: "refit" });
      held += fresh.filter((value, row) => {
        const seen = noisy(value);
        return seen >= (first[row]?.low ?? 0) && seen <= (first[row]?.high ?? 0);
      }).length;
    }
    expect(held / (tables * fresh.length)).toBeGreaterThan(0.93);
    expect(held / (tables * fresh.length)).toBeLessThan(0.97);
  });

  test("have names of their own beside inputs that have theirs, and no intervals from too few rows", () => {
    const columns = { prediction: [1, 2, 3], low: [2, 5, 11], y: [3, 7, 14] };
    const { lines, notes, first } = predict(columns, "y = prediction + low + 1", columns, { constants: "refit" });
    expect(lines[0]).toBe("prediction,low,prediction_,low_,high,outside");
    expect(first[0]).toMatchObject({ low: null, high: null });
    expect(notes).toEqual(["The dataset has too few rows for intervals."]);
  });

  test("of many rows are all in the file, the first hundred in the result, and reported as work", () => {
    let steps = 0;
    const x = Array.from({ length: 100_000 }, (_, row) => 1 + row / 1_000);
    const control = {
      advance() {
        steps += 1;
      },
    };
    const { result, predictions } = evaluate(kepler, "T = 365.25 a^1.5", { predict: { source: "inline", columns: { a: x } } }, control);
    expect(result.predictions).toMatchObject({ rows: 100_000 });
    expect(result.predictions?.first).toHaveLength(100);
    expect(predictions?.split("\n")).toHaveLength(100_002);
    expect(steps).toBeGreaterThan(50);
  });
});
