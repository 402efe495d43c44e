import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { described, dimensionOf, isPure, isSame, times } from "../../src/contract/units.ts";

describe("the dimension of a unit", () => {
  test.each([
    ["m/s^2", "length time^-2"],
    ["kg m^2 s^-2", "length^2 mass time^-2"],
    ["kg·m²/s²", "length^2 mass time^-2"],
    ["kg m2 s-2", "length^2 mass time^-2"],
    ["kg.m**2*s**(-2)", "length^2 mass time^-2"],
    ["J/(kg K)", "length^2 temperature^-1 time^-2"],
    ["J/kg/K", "length^2 temperature^-1 time^-2"],
    ["J s", "length^2 mass time^-1"],
    ["AU", "length"],
    ["d", "time"],
    ["nm", "length"],
    ["1/nm", "length^-1"],
    ["km/s", "length time^-1"],
    ["km/s/Mpc", "time^-1"],
    ["miles per hour", "length time^-1"],
    ["inHg", "length^-1 mass time^-2"],
    ["Pa", "length^-1 mass time^-2"],
    ["kcal/d", "length^2 mass time^-3"],
    ["kW", "length^2 mass time^-3"],
    ["mV", "current^-1 length^2 mass time^-3"],
    ["kΩ", "current^-2 length^2 mass time^-3"],
    ["V/A", "current^-2 length^2 mass time^-3"],
    ["µm", "length"],
    ["μm", "length"],
    ["Å", "length"],
    ["min", "time"],
    ["minutes", "time"],
    ["inches", "length"],
    ["kilometres", "length"],
    ["Gyr", "time"],
    ["s⁻¹", "time^-1"],
    ["ft-lb", "length mass"],
    ["m^(1/2)", "length^0.5"],
    ["10^6 m^-3", "length^-3"],
    ["[mol/L]", "amount length^-3"],
    ["°C", "temperature"],
    ["cd", "luminosity"],
  ])("%s is %s", (unit, dimension) => {
    expect(described(dimensionOf(unit))).toBe(dimension);
  });

  test.each(["", " ", "-", "1", "%", "°", "rad", "deg", "mrad", "m/m", "percent", "10^-3", "km/mi", "rad^2", "′′"])(
    "%j is a pure number",
    (unit) => {
      expect(isPure(dimensionOf(unit))).toBe(true);
    },
  );

  test("of an unknown word is one of its own", () => {
    expect(described(dimensionOf("punti"))).toBe('"punti"');
    expect(described(dimensionOf("sheep/km^2"))).toBe('"sheep" length^-2');
    expect(described(dimensionOf("__proto__"))).toBe('"__proto__"');
    expect(isSame(dimensionOf("sheep"), dimensionOf("cows"))).toBe(false);
    expect(isPure(dimensionOf("sheep/sheep"))).toBe(true);
  });

  test("of a text that is no unit is one of its own too", () => {
    for (const text of [
      "m/",
      "(m",
      "m)",
      "???",
      "m^^2",
      "^2",
      "m^(1/0)",
      "/s",
      "* m",
      "kg m^2 s^-2 and so on, and more, and much more than can be a unit",
    ])
      expect(described(dimensionOf(text))).toBe(JSON.stringify(text));
  });

  test("is found for any text, and products and powers of units are those of their dimensions", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80, unit: "grapheme" }), (text) => {
        expect([...dimensionOf(text).values()].every(Number.isFinite)).toBe(true);
      }),
    );
    const unit = fc.constantFrom("m", "kg", "s", "km/h", "N m", "sheep", "1/K", "%");
    fc.assert(
      fc.property(unit, unit, fc.integer({ min: -4, max: 4 }), (a, b, exponent) => {
        expect(isSame(dimensionOf(`(${a}) (${b})^${exponent}`), times(dimensionOf(a), dimensionOf(b), exponent))).toBe(true);
      }),
    );
  });
});
