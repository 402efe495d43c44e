import { z } from "zod";
import { METHODS, REASONS, SCHEMA_VERSION, TGEFD_REASONS, VERDICTS } from "./names.ts";
import { transforms } from "./request.ts";

const term = z
  .object({
    text: z.string().meta({ description: 'The term without its coefficient; "1" for a constant.' }),
    coefficient: z.number(),
    interval: z
      .tuple([z.number(), z.number()])
      .nullable()
      .meta({ description: "95 % interval of the coefficient; null if the constants were given." }),
    exponents: z.record(z.string(), z.number()).meta({ description: "Column to exponent, for the plain powers in the term." }),
  })
  .meta({ id: "Term" });

export const law = z
  .object({
    target: z.string(),
    text: z.string(),
    latex: z.string(),
    python: z.string().meta({ description: "Expression of the column names that gives the target itself, transform undone." }),
    javascript: z.string(),
    ast: z.unknown().meta({ description: "The right-hand side as a tree; see the Expression type." }),
    transform: z.enum(transforms),
    noise: z.enum(["additive", "relative"]),
    terms: z.array(term),
  })
  .meta({ id: "Law" });
export type Law = z.infer<typeof law>;

const margin = z
  .object({ value: z.number(), limit: z.number() })
  .meta({ id: "Margin", description: "The figure of one test and the limit that it must keep." });

const count = z.int();
/** The answer of the ancestor, without what names a run: its id and its artifacts. */
export const tgefdAnswer = z
  .object({
    status: z.enum(["accepted", "rejected"]),
    summary: z.object({ stable_components: count, significant_H0: count, significant_H1: count, stability_score: z.number() }),
    decision: z.object({ accepted: z.boolean(), reason: z.enum([...TGEFD_REASONS, "topological stability under noise"]) }),
    model: z.object({
      family_id: z.string(),
      representative_model: z.object({ formula: z.string(), coefficients: z.record(z.string(), z.number()) }),
      invariant_terms: z.array(z.string()),
      unstable_terms: z.array(z.string()),
      error: z.object({ mean: z.number(), std: z.number() }),
    }),
    noise_report: z.array(
      z.object({
        noise_level: z.number(),
        stable_components: count,
        significant_H0: count,
        significant_H1: count,
        pi_energy: z.number().nullable(),
        decision: z.string(),
      }),
    ),
    topology_report: z.object({ H0: count, H1: count, PI_energy: z.object({ mean: z.number(), std: z.number() }).nullable() }),
    config_hash: z.string(),
  })
  .meta({ id: "TgefdAnswer" });
export type TgefdAnswer = z.infer<typeof tgefdAnswer>;

/** What a job of either kind finds. More keys may be added; these keep their names. */
export const result = z
  .object({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.enum(["discover", "evaluate"]),
    verdict: z.enum(VERDICTS),
    reasons: z.array(z.enum(REASONS)),
    margins: z.record(z.string(), margin),
    law: law.optional().meta({ description: "The law, if it was accepted." }),
    candidate: law.optional().meta({ description: "The best candidate, if none was accepted." }),
    fit: z
      .object({ rows: z.int(), r2: z.number(), rmse: z.number(), holdout_rmse: z.number().nullable() })
      .meta({ id: "Fit", description: "Figures in the units of the target." }),
    p_value: z
      .number()
      .nullable()
      .meta({ description: "Share of permuted targets that are explained as well; null if it was not computed." }),
    stability: z
      .object({ trials: z.int(), kept: z.int(), share: z.number().nullable() })
      .meta({ id: "Stability", description: "Noise trials in which the same family of terms won." }),
    pareto: z
      .array(z.object({ complexity: z.int(), rmse: z.number(), text: z.string() }))
      .meta({ description: "Best candidate of each complexity." }),
    rivals: z
      .array(z.object({ text: z.string(), score_difference: z.number() }))
      .meta({ description: "Other families, by how much worse they score." }),
    method: z.object({ name: z.enum(METHODS), version: z.string(), fingerprint: z.string() }),
    dataset: z.object({ hash: z.string(), rows: z.int() }),
    seed: z.int(),
    tgefd: tgefdAnswer.optional().meta({ description: "With method tgefd-v1: the answer of the ancestor." }),
    cost: z.object({ fits: z.int(), cells: z.int() }),
  })
  .meta({ id: "Result" });
export type Result = z.infer<typeof result>;

/** Rows behind the plots of a result: at most 2,000, evenly spaced in row order. */
export interface Evidence {
  target: string;
  unit: string | null;
  /** The column on the horizontal axis: the only input, or "fitted value" where there are several. */
  axis: string;
  axisUnit: string | null;
  x: number[];
  observed: number[];
  fitted: number[];
  /** Row indices (into the arrays above) that were held out of the search. */
  heldOut: number[];
}
