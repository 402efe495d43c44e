import { describe, expect, test } from "vitest";
import type { TgefdImage } from "../../../src/engine/tgefd/document.ts";
import { imageOf } from "../../../src/engine/tgefd/image.ts";
import { idle } from "../support.ts";

const DEFAULT: TgefdImage = {
  birth_range: [0, 1],
  pers_range: [0, 1],
  pixel_size: 0.05,
  weight: { params: {} },
  kernel: { type: "gaussian", params: {} },
};
const BAR = { birth: 0.2, death: 0.8 };
const BARS = [BAR, { birth: 0, death: 1 }, { birth: 0.5, death: 0.55 }];

const ENERGY = {
  box: 0.07157815876718261,
  smallBox: 0.10735455276791946,
  correlated: 0.041410403209339815,
  opposed: 0.12274308681142311,
  narrow: 0.0900396513154048,
  weak: 0.12562194721104292,
  stretched: 0.12985405742907613,
  scalar: 0.11141895591154011,
};

describe("a persistence image", () => {
  test("of one bar", () => {
    const { width, height, pixels, energy } = imageOf([BAR], DEFAULT, idle);
    expect([width, height]).toEqual([20, 20]);
    expect(pixels.reduce((sum, pixel) => sum + pixel, 0)).toBeCloseTo(0.2812790605, 10);
    expect(Math.max(...pixels)).toBeCloseTo(0.0028175944584, 12);
    expect(pixels[0]).toBeCloseTo(7.814577e-5, 11);
    expect(energy).toBeCloseTo(0.0214072989, 10);
  });
  test("of two bars, of a loop of a unit square, of none", () => {
    expect(imageOf([{ birth: 0, death: 1 }, BAR], DEFAULT, idle).energy).toBeCloseTo(0.0463235972, 10);
    expect(imageOf([{ birth: 1, death: Math.fround(Math.SQRT2) }], DEFAULT, idle).energy).toBeCloseTo(0.0076198322, 10);
    expect(imageOf([], DEFAULT, idle)).toMatchObject({ pixels: new Float64Array(400), energy: 0 });
  });
  test("a range that the pixels do not divide loses the rest", () => {
    const { width, height } = imageOf([BAR], { ...DEFAULT, birth_range: [0, 0.3], pixel_size: 0.1 }, idle);
    expect([width, height]).toEqual([2, 10]);
  });
  test("a bar far outside keeps a positive energy", () => {
    const { energy } = imageOf([{ birth: 5, death: 5.001 }], DEFAULT, idle);
    expect(energy).toBeGreaterThan(0);
    expect(energy).toBeLessThan(1e-70);
  });

  // Energies as persim 0.4.1 has them.
  test.each([
    [{ ...DEFAULT, pixel_size: 0.1, kernel: { type: "uniform" as const, params: {} } }, ENERGY.box],
    [
      { ...DEFAULT, weight: { params: { n: 1 } }, kernel: { type: "uniform" as const, params: { width: 0.3, height: 0.5 } } },
      ENERGY.smallBox,
    ],
    [
      withSigma([
        [0.05, 0.02],
        [0.02, 0.05],
      ]),
      ENERGY.correlated,
    ],
    [
      withSigma([
        [0.05, -0.047],
        [-0.047, 0.05],
      ]),
      ENERGY.opposed,
    ],
    [
      {
        ...withSigma([
          [0.05, 0.049],
          [0.049, 0.05],
        ]),
        birth_range: [0, 1.2],
        pers_range: [0, 0.9],
        pixel_size: 0.07,
      },
      ENERGY.narrow,
    ],
    [
      {
        ...withSigma([
          [0.02, 0.004],
          [0.004, 0.04],
        ]),
        weight: { params: { n: 1.5 } },
        pixel_size: 0.1,
      },
      ENERGY.weak,
    ],
    [
      {
        ...withSigma([
          [0.02, 0],
          [0, 0.04],
        ]),
        birth_range: [0, 0.3],
        pixel_size: 0.1,
      },
      ENERGY.stretched,
    ],
    [{ ...withSigma(0.03), pixel_size: 0.1 }, ENERGY.scalar],
  ])("another kernel: %#", (config, energy) => {
    expect(Math.abs(imageOf(BARS, config, idle).energy / energy - 1)).toBeLessThan(1e-13);
  });

  test("what cannot be drawn is refused", () => {
    expect(() => imageOf([BAR], { ...DEFAULT, birth_range: [1, 1] }, idle)).toThrow("birth_range [1, 1]");
    expect(() => imageOf([BAR], { ...DEFAULT, pers_range: [] }, idle)).toThrow("pers_range []");
    expect(() => imageOf([BAR], { ...DEFAULT, pixel_size: 0 }, idle)).toThrow("pixel_size 0");
    expect(() => imageOf([BAR], { ...DEFAULT, pixel_size: 1e-9 }, idle)).toThrow("more than 1000000");
    expect(() =>
      imageOf(
        [BAR],
        withSigma([
          [1, 2],
          [2, 1],
        ]),
        idle,
      ),
    ).toThrow("is not a covariance");
  });
});

function withSigma(sigma: number | number[][]): TgefdImage {
  return { ...DEFAULT, kernel: { type: "gaussian", params: { sigma } } };
}
