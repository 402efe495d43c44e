import { readdirSync, readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { headerOf, tableOf } from "../../src/contract/dataset.ts";
import type { Kind } from "../../src/contract/names.ts";
import { result as resultSchema } from "../../src/contract/result.ts";
import { planTgefd } from "../../src/contract/tgefd-plan.ts";
import { parseTgefd } from "../../src/contract/tgefd-request.ts";
import { reproduce } from "../../src/engine/reproduction.ts";
import { changed, type Document } from "../contract/tgefd-documents.ts";

function reproduced(document: Document, kind: Kind = "discover") {
  const request = parseTgefd(document);
  if (request.dataset.source !== "inline") throw new Error("the dataset is not inline");
  const table = tableOf(request.dataset.columns);
  const names = { kind, dataset: "sha256:d", config: "sha256:c" };
  const advanced: number[] = [];
  const found = reproduce(request, planTgefd(request, headerOf(table), kind), table, names, { advance: (fits) => advanced.push(fits) });
  return { ...found, table, advanced };
}

const folder = new URL("../fixtures/tgefd/", import.meta.url);

describe("what the ancestor answered, as a result of version 2", () => {
  for (const name of readdirSync(folder)) {
    test(name, () => {
      const { request, endpoint, expected } = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
      const { result, evidence, table } = reproduced(request, endpoint);

      expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
      expect(result).toMatchObject({ kind: endpoint, verdict: expected.status, method: { name: "tgefd-v1" }, seed: request.run.seed });
      expect(result.reasons).toEqual(expected.status === "accepted" ? [] : [expected.decision.reason]);
      expect(result.tgefd).toMatchObject({ status: expected.status, decision: expected.decision, config_hash: "sha256:c" });

      const law = result.law ?? result.candidate;
      expect([result.law === undefined, result.candidate === undefined]).toEqual([
        expected.status === "rejected",
        expected.status === "accepted",
      ]);
      // The law computes what is drawn, from its own text.
      evidence.fitted.forEach((fitted, row) => {
        const values = Object.fromEntries(Object.entries(table.columns).map(([column, cells]) => [column, cells[row]]));
        expect(runInNewContext(law?.javascript ?? "", values)).toBeCloseTo(fitted, 9);
      });
    });
  }
});

test("a model that formulas cannot say is answered without a law, and its figures are the ancestor's", () => {
  // Its power keeps the sign of its base, so this is the exact model; x^1.5 has no value for a negative x in ours.
  const x = [-4, -1, 1, 4, 9];
  const { result, evidence } = reproduced(
    changed({
      "dataset.x.values": x,
      "dataset.y.values": x.map((value) => Math.sign(value) * Math.abs(value) ** 1.5),
      "hypothesis_space.features": [{ name: "f", expression: "x^p" }],
      "hypothesis_space.parameters": { p: { type: "float", values: [1.5] } },
    }),
  );
  expect(result.tgefd?.model.representative_model.formula).toBe("y = (+1)*x^1.5");
  expect(result.law ?? result.candidate).toBeUndefined();
  expect(result.fit.r2).toBeCloseTo(1, 12);
  expect(evidence.fitted[0]).toBeCloseTo(-8, 9);
});

test("equal terms are one term, and an empty model is zero", () => {
  const twice = {
    "hypothesis_space.features": [
      { name: "a", expression: "x" },
      { name: "b", expression: "x^1" },
    ],
  };
  expect(reproduced(changed(twice)).result.candidate?.text).toBe("y = x0");
  expect(reproduced(changed({ "hypothesis_space.regularization.lambda": [100] })).result.candidate?.text).toBe("y = 0");
});

test("a constant target gives finite figures", () => {
  const { result } = reproduced(changed({ "dataset.y.values": [2, 2, 2, 2] }));
  expect(result.fit.r2).toBe(0);
  expect(() => resultSchema.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
});
