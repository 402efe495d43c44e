import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paced } from "../../../src/engine/control.ts";
import type { Cloud } from "../../../src/engine/tgefd/cloud.ts";
import { componentsOf, stableOf } from "../../../src/engine/tgefd/components.ts";
import { distancesOf } from "../../../src/engine/tgefd/distances.ts";
import { loopsOf } from "../../../src/engine/tgefd/loops.ts";
import { spanningTree } from "../../../src/engine/tgefd/tree.ts";
import { idle, uniforms } from "../support.ts";

/** Points of up to five coordinates; the rest is 0. */
const cloudOf = (points: readonly (readonly number[])[]): Cloud =>
  [0, 1, 2, 3, 4].map((axis) => Float64Array.from(points, (point) => point[axis] ?? 0));
const loops = (points: readonly (readonly number[])[]) => loopsOf(distancesOf(cloudOf(points), idle), 0, idle);
const components = (points: readonly (readonly number[])[], radius: number) =>
  componentsOf(spanningTree(cloudOf(points), idle), points.length, radius);

describe("components", () => {
  test("two pairs on a line", () => {
    const found = components([[0], [0.05], [1], [1.05]], 0.2);
    expect(stableOf(found, 1)).toEqual([
      { members: [0, 1], death: 0.95 },
      { members: [2, 3], death: 0.95 },
    ]);
    expect(stableOf(found, 3)).toEqual([]);
  });
  test("a cloud that is one component has none that is stable", () => {
    expect(stableOf(components([[0], [0.1], [0.2]], 0.2), 1)).toEqual([]);
    expect(stableOf(components([[0]], 0.2), 1)).toEqual([]);
  });
  test("merges in single precision", () => {
    const { length } = spanningTree(cloudOf([[0], [0.05], [1], [1.05]]), idle);
    expect(Float32Array.from(length).sort()).toEqual(Float32Array.of(0.05, 0.05, 0.95));
  });

  test("those of every pair within the radius", () => {
    const point = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 3 }), (points, radius) => {
        const label = points.map((_, index) => index);
        for (let round = 0; round < points.length; round += 1)
          points.forEach((one, i) => {
            points.forEach((other, j) => {
              if (Math.hypot((one[0] as number) - (other[0] as number), (one[1] as number) - (other[1] as number)) <= radius)
                label[j] = Math.min(label[i] as number, label[j] as number);
            });
          });
        const expected = [...new Set(label)].map((value) => label.flatMap((other, index) => (other === value ? [index] : [])));
        expect(components(points, radius).map(({ members }) => members)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe("loops", () => {
  test("a unit square, its diagonal in single precision", () => {
    expect(
      loops([
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
    ).toEqual([{ birth: 1, death: Math.fround(Math.SQRT2) }]);
  });
  test("twenty points on a circle", () => {
    const circle = Array.from({ length: 20 }, (_, index) => [Math.cos((index * Math.PI) / 10), Math.sin((index * Math.PI) / 10)]);
    const [bar, ...others] = loops(circle);
    expect(others).toEqual([]);
    expect(bar?.birth).toBeCloseTo(0.31286892, 7);
    expect(bar?.death).toBeCloseTo(1.78201306, 7);
  });
  test("none on a line, and none of fewer than four points", () => {
    expect(loops([[0], [0.05], [1], [1.05]])).toEqual([]);
    expect(
      loops([
        [0, 0],
        [1, 0],
        [0, 1],
      ]),
    ).toEqual([]);
    expect(loops([[0]])).toEqual([]);
  });

  /** The textbook: every simplex up to triangles in one order, the boundary matrix reduced column by column. */
  function reduced(points: readonly (readonly number[])[]): string[] {
    const { lower, enclosing } = distancesOf(cloudOf(points), idle);
    const length = (i: number, j: number) => lower[(i * (i - 1)) / 2 + j] as number;
    const edges = points
      .flatMap((_, i) => points.slice(0, i).map((_, j) => ({ i, j, at: length(i, j) })))
      .filter(({ at }) => at <= enclosing)
      .sort((a, b) => a.at - b.at);
    const index = new Map(edges.map(({ i, j }, place) => [`${i} ${j}`, place]));
    const triangles = points.flatMap((_, i) =>
      points.slice(0, i).flatMap((_, j) =>
        points.slice(0, j).flatMap((_, k) => {
          const sides = [index.get(`${i} ${j}`), index.get(`${i} ${k}`), index.get(`${j} ${k}`)];
          if (sides.includes(undefined)) return [];
          const column = (sides as number[]).sort((a, b) => b - a);
          return [{ column: new Set(column), at: edges[column[0] as number]?.at as number, last: column[0] as number }];
        }),
      ),
    );
    const columns = new Map<number, Set<number>>();
    const bars: string[] = [];
    for (const { column, at } of triangles.sort((a, b) => a.last - b.last)) {
      for (;;) {
        const pivot = Math.max(...column);
        const other = columns.get(pivot);
        if (column.size === 0) break;
        if (!other) {
          columns.set(pivot, column);
          const birth = edges[pivot]?.at as number;
          if (at > birth) bars.push(`${birth} ${at}`);
          break;
        }
        for (const edge of other) if (!column.delete(edge)) column.add(edge);
      }
    }
    return bars.sort();
  }

  const coordinate = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 3, noNaN: true }));
  const lattice = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }), { minLength: 4, maxLength: 14 });
  const free = fc.array(fc.array(coordinate, { minLength: 2, maxLength: 5 }), { minLength: 4, maxLength: 14 });
  /** Twins: as neighbouring thresholds make them. */
  const twins = lattice.map((points) =>
    points
      .flatMap(([a = 0, b = 0]) => [
        [a, b, 0.01],
        [a, b, 0.03],
      ])
      .slice(0, 14),
  );

  test.each([
    ["on a lattice, with ties and equal points", lattice],
    ["anywhere", free],
    ["in near pairs", twins],
  ])("those of the boundary matrix: points %s", (_, clouds) => {
    fc.assert(
      fc.property(clouds, (points) => {
        expect(
          loops(points)
            .map(({ birth, death }) => `${birth} ${death}`)
            .sort(),
        ).toEqual(reduced(points));
      }),
      { numRuns: 150 },
    );
  });

  test("the same bars for the points in any order, also in batches of edges", () => {
    const draw = uniforms(11);
    const points = Array.from({ length: 1_100 }, (_, index) => [
      Math.floor(index / 100),
      (index % 10) / 2,
      0.001 * (index % 7),
      Math.floor(4 * draw()),
      draw(),
    ]);
    const bars = (rows: readonly (readonly number[])[]) =>
      loops(rows)
        .map(({ birth, death }) => `${birth} ${death}`)
        .sort();
    const straight = bars(points);
    expect(straight.length).toBeGreaterThan(100);
    expect(bars(points.toReversed())).toEqual(straight);
  });

  test("a thousand points report their work and stop when told to", () => {
    const draw = uniforms(5);
    const points = Array.from({ length: 1_000 }, () => [draw(), draw(), draw()]);
    let reports = 0;
    const stop = new Error("stop");
    const run = (limit: number) => {
      reports = 0;
      const pace = paced({
        advance() {
          reports += 1;
          if (reports === limit) throw stop;
        },
      });
      loopsOf(distancesOf(cloudOf(points), pace), 0, pace);
    };
    run(Number.POSITIVE_INFINITY);
    const all = reports;
    expect(all).toBeGreaterThan(20);
    expect(() => run(Math.floor(all / 2))).toThrow(stop);
  });
});
