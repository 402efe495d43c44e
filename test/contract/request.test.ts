import { describe, expect, test } from "vitest";
import { parseDocument } from "../../src/contract/parse.ts";
import { discoverRequest, evaluateRequest } from "../../src/contract/request.ts";

const dataset = { source: "inline", columns: { a: [1, 2, 3], T: [1, 4, 9] } };

describe("a request", () => {
  test("needs a dataset and nothing else", () => {
    expect(parseDocument(discoverRequest, { dataset })).toMatchObject({
      schema_version: 2,
      decision: { method: "v2", false_acceptance: 0.025, holdout_fraction: 0.2 },
      noise: { levels: [0.01, 0.05], trials: 5 },
      seed: 42,
      budget: { deadline_seconds: 3600 },
      priority: 3,
      reuse: true,
    });
  });

  test("may give every documented key", () => {
    const full = {
      schema_version: 2,
      dataset: { ...dataset, units: { a: "AU", T: "d" } },
      target: "T",
      inputs: ["a"],
      hypothesis: {
        terms: ["1", "a^p", "sin(a)"],
        exponents: { p: { from: -4, to: 4, step: 0.25 } },
        transforms: ["identity", "reciprocal", "log"],
        max_terms: 3,
      },
      noise: { levels: [0, 0.01, 0.05], trials: 5 },
      decision: { method: "v2", false_acceptance: 0.025, holdout_fraction: 0.2 },
      seed: 42,
      budget: { max_fits: 100_000_000, deadline_seconds: 3600 },
      priority: 3,
      callback_url: "https://example.org/hook",
      narrative: true,
      reuse: true,
    };
    expect(parseDocument(discoverRequest, full)).toEqual(full);
  });

  test.each([
    ["an unknown key", { dataset, targte: "T" }, "invalid_request", "/targte"],
    ["an unknown key inside", { dataset, noise: { level: 1 } }, "invalid_request", "/noise/level"],
    ["no dataset", {}, "invalid_request", "/dataset"],
    [
      "a value that is text",
      { dataset: { source: "inline", columns: { "a/b": [1, "2"] } } },
      "dataset_not_numeric",
      "/dataset/columns/a~1b/1",
    ],
    ["a value that is null", { dataset: { source: "inline", columns: { a: [null, 2] } } }, "dataset_not_numeric", "/dataset/columns/a/0"],
    [
      "a grid that ends before it begins",
      { dataset, hypothesis: { exponents: { p: { from: 1, to: 0, step: 1 } } } },
      "invalid_request",
      "/hypothesis/exponents/p",
    ],
    ["a list instead of a document", [], "invalid_request", ""],
  ])("with %s is refused, with a pointer to it", (_, document, code, pointer) => {
    expect(() => parseDocument(discoverRequest, document)).toThrow(
      expect.objectContaining({ code, faults: expect.arrayContaining([expect.objectContaining({ pointer })]) }),
    );
  });

  test("to evaluate needs a law", () => {
    expect(() => parseDocument(evaluateRequest, { dataset })).toThrow(
      expect.objectContaining({ code: "invalid_request", faults: [expect.objectContaining({ pointer: "/law" })] }),
    );
  });

  test.each([
    [{ hypotesis: {}, dataset }, '/hypotesis is not a known key; did you mean "hypothesis"?'],
    [{ dataset: { ...dataset, unit: {} } }, '/dataset/unit is not a known key; did you mean "units"?'],
    [{}, "/dataset is missing; it must be an object."],
    [{ dataset: { source: "file" } }, '/dataset/source must be "inline", "stored" or "uri", not "file".'],
    [{ dataset, hypothesis: { max_terms: 9 } }, "/hypothesis/max_terms must be at most 6, not 9."],
    [{ dataset, seed: 1.5 }, "/seed must be a whole number, not 1.5."],
    [
      { dataset, hypothesis: { transforms: ["cube"] } },
      '/hypothesis/transforms/0 must be "identity" or "reciprocal" or "log", not "cube".',
    ],
  ])("%j is refused in words: %s", (document, sentence) => {
    expect(() => parseDocument(discoverRequest, document)).toThrow(expect.objectContaining({ message: sentence }));
  });

  test("with many faults lists the first twenty", () => {
    const many = { dataset, ...Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`extra_${index}`, index])) };
    const faults = Array.from({ length: 20 }, (_, index) => expect.objectContaining({ pointer: `/extra_${index}` }));
    expect(() => parseDocument(discoverRequest, many)).toThrow(expect.objectContaining({ faults }));
  });
});
