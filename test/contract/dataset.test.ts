import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHeader, decodeTable, encodeTable, headerOf, MAX_HEADER_BYTES, tableOf } from "../../src/contract/dataset.ts";

describe("a table", () => {
  test("survives its stored form, bit for bit", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const columns = fc.integer({ min: 2, max: 30 }).chain((rows) =>
      fc.dictionary(
        fc.stringMatching(/^[a-z]\w{0,8}$/).filter((name) => !["sin", "cos", "exp", "log", "sqrt"].includes(name)),
        fc.array(number, { minLength: rows, maxLength: rows }),
        {
          minKeys: 1,
          maxKeys: 5,
        },
      ),
    );
    fc.assert(
      fc.property(columns, (given) => {
        const table = tableOf(given);
        const bytes = encodeTable(table);
        expect(decodeTable(bytes)).toEqual(table);
        expect(decodeTable(Buffer.from(bytes))).toEqual(table);
        expect(decodeHeader(bytes).header).toEqual(headerOf(table));
      }),
    );
  });

  test.each([
    ["no columns", {}, "dataset_empty", /no columns/],
    ["no rows", { a: [] }, "dataset_empty", /no rows/],
    ["columns of different length", { a: [1, 2], b: [1] }, "dataset_ragged", /"b" has 1 values but "a" has 2/],
    ["a value that is not a number", { a: [1, Number.NaN] }, "dataset_not_numeric", /Row 2 of column "a" is NaN/],
    ["a value that is not finite", { a: [Number.POSITIVE_INFINITY, 1] }, "dataset_not_numeric", /Row 1/],
    ["a name that no formula can hold", { "a b": [1, 2] }, "column_name_invalid", /"a b"/],
    ["the name of a function", { sin: [1, 2] }, "column_name_invalid", /"sin"/],
    ["a name that reaches the prototype", Object.fromEntries([["__proto__", [1, 2]]]), "column_name_invalid", /__proto__/],
  ])("with %s is refused", (_, columns, code, text) => {
    expect(() => tableOf(columns)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
  });

  test("as wide as it may be and with the longest units is read back from the bytes that a gateway reads", () => {
    for (const character of ["é", "\u0001", "€"]) {
      const names = Array.from({ length: 4_096 }, (_, index) => `c${index}`.padEnd(64, "x"));
      const columns = Object.fromEntries(names.map((name) => [name, [1, 1]]));
      const table = tableOf(columns, Object.fromEntries(names.map((name) => [name, character.repeat(64)])));
      const bytes = encodeTable(table);
      expect(decodeHeader(bytes.subarray(0, MAX_HEADER_BYTES)).header).toEqual(headerOf(table));
    }
  });

  test("whose header could not be read back is refused before it is stored", () => {
    const table = tableOf({ a: [1, 2] }, { a: "m".repeat(MAX_HEADER_BYTES) });
    expect(() => encodeTable(table)).toThrow(expect.objectContaining({ code: "dataset_too_large" }));
  });

  test("has one stored form, however its units are ordered", () => {
    const columns = { a: [1, 2], b: [3, 4], c: [5, 6] };
    const [forth, back] = [tableOf(columns, { a: "m", c: "s" }), tableOf(columns, { c: "s", a: "m" })];
    expect(Buffer.compare(encodeTable(forth), encodeTable(back))).toBe(0);
    expect(decodeTable(encodeTable(back)).units).toEqual({ a: "m", c: "s" });
  });

  test("may name its columns like what every object inherits", () => {
    const table = tableOf({ constructor: [1, 2], toString: [3, 4], valueOf: [5, 6], hasOwnProperty: [7, 8] }, { valueOf: "m" });
    expect(decodeTable(encodeTable(table))).toEqual(table);
    expect(headerOf(table)).toMatchObject({ columns: ["constructor", "toString", "valueOf", "hasOwnProperty"], units: { valueOf: "m" } });
    expect(() => tableOf({ a: [1, 2] }, { toString: "m" } as Record<string, string>)).toThrow(
      expect.objectContaining({ code: "column_unknown" }),
    );
  });

  test("with a header that is no JSON is corrupt", () => {
    for (const length of ["00000000", "00000003", "-0000001"]) {
      const bytes = new TextEncoder().encode(`orrery-table-1\n${length}\n{a}          `);
      expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ code: "artifact_corrupt" }));
    }
  });

  test("refuses a stored form that was cut", () => {
    const bytes = encodeTable(tableOf({ a: [1, 2, 3] }));
    expect(() => decodeTable(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: "artifact_corrupt" }));
    expect(() => decodeHeader(bytes.subarray(0, 20))).toThrow(expect.objectContaining({ code: "artifact_corrupt" }));
  });

  test("knows which columns are constant", () => {
    expect(headerOf(tableOf({ a: [1, 2], b: [3, 3] })).constant).toEqual(["b"]);
  });
});
