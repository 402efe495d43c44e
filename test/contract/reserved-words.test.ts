import { spawnSync } from "node:child_process";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { column, constant, power, product, sum } from "../../src/contract/expression.ts";
import { printJavaScript, printPython, printText } from "../../src/contract/formula-print.ts";
import { JAVASCRIPT_WORDS, PYTHON_WORDS } from "../../src/contract/reserved-words.ts";

const WORDS = [...new Set([...PYTHON_WORDS, ...JAVASCRIPT_WORDS, "a"])];
const law = (name: string) => product([constant(3), power(column(name), constant(2))]);

test("columns that are named like words of JavaScript make laws that it computes", () => {
  for (const word of WORDS) {
    const name = JAVASCRIPT_WORDS.includes(word) ? `${word}_` : word;
    expect(runInNewContext(`"use strict"; ${printJavaScript(law(word))}`, { [name]: 2 })).toBe(12);
  }
});

const python = spawnSync("python3", ["-c", "import keyword; print(' '.join(keyword.kwlist))"], { encoding: "utf8" });

test.runIf(python.status === 0)("columns that are named like words of Python make laws that it computes", () => {
  expect(PYTHON_WORDS).toEqual(expect.arrayContaining(python.stdout.trim().split(" ")));
  const lines = WORDS.map(
    (word) => `f = lambda ${PYTHON_WORDS.includes(word) ? `${word}_` : word}: ${printPython(law(word))}\nassert f(2) == 12`,
  );
  const { status, stderr } = spawnSync("python3", ["-c", lines.join("\n")], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("a renamed column is another than those beside it, and only a program needs the name", () => {
  const both = sum([column("class"), column("class_")]);
  expect(printPython(both)).toBe("class__ + class_");
  expect(printJavaScript(both)).toBe("class__ + class_");
  expect(printText(both)).toBe("class + class_");
  expect([printPython(law("lambda")), printJavaScript(law("lambda"))]).toEqual(["3*lambda_**2", "3*lambda**2"]);
});
