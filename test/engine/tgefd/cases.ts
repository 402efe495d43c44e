import { readdirSync, readFileSync } from "node:fs";
import type { TgefdLevel, TgefdModel, TgefdResponse } from "../../../src/engine/tgefd/aggregate.ts";
import type { TgefdDocument, TgefdTable } from "../../../src/engine/tgefd/document.ts";

/** A recorded answer of the ancestor: its request, what it said, and what happened in each run. */
export interface Case {
  case: string;
  endpoint: "discover" | "evaluate";
  request: Sent;
  expected: Pick<TgefdResponse, "status" | "decision" | "summary" | "topology_report"> & { noise_report: TgefdLevel[]; model: TgefdModel };
  internals: {
    runs: {
      n_models: number;
      significant_H0: number;
      significant_H1: number;
      component_sizes: number[];
      stable_models: number;
      stable_patterns: number;
      pi_energy: number | null;
      h1_bars: [number, number][] | null;
      /** Relative error of the energy if distances differ by one unit in the last place of a single. */
      pi_energy_rel_sensitivity_1ulp_float32: number | null;
    }[];
  };
  margins: { stlsq_min_rel_margin_to_lambda: number; energy_cv: number | null };
}

/** A document as it is sent, without the defaults. */
export type Sent = TgefdDocument & { dataset: { x: { values: (number | number[])[] }; y: { values: number[] } } };

const FIXTURES = new URL("../../fixtures/", import.meta.url);

export const read = (folder: "tgefd" | "tgefd-timing"): unknown[] =>
  readdirSync(new URL(folder, FIXTURES))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(`${folder}/${name}`, FIXTURES), "utf8")));

export function prepared(sent: Sent): { document: TgefdDocument; table: TgefdTable } {
  const { hypothesis_space, topology, evaluation, dataset } = sent;
  const { adaptive } = hypothesis_space;
  const rows = dataset.x.values.map((row) => (typeof row === "number" ? [row] : row));
  return {
    document: {
      ...sent,
      hypothesis_space: {
        ...hypothesis_space,
        adaptive: adaptive ? { ...{ enabled: true, refine_factor: 2, top_k: 5, min_component_size: 2 }, ...adaptive } : null,
      },
      topology: { ...{ point_scale: "none" as const, min_component_size: 5 }, ...topology },
      evaluation: {
        acceptance: { ...{ coeff_tol: 1e-6 }, ...evaluation.acceptance },
        stability_score: { ...{ min_pi_energy: 0 }, ...evaluation.stability_score },
      },
    },
    table: {
      x: (rows[0] ?? []).map((_, column) => Float64Array.from(rows, (row) => row[column] as number)),
      y: Float64Array.from(dataset.y.values),
    },
  };
}
