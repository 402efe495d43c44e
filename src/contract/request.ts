import { z } from "zod";
import { expressionTree } from "./ast.ts";
import { SCHEMA_VERSION } from "./names.ts";

/** Bounds of one request. `rows` and `columns` bound the dataset, `terms` and `cells` the search. */
export const LIMITS = { rows: 1_000_000, columns: 4_096, terms: 64, maxTerms: 6, gridValues: 10_001, formulaLength: 2_000 } as const;

/** What becomes of a row in which a value is missing: the dataset is refused, or the row is left out. */
export const missing = z.enum(["refuse", "drop"]);
export type Missing = z.infer<typeof missing>;

const value = z.number({ error: "must be a finite number" });

const inlineDataset = z
  .strictObject({
    source: z.literal("inline"),
    columns: z.record(z.string(), z.array(value)).meta({ description: "Column name to values; every column has the same length." }),
    units: z
      .record(z.string(), z.string().max(64))
      .optional()
      .meta({ description: "Column name to unit, used to label results and to check dimensions." }),
  })
  .meta({ id: "InlineDataset" });

const storedDataset = z
  .strictObject({
    source: z.literal("stored"),
    dataset_id: z.string().regex(/^ds_[0-9a-f]{64}$/, "must be a dataset_id that POST /v1/datasets returned"),
  })
  .meta({ id: "StoredDataset" });

/** Forms in which a table can be read. */
export const FORMATS = ["csv", "tsv", "json", "ndjson", "parquet"] as const;

const uriDataset = z
  .strictObject({
    source: z.literal("uri"),
    uri: z.string().min(1).max(2_048).meta({
      description:
        "Address of a file: https:, or s3: and gs: for buckets that the server reads from. The job fetches it once and works on what it got.",
    }),
    format: z.enum(FORMATS).optional().meta({ description: "Default: what the media type says, else the ending of the address." }),
    missing: missing.default("refuse").meta({ description: "Refuse the table if a value is missing, or drop such rows." }),
    units: z.record(z.string(), z.string().max(64)).optional().meta({ description: "Column name to unit, used to label results." }),
  })
  .meta({ id: "UriDataset" });
export type UriDataset = z.infer<typeof uriDataset>;

export const datasetSource = z
  .discriminatedUnion("source", [inlineDataset, storedDataset, uriDataset], {
    error: ({ code }) => (code === "invalid_union" ? 'must be "inline", "stored" or "uri"' : undefined),
  })
  .meta({ id: "DatasetSource" });
export type DatasetSource = z.infer<typeof datasetSource>;

const heldSource = z
  .discriminatedUnion("source", [inlineDataset, storedDataset], {
    error: ({ code }) => (code === "invalid_union" ? 'must be "inline" or "stored"' : undefined),
  })
  .meta({ id: "HeldSource" });

const exponentValue = z.number().min(-20).max(20);

/** Values that a free exponent can take: `from`, `from + step`, … up to and including `to`, or a list of numbers. */
const exponentRange = z
  .union(
    [
      z
        .strictObject({ from: exponentValue, to: exponentValue, step: z.number().positive().max(40) })
        .refine((range) => range.from <= range.to, {
          error: "`from` must not exceed `to`",
        }),
      z.array(exponentValue).min(1).max(LIMITS.gridValues),
    ],
    { error: ({ code }) => (code === "invalid_union" ? 'must be {"from", "to", "step"} or a list of numbers' : undefined) },
  )
  .meta({ id: "ExponentRange" });
export type ExponentRange = z.infer<typeof exponentRange>;

export const transforms = ["identity", "reciprocal", "log"] as const;
export type Transform = (typeof transforms)[number];

export const dimensionRules = ["off", "functions", "strict"] as const;
export type DimensionRule = (typeof dimensionRules)[number];

const hypothesis = z
  .strictObject({
    terms: z.array(z.string().min(1).max(LIMITS.formulaLength)).min(1).max(LIMITS.terms).optional().meta({
      description:
        'Library of terms: products of powers, sin, cos, exp and log of columns, such as "1", "a^p", "x*y^-2", "sin(t)". Default: constants, inputs, their products, free powers and simple functions, by the number of inputs.',
    }),
    exponents: z
      .record(z.string().regex(/^[A-Za-z_]\w{0,31}$/), exponentRange, {
        error: ({ code }) => (code === "invalid_key" ? "must be named by at most 32 letters, digits and underscores" : undefined),
      })
      .optional()
      .meta({
        description:
          "Grid of each free exponent that a term names, a range or a list of numbers. Default, if none is given at all: -4 to 4 by 0.25. The grid is where the search looks; the exponents of the best laws are then refined between its values.",
      }),
    transforms: z.array(z.enum(transforms)).min(1).max(transforms.length).optional().meta({
      description:
        "What of the target is modelled; compared by one likelihood. Default: all three with the default library, identity alone with terms of your own.",
    }),
    max_terms: z
      .int()
      .min(1)
      .max(LIMITS.maxTerms)
      .optional()
      .meta({ description: "Most terms in one law. Default: 3 with terms of your own; 4 with the default library of up to three inputs." }),
    dimensions: z.enum(dimensionRules).optional().meta({
      description:
        'What the units of the columns forbid, constants being pure numbers. "functions": sin, cos, exp and log of anything that has a unit. "strict": also terms of another dimension than the target. Default: "functions" for the default library, "off" for given terms.',
    }),
  })
  .meta({ id: "Hypothesis" });

const decision = z
  .strictObject({
    method: z.literal("v2").default("v2"),
    false_acceptance: z
      .number()
      .min(0.001)
      .max(0.5)
      .default(0.025)
      .meta({ description: "Share of datasets without a law that may be accepted." }),
    holdout_fraction: z.number().min(0.05).max(0.5).default(0.2).meta({
      description: "Share of rows that the law is tested on: its constants are fitted to the others, and must predict these as well.",
    }),
  })
  .meta({ id: "Decision" });

const noise = z
  .strictObject({
    levels: z.array(z.number().min(0).max(1)).min(1).max(8).default([0.01, 0.05]).meta({
      description:
        "Noise of the stability trials: a share of the standard deviation of the target, or of each value for laws with relative noise.",
    }),
    trials: z.int().min(1).max(100).default(5).meta({ description: "Trials at each level." }),
  })
  .meta({ id: "Noise" });

/** Most fits that a search may be allowed. */
export const MAX_FITS = 10_000_000_000;

/** The longest time that a job may be given: a week. */
export const MAX_DEADLINE_SECONDS = 604_800;

const budget = z
  .strictObject({
    max_fits: z.int().min(1).max(MAX_FITS).default(1_000_000_000),
    deadline_seconds: z
      .int()
      .min(1)
      .max(MAX_DEADLINE_SECONDS)
      .default(3_600)
      .meta({ description: "Seconds from acceptance to the end of the job, time in queues included." }),
  })
  .meta({ id: "Budget" });

const columnName = z.string().min(1).max(64);

const common = {
  schema_version: z.literal(SCHEMA_VERSION).default(SCHEMA_VERSION),
  dataset: datasetSource,
  target: columnName.optional().meta({ description: "Column to explain. Default: the last column." }),
  decision: decision.prefault({}),
  seed: z.int().min(0).max(4_294_967_295).default(42),
  budget: budget.prefault({}),
  callback_url: z.string().min(1).max(2_048).nullable().optional().meta({
    description:
      "https: address that is told of the end of the job, whatever it is, by a signed request (Standard Webhooks). Default: none.",
  }),
  narrative: z
    .boolean()
    .optional()
    .meta({ description: "Whether the result is also put in words for people, as the artifact narrative.md." }),
  priority: z.int().min(1).max(5).default(3).meta({ description: "1 is served first." }),
  reuse: z
    .boolean()
    .default(true)
    .meta({ description: "Without an idempotency key, answer from a stored result of the same request if there is one." }),
};

export const discoverRequest = z
  .strictObject({
    ...common,
    inputs: z.array(columnName).min(1).max(32).optional().meta({ description: "Columns that a law may use. Default: all but the target." }),
    hypothesis: hypothesis.prefault({}),
    noise: noise.prefault({}),
  })
  .meta({ id: "DiscoverRequest", description: "Find the law behind one column of a table. Only `dataset` is required." });
export type DiscoverRequest = z.infer<typeof discoverRequest>;

const lawText = z.string().min(1).max(LIMITS.formulaLength);

const lawTree = z
  .strictObject({
    target: columnName.optional(),
    transform: z.enum(transforms).default("identity").meta({ description: "What of the target the tree gives." }),
    ast: expressionTree,
  })
  .meta({ id: "LawTree", description: "A law as results carry it in `law.target`, `law.transform` and `law.ast`." });

export const evaluateRequest = z
  .strictObject({
    ...common,
    law: z.union([lawText, lawTree], { error: "must be a formula in text, or an object with the tree of one in `ast`" }).meta({
      description:
        'Formula of the target in the names of the columns, such as "T = 365.2*a^1.5" or "365.2*a^1.5"; or its tree: {"ast": …} with what a result carries in `law.ast`, and its `target` and `transform`.',
    }),
    constants: z
      .enum(["given", "refit"])
      .default("given")
      .meta({ description: "Keep the coefficients of the law, or fit them to the dataset." }),
    predict: heldSource.optional().meta({
      description: "Further rows, with the columns that the law names, to apply it to. The target may be missing.",
    }),
    noise: noise.prefault({}),
  })
  .meta({
    id: "EvaluateRequest",
    description:
      "Score a given law on a table, by the tests of the last step of discover. It is told one law, so it knows no rivals: a law that discover calls ambiguous can be accepted.",
  });
export type EvaluateRequest = z.infer<typeof evaluateRequest>;
