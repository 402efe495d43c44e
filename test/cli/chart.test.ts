import { expect, test } from "vitest";
import { drawChart } from "../../src/cli/chart.ts";
import type { ShownRows } from "../../src/contract/result.ts";
import { EVIDENCE } from "./planets.ts";

const plain = (_style: unknown, text: string) => text;

function evidence(x: number[], law: (x: number) => number): ShownRows {
  const fitted = x.map(law);
  return { target: "y", unit: null, axis: "x", axis_unit: null, x, observed: fitted, fitted, held_out: [] };
}

test("a power law over decades is a straight line on logarithmic axes, with units and held-out rows", () => {
  const lines = drawChart(EVIDENCE, 80, plain);
  expect(lines[0]).toBe("T (d)   o data  x held out  ⠒ law  (both axes logarithmic)");
  expect(lines.at(-1)).toMatch(/ {60,}a \(AU\)$/);
  const marks = lines.flatMap((line, row) =>
    line.split("").flatMap((cell, column) => (row > 0 && /^[ox]$/.test(cell) ? [{ row, column, cell }] : [])),
  );
  expect(marks.filter(({ cell }) => cell === "o")).toHaveLength(6);
  expect(marks.filter(({ cell }) => cell === "x")).toHaveLength(2);
  const [first, last] = [marks.at(-1), marks[0]];
  if (!first || !last) throw new Error("no marks");
  for (const { row, column } of marks) {
    const share = (column - first.column) / (last.column - first.column);
    expect(Math.abs(first.row + share * (last.row - first.row) - row)).toBeLessThan(1);
  }
});

test.each([
  ["negative values", evidence([-3, -1, 2, 4], (x) => x ** 3)],
  ["a constant target", evidence([1, 2, 3], () => 5)],
  ["a single row", evidence([1], () => 0)],
  ["tiny differences far from zero", evidence([1_000_001, 1_000_002, 1_000_003], (x) => x)],
  ["extreme ranges", evidence([1e-9, 1, 1e12], (x) => x ** 2)],
  [
    "many rows",
    evidence(
      Array.from({ length: 2_000 }, (_, index) => index / 100),
      Math.sin,
    ),
  ],
])("%s fit the width and keep the height", (_, rows) => {
  for (const width of [60, 80]) {
    const lines = drawChart(rows, width, plain);
    expect(lines).toHaveLength(20);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test("labels of neighbouring ticks differ", () => {
  const [labels = ""] = drawChart(
    evidence([1_000_001, 1_000_002, 1_000_003], (x) => x),
    80,
    plain,
  ).slice(-2);
  const ticks = labels.trim().split(/\s+/);
  expect(new Set(ticks).size).toBe(ticks.length);
});

test("rows that are not finite are left out, and none at all draw nothing", () => {
  expect(
    drawChart(
      evidence([1, 2], () => Number.NaN),
      80,
      plain,
    ),
  ).toEqual([]);
});
