import { describe, expect, test } from "vitest";
import { landscapeOf, type Region } from "../../src/engine/landscape.ts";
import { idle } from "./support.ts";

const quarters = (name: string, from: number, to: number) => ({
  name,
  values: Array.from({ length: (to - from) * 4 + 1 }, (_, index) => from + index / 4),
});

/** A region by its function of the values of the exponents in its mask. */
function region(exponents: { values: number[] }[], mask: number, lnq: (...values: number[]) => number): Region {
  const used = exponents.filter((_, index) => mask & (1 << index));
  const points = used.reduce<number[][]>((sofar, { values }) => sofar.flatMap((point) => values.map((value) => [...point, value])), [[]]);
  return { mask, values: Float32Array.from(points, (point) => lnq(...point)) };
}

describe("the landscape", () => {
  test("of one exponent has the law's value as its deepest basin and no law's level as its plateau", () => {
    const p = quarters("p", -4, 4);
    const regions = [region([p], 0, () => 1), region([p], 1, (x) => Math.min(Math.abs(x - 1.5), 0.25 + Math.abs(x + 2)))];

    const { summary, view } = landscapeOf(regions, [p], 100, idle);

    expect(summary).toEqual({
      exponents: [{ name: "p", from: -4, to: 4, count: 33 }],
      cells: 33,
      basin_count: 2,
      basins: [
        { exponents: { p: 1.5 }, score_difference: 0, depth: null },
        { exponents: { p: -2 }, score_difference: 25, depth: Math.sqrt(75) },
      ],
    });
    expect(view?.exponents).toEqual([p]);
    expect(Math.max(...(view?.differences.map(Number) ?? []))).toBe(100);
    expect(view?.basins.map(({ at }) => at)).toEqual([[1.5], [-2]]);
  });

  test("counts no basin that noise makes, and says which exponents its law uses", () => {
    const [p, q] = [quarters("p", 0, 2), quarters("q", 0, 3)];
    const ripple = (x: number) => (x % 0.5 === 0 ? 0 : 0.03);
    const regions = [region([p, q], 2, (y) => Math.abs(y - 2) + ripple(y)), region([p, q], 3, () => 5)];

    const { summary, view } = landscapeOf(regions, [p, q], 100, idle);

    expect(summary).toMatchObject({ cells: 9 * 13, basin_count: 1, basins: [{ exponents: { q: 2 }, score_difference: 0, depth: null }] });
    // The law does not use p, so a map would say nothing about it.
    expect(view?.exponents).toEqual([q]);
    expect(view?.held).toEqual({ p: 0 });
  });

  test("counts a law once that is in the grid twice, its exponents exchanged", () => {
    const [p, q] = [quarters("p", -2, 2), quarters("q", -2, 2)];
    const law = (x: number, y: number) => (x === y ? 30 : (x - 1) ** 2 + (y + 1) ** 2);
    const regions = [region([p, q], 3, (x, y) => Math.min(law(x, y), law(y, x)))];

    const { summary, view } = landscapeOf(regions, [p, q], 100, idle);

    expect(summary).toMatchObject({ basin_count: 1, basins: [{ exponents: { p: -1, q: 1 }, depth: null }] });
    expect(view?.basins).toHaveLength(1);
  });

  test("of three exponents is shown along the two that tell most, with the third held at its best", () => {
    const all = [quarters("p", 0, 2), quarters("q", 0, 2), quarters("r", 0, 1)];
    const regions = [region(all, 7, (x, y, z) => 3 * Math.abs(x - 1) + 0.01 * Math.abs(y - 1) + 2 * Math.abs(z - 0.25))];

    const { summary, view } = landscapeOf(regions, all, 50, idle);

    expect(summary?.basins).toEqual([{ exponents: { p: 1, q: 1, r: 0.25 }, score_difference: 0, depth: null }]);
    expect(view?.exponents.map(({ name }) => name)).toEqual(["p", "r"]);
    expect(view?.held).toEqual({ q: 1 });
    expect(view?.differences).toHaveLength(9 * 5);
    expect(view?.differences.indexOf(0)).toBe(4 * 5 + 1);
  });

  test("of a fine grid is shown at a size that can be drawn and loses no basin", () => {
    const fine = (name: string) => ({ name, values: Array.from({ length: 401 }, (_, index) => index / 100) });
    const [p, q] = [fine("p"), fine("q")];
    const regions = [region([p, q], 3, (x, y) => (x === 1.23 && y === 3.21 ? 0 : 4))];

    const { summary, view } = landscapeOf(regions, [p, q], 10, idle);

    expect(summary).toMatchObject({ cells: 401 * 401, basins: [{ exponents: { p: 1.23, q: 3.21 } }] });
    expect(view?.differences.length).toBeLessThanOrEqual(96 * 96);
    expect(view?.differences.filter((difference) => difference === 0)).toHaveLength(1);
  });

  test("of a grid that is too large to flood is that of a section through the best cell", () => {
    const wide = (name: string) => ({ name, values: Array.from({ length: 1_500 }, (_, index) => index / 100) });
    const [p, q] = [wide("p"), wide("q")];
    const regions = [region([p, q], 1, (x) => Math.abs(x - 3)), region([p, q], 2, (y) => 0.5 + Math.abs(y - 4))];

    const { summary } = landscapeOf(regions, [p, q], 10, idle);

    expect(summary).toMatchObject({ cells: 1_500, basins: [{ exponents: { p: 3 } }] });
  });

  test("is none without exponents and without a hypothesis", () => {
    const none = { summary: null, view: null };
    expect(landscapeOf([{ mask: 0, values: Float32Array.of(1) }], [], 10, idle)).toEqual(none);
    expect(landscapeOf([{ mask: 1, values: Float32Array.of(Infinity, Number.NaN) }], [{ name: "p", values: [1, 2] }], 10, idle)).toEqual(
      none,
    );
  });
});
