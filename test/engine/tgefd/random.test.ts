import { expect, test } from "vitest";
import { generator } from "../../../src/engine/tgefd/random.ts";

// Every number below is what NumPy 2.4.6 prints for default_rng of the seed.

const normals = (seed: number, count: number) => {
  const source = generator(seed);
  return Array.from({ length: count }, () => source.normal());
};
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

test("the raw stream of seed 123", () => {
  const source = generator(123);
  const draws = Array.from({ length: 3 }, () => {
    source.next();
    return (BigInt(source.high) << 32n) | BigInt(source.low);
  });
  expect(draws).toEqual([12587170189557361101n, 992822559630912803n, 4064922177151560342n]);
});

test.each([
  [42, [0.30471707975443135, -1.0399841062404955, 0.7504511958064572, 0.9405647163912139, -1.9510351886538364]],
  [0, [0.1257302210933933, -0.1321048632913019, 0.6404226504432821, 0.10490011715303971, -0.535669373161111]],
  [7, [0.0012301533574825742, 0.2987455375084699, -0.2741378553622176]],
  [4_294_967_296 * 7 + 3, [-1.0833562250827422]],
  [Number.MAX_SAFE_INTEGER, [0.48775691464104814]],
  [2 ** 200, [-1.335893891910243]],
])("the normals of seed %d, to the bit", (seed, expected) => {
  expect(normals(seed, expected.length)).toEqual(expected);
});

test("a long stream, with draws from the tail, and choices of every kind between the normals", () => {
  const source = generator(2024);
  const drawn = Array.from({ length: 10_000 }, () => source.normal());
  expect(drawn.filter((value) => Math.abs(value) > 3.654)).toHaveLength(5);
  expect(drawn.at(-1)).toBe(1.773833172893165);
  const shuffled = source.choice(20_000, 5_001).sort((a, b) => a - b);
  expect([...shuffled.slice(0, 4), ...shuffled.slice(-2), total(shuffled)]).toEqual([1, 2, 35, 39, 19_996, 19_997, 50_218_117]);
  expect(source.normal()).toBe(0.20447121350370948);
  expect(total(source.choice(5_200, 5_000))).toBe(12_978_970);
  expect(source.normal()).toBe(1.3243922562303982);
  expect(source.choice(9, 3)).toEqual([5, 4, 6]);
  expect(source.normal()).toBe(0.23569680078362495);
});

test("four of ten with seed 123, in the order drawn", () => {
  expect(generator(123).choice(10, 4)).toEqual([5, 8, 0, 9]);
});

test("the ancestor's noisy sine", () => {
  const source = generator(1);
  const y = [0, 2.5, 5, 7.5, 10].map((x) => x + 2 * Math.sin(x) + 0.05 * source.normal());
  [0.0172792096, 3.73802519538, 3.09867330448, 9.31084209197, 8.95722557155].forEach((value, row) => {
    expect(y[row]).toBeCloseTo(value, 10);
  });
});
