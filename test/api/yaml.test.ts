import { describe, expect, test } from "vitest";
import { parseYaml } from "../../src/api/body/yaml.ts";
import { EXAMPLES } from "../../src/api/examples.ts";
import { OrreryError } from "../../src/contract/errors.ts";
import { readTgefd } from "../../src/contract/tgefd-data.ts";

describe("plain scalars, as PyYAML reads them", () => {
  // The right side is what yaml.safe_load gives for the left.
  test.each<[string, unknown]>([
    ["1e-6", "1e-6"],
    ["1.0e-6", 1e-6],
    ["1.5e3", "1.5e3"],
    ["1.5e+3", 1500],
    ["-.5", "-.5"],
    [".5", 0.5],
    ["2.", 2],
    ["+12", 12],
    ["1_000", 1000],
    ["010", 8],
    ["08", "08"],
    ["0x1F", 31],
    ["-0b101", -5],
    ["1:30", 90],
    ["-1:30:00", -5400],
    ["yes", true],
    ["Off", false],
    ["y", "y"],
    ["N", "N"],
    ["~", null],
    ["", null],
    ["-.inf", Number.NEGATIVE_INFINITY],
    ["2024-01-01", "2024-01-01"],
    ['"1.0"', "1.0"],
    ["1.0", 1],
  ])("%o", (text, value) => {
    expect(parseYaml(`a: ${text}`)).toEqual({ a: value });
  });

  test("a key named y stays one", () => {
    expect(parseYaml("x: {values: [1]}\ny: {values: [2]}\nn: 3")).toEqual({ x: { values: [1] }, y: { values: [2] }, n: 3 });
  });

  test("anchors and merge keys", () => {
    expect(parseYaml("a: &a {k: 1}\nb: *a\nc: {<<: *a, m: 2}")).toEqual({ a: { k: 1 }, b: { k: 1 }, c: { k: 1, m: 2 } });
  });
});

describe("what is no document", () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${"bcdefghi"
    .split("")
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(", ")}]`)
    .join("\n")}`;
  test.each([
    ["a bracket that does not close", "a: [1, 2"],
    ["a key that occurs twice", "a: 1\na: 2"],
    ["two documents", "a: 1\n---\nb: 2"],
    ["a tab as indentation", "a:\n\tb: 1"],
    ["an alias of nothing", "a: *b"],
    ["aliases that expand without end", bomb],
    ["brackets without end", "[".repeat(50_000)],
  ])("%s", (_, text) => {
    let refusal: unknown;
    try {
      parseYaml(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(OrreryError);
    expect(refusal).toMatchObject({ code: "malformed_yaml" });
    expect((refusal as OrreryError).message.length).toBeLessThan(400);
  });
});

test("numbers that YAML 1.1 takes for texts are numbers again in a document of the ancestor", () => {
  const text = EXAMPLES.tgefd.replace("lambda: [0.01]", "lambda: [1e-6, 1e-2]").replace("[1, 2, 3, 4]", "[1e0, 2, 3, 4]");
  const { document, data } = readTgefd(parseYaml(text));
  expect(document.hypothesis_space.regularization.lambda).toEqual([1e-6, 1e-2]);
  expect(data).toEqual({ columns: { x0: [1, 2, 3, 4], y: [2, 4, 6, 8] } });
});
