import { z } from "zod";
import { METHODS, REASONS, SCHEMA_VERSION, TGEFD_REASONS, VERDICTS } from "./names.ts";
import { dimensionRules, transforms } from "./request.ts";

const term = z
  .object({
    text: z.string().meta({ description: 'The term without its coefficient; "1" for a constant.' }),
    coefficient: z.number(),
    interval: z
      .tuple([z.number(), z.number()])
      .nullable()
      .meta({ description: "95 % interval of the coefficient; null if the constants were given." }),
    exponents: z.record(z.string(), z.number()).meta({ description: "Column to exponent, for the plain powers in the term." }),
    exponent_intervals: z
      .record(z.string(), z.tuple([z.number(), z.number()]))
      .meta({ description: "Column to the 95 % interval of its exponent before that was set to a simple number, where it was free." }),
    unit: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Unit of the coefficient, such as "d AU^-1.5"; null if a unit is not known.' }),
  })
  .meta({ id: "Term" });

export const law = z
  .object({
    target: z.string(),
    text: z.string(),
    latex: z.string(),
    python: z.string().meta({
      description:
        "Expression of the column names that gives the target itself, transform undone. A column whose name is a reserved word of the language has an underscore behind it, or more where another column has that name: lambda is lambda_.",
    }),
    javascript: z.string().meta({ description: "The same for JavaScript, with its own reserved words." }),
    ast: z.unknown().meta({ description: "The right-hand side as a tree; see the Expression type." }),
    transform: z.enum(transforms),
    noise: z.enum(["additive", "relative"]),
    terms: z.array(term),
    dimensions: z.enum(["consistent", "inconsistent"]).nullable().optional().meta({
      description:
        "Whether functions are taken of pure numbers alone, and like is added to like inside of them, coefficients of terms carrying what units they need; null if the unit of a column is not known.",
    }),
  })
  .meta({ id: "Law" });
export type Law = z.infer<typeof law>;

const exponentValues = z.record(z.string(), z.number()).meta({ description: "Free exponent to value." });

const landscape = z
  .object({
    exponents: z
      .array(z.object({ name: z.string(), from: z.number(), to: z.number(), count: z.int() }))
      .meta({ description: "The free exponents and how many values the grid has of each." }),
    cells: z.int().meta({ description: "Cells of the grid that were looked at for basins." }),
    basin_count: z.int(),
    basins: z
      .array(
        z.object({
          exponents: exponentValues.meta({ description: "Those that the best law at the bottom of the basin uses." }),
          score_difference: z.number().meta({ description: "How much worse the bottom scores than the best cell." }),
          depth: z
            .number()
            .nullable()
            .meta({ description: "Standard deviations of the noise that any way out of the basin climbs; null for the deepest one." }),
        }),
      )
      .meta({ description: "The deepest basins, at most 16." }),
  })
  .meta({
    id: "Landscape",
    description:
      "How well the laws of these exponents fit: the basins in the grid that are deeper than 2 standard deviations of the noise.",
  });

const margin = z
  .object({ value: z.number(), limit: z.number() })
  .meta({ id: "Margin", description: "The figure of one test and the limit that it must keep." });

const ofTarget = z.number().nullable();
const predictions = z
  .object({
    artifact: z.literal("predictions.csv").meta({ description: "The file with the inputs and the prediction of every row." }),
    rows: z.int(),
    not_finite: z
      .int()
      .meta({ description: "Rows on which the law has no finite value: their prediction is null, and empty in the file." }),
    outside: z.int().meta({ description: "Rows with an input beyond the range that it has in the dataset." }),
    notes: z.array(z.string()).meta({ description: "What to mind of these predictions, in sentences." }),
    first: z
      .array(
        z.object({
          inputs: z.record(z.string(), z.number()).optional(),
          prediction: ofTarget,
          low: ofTarget,
          high: ofTarget,
          outside: z.boolean(),
        }),
      )
      .meta({
        description:
          "The first rows, at most 100, with the columns that the law names. `low` and `high` hold a new observation with probability 95 %.",
      }),
  })
  .meta({ id: "Predictions", description: "What the law says of the rows of `predict`." });
export type Predictions = z.infer<typeof predictions>;
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
      .object({
        trials: z.int(),
        kept: z.int(),
        share: z.number().nullable(),
        levels: z
          .array(
            z.object({
              level: z.number(),
              trials: z.int(),
              kept: z.int(),
              share: z.number(),
              decides: z.boolean(),
              own: z.literal(true).optional().meta({ description: "The noise that the law itself leaves, which is always tried." }),
            }),
          )
          .meta({
            description:
              "By level of the added noise: those asked for, then the law's own. A level decides if its noise is at most three times what the law leaves.",
          }),
      })
      .meta({
        id: "Stability",
        description: "Noise trials of the deciding levels in which the same family of terms won; share is null without one.",
      }),
    pareto: z
      .array(z.object({ complexity: z.int(), rmse: z.number(), text: z.string(), chosen: z.boolean() }))
      .meta({ description: "Best candidate of each complexity; `chosen` marks the one that the result is about." }),
    rivals: z
      .array(z.object({ text: z.string(), score_difference: z.number() }))
      .meta({ description: "Other families, by how much worse they score." }),
    landscape: landscape.nullable().meta({
      description: "Null where nothing was searched, where the law has no free exponent, and where the grid was too large to keep.",
    }),
    stlsq: z.object({ text: z.string(), agrees: z.boolean() }).optional().meta({
      description:
        "The law that sequentially thresholded least squares finds in the library at the same exponents, and whether it is the same.",
    }),
    predictions: predictions.optional(),
    library: z
      .object({
        terms: z.int().meta({ description: "Terms that were searched." }),
        dimensions: z.enum(dimensionRules).meta({ description: "The rule by which units restricted them." }),
        excluded: z.array(z.string()).meta({ description: "Terms that were left out because of the units of their columns." }),
        unusable: z.array(z.string()).optional().meta({
          description: "Terms in no law, because with any of their exponents they are zero on all rows or not finite on one.",
        }),
      })
      .optional()
      .meta({ id: "Library", description: "What a discover job searched." }),
    method: z.object({ name: z.enum(METHODS), version: z.string(), fingerprint: z.string() }),
    dataset: z.object({ hash: z.string(), rows: z.int() }),
    seed: z.int(),
    searched: z
      .object({ shards: z.int(), of: z.int() })
      .optional()
      .meta({ description: "In partial.json alone: the shards that were done when the job failed, and how many it had." }),
    tgefd: tgefdAnswer.optional().meta({ description: "With method tgefd-v1: the answer of the ancestor." }),
    cost: z.object({ fits: z.int(), cells: z.int() }),
  })
  .meta({ id: "Result" });
export type Result = z.infer<typeof result>;

/** Rows of a dataset with what a law says of them. */
export interface ShownRows {
  target: string;
  unit: string | null;
  /** What `x` is: the only column of the law, or "fitted value" where it has several. */
  axis: string;
  axis_unit: string | null;
  /** These lists are of at most 2,000 rows, evenly spaced in row order. */
  x: number[];
  observed: number[];
  fitted: number[];
  /** Indices, in the lists above, of the rows that were held out of the search. */
  held_out: number[];
}

/** Everything that the plots of a job are drawn from: the artifact `evidence.json`. */
export interface Evidence extends ShownRows {
  verdict: Result["verdict"];
  /** The law or the best candidate, as `text` of the result. */
  law: string;
  transform: Law["transform"];
  noise: Law["noise"];
  /** Rows of the dataset, shown or not. */
  rows: number;
  /** Residuals of the transformed target in standard deviations of the noise of each shown row. */
  residuals: number[];
  /** The law's columns where it has several, at most 3. */
  inputs: { name: string; unit: string | null; values: number[] }[];
  /** The law between the data, where it has one column; null at a value that it does not have. */
  curve: { x: number[]; y: (number | null)[] } | null;
  pareto: Result["pareto"];
  /** `limit`: smallest share of trials that must keep the law. */
  stability: { limit: number | null; levels: Result["stability"]["levels"] };
  landscape: LandscapeView | null;
}

/** The error landscape over one or two free exponents. */
export interface LandscapeView {
  exponents: { name: string; values: number[] }[];
  /** Values of the other exponents that the best law uses. */
  held: Record<string, number>;
  /** How much worse than the best cell each cell scores, the second exponent fastest; null where no law could be fitted. */
  differences: (number | null)[];
  /** Values of `exponents` at the bottom; those of them that its law uses, by name; and depth as in the result. */
  basins: { at: number[]; uses: Record<string, number>; depth: number | null }[];
}
