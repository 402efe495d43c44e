import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Basin, basinsOf } from "../../src/engine/basins.ts";
import { idle, uniforms } from "./support.ts";

const found = (sizes: number[], values: number[], shallowest = 0) => basinsOf(sizes, Float32Array.from(values), shallowest, idle);

/**
 * By the definition: the depth of a local minimum is the least level at which it is joined to an older one, less its own
 * value. Floods the grid anew at every level.
 */
function naive(sizes: number[], values: number[]): Basin[] {
  const older = (a: number, b: number) => (values[a] as number) < (values[b] as number) || (values[a] === values[b] && a < b);
  const reached = (from: number, level: number) => {
    const seen = new Set([from]);
    for (const cell of seen) {
      for (const next of neighbours(sizes, cell)) if ((values[next] as number) <= level) seen.add(next);
    }
    return [...seen];
  };
  const levels = [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);
  const basins = values.flatMap((value, cell): Basin[] => {
    if (!Number.isFinite(value)) return [];
    const at = levels.findIndex((level) => level >= value && reached(cell, level).some((other) => older(other, cell)));
    const level = levels[at];
    if (level === undefined) return [{ cell, value, depth: null }];
    return level > value ? [{ cell, value, depth: level - value }] : [];
  });
  const depth = (basin: Basin) => basin.depth ?? Number.MAX_VALUE;
  return basins.sort((a, b) => depth(b) - depth(a) || (a.depth === null ? a.value - b.value : 0) || a.cell - b.cell);
}

function neighbours(sizes: number[], cell: number): number[] {
  return sizes.flatMap((size, axis) => {
    const stride = sizes.slice(axis + 1).reduce((product, next) => product * next, 1);
    const digit = Math.floor(cell / stride) % size;
    return [...(digit > 0 ? [cell - stride] : []), ...(digit < size - 1 ? [cell + stride] : [])];
  });
}

describe("the basins of a function on a grid", () => {
  test("of a curve: the deepest has no depth, the others that of their lower pass", () => {
    expect(found([9], [5, 1, 4, 2, 6, 0, 3, 2.5, 7])).toEqual([
      { cell: 5, value: 0, depth: null },
      { cell: 1, value: 1, depth: 5 },
      { cell: 3, value: 2, depth: 2 },
      { cell: 7, value: 2.5, depth: 0.5 },
    ]);
  });

  test("of a map: a pass may lie on either axis, and corners do not touch", () => {
    const map = [
      [0, 9, 1],
      [9, 9, 4],
      [2, 5, 3],
    ];
    expect(found([3, 3], map.flat())).toEqual([
      { cell: 0, value: 0, depth: null },
      { cell: 2, value: 1, depth: 8 },
      { cell: 6, value: 2, depth: 3 },
      { cell: 8, value: 3, depth: 1 },
    ]);
  });

  test("a flat function is one basin, and so is one cell", () => {
    expect(found([2, 3], [1, 1, 1, 1, 1, 1])).toEqual([{ cell: 0, value: 1, depth: null }]);
    expect(found([1, 1, 1], [-2])).toEqual([{ cell: 0, value: -2, depth: null }]);
  });

  test("cells that are not finite are walls, and 0 and -0 are the same", () => {
    expect(found([5], [1, Number.POSITIVE_INFINITY, -3, Number.NaN, 2])).toEqual([
      { cell: 2, value: -3, depth: null },
      { cell: 0, value: 1, depth: null },
      { cell: 4, value: 2, depth: null },
    ]);
    expect(found([3], [0, -0, 0])).toEqual([{ cell: 0, value: 0, depth: null }]);
    expect(found([2], [Number.NaN, Number.NEGATIVE_INFINITY])).toEqual([]);
  });

  test("agree with a flood at every level on any grid, however many values are equal", () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.float({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(Number.NaN, Infinity, -0),
    );
    const grids = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }).chain((sizes) => {
      const cells = sizes.reduce((product, size) => product * size, 1);
      return fc.record({ sizes: fc.constant(sizes), values: fc.array(value, { minLength: cells, maxLength: cells }) });
    });
    fc.assert(
      fc.property(grids, fc.constantFrom(0, 0.5, 2), ({ sizes, values }, shallowest) => {
        const bare = ({ cell, value: bottom, depth }: Basin) => [cell, bottom + 0, depth];
        const expected = naive(sizes, values).filter(({ depth }) => depth === null || depth > shallowest);
        expect(found(sizes, values, shallowest).map(bare)).toEqual(expected.map(bare));
      }),
      { numRuns: 300 },
    );
  });

  test("report work, so that a large grid can be left", () => {
    const draw = uniforms(3);
    let work = 0;
    const pace = { advance() {}, work: (units: number) => (work += units) };
    const basins = basinsOf([300, 400], Float32Array.from({ length: 120_000 }, draw), 0.5, pace);
    expect(work).toBeGreaterThan(120_000);
    expect(basins.length).toBeGreaterThan(1);
    expect(basins.every(({ depth }) => depth === null || depth > 0.5)).toBe(true);
  });
});
