import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHeader, decodeTable, encodeTable, headerOf, tableOf } from "../../src/contract/dataset.ts";

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
    ["one row", { a: [1], b: [2] }, "dataset_too_few_rows", /1 row/],
    ["columns of different length", { a: [1, 2], b: [1] }, "dataset_ragged", /"b" has 1 values but "a" has 2/],
    ["a value that is not a number", { a: [1, Number.NaN] }, "dataset_not_numeric", /Row 2 of column "a" is NaN/],
    ["a value that is not finite", { a: [Number.POSITIVE_INFINITY, 1] }, "dataset_not_numeric", /Row 1/],
    ["a name that no formula can hold", { "a b": [1, 2] }, "column_name_invalid", /"a b"/],
    ["the name of a function", { sin: [1, 2] }, "column_name_invalid", /"sin"/],
    ["a name that reaches the prototype", Object.fromEntries([["__proto__", [1, 2]]]), "column_name_invalid", /__proto__/],
  ])("with %s is refused", (_, columns, code, text) => {
    expect(() => tableOf(columns)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
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
