import { z } from "zod";

// The document of the ancestor, version 1 of the payload schema: every key, default and bound. Its numbers, truth values
// and texts are read as leniently as it reads them: "5", 5.0 and true are numbers, a key that it does not know is an error.

const DIGITS = String.raw`\d+(?:_\d+)*`;
const DECIMAL = new RegExp(String.raw`^\s*[-+]?(?:${DIGITS}\.?(?:${DIGITS})?|\.${DIGITS})(?:[eE][-+]?\d+)?\s*$`);
const WHOLE = new RegExp(String.raw`^\s*[-+]?${DIGITS}(?:\.0*)?\s*$`);
const TRUE = /^(?:1|true|t|yes|y|on)$/i;
const FALSE = /^(?:0|false|f|no|n|off)$/i;

/** Longest text that is read as a number, or as a name or an expression. */
const MAX_NUMERAL = 64;
const MAX_NAME = 256;
export const MAX_EXPRESSION = 2_000;

/** A number as the ancestor reads one; `undefined` for what is none. Infinity, which JSON cannot carry, is none here. */
export function lenientNumber(value: unknown, pattern: RegExp = DECIMAL): number | undefined {
  if (typeof value === "boolean") return Number(value);
  const read =
    typeof value === "string" && value.length <= MAX_NUMERAL && pattern.test(value) ? Number(value.trim().replaceAll("_", "")) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

function lenient<T extends z.ZodType>(
  kinds: readonly [z.ZodType, ...z.ZodType[]],
  read: (value: unknown) => unknown,
  checks: T,
  word: string,
) {
  return z
    .union(kinds, { error: `must be ${word}` })
    .transform(read)
    .pipe(checks);
}

const decimal = (checks: z.ZodNumber = z.number()) =>
  lenient(
    [z.number(), z.boolean(), z.string().max(MAX_NUMERAL).regex(DECIMAL)],
    (value) => lenientNumber(value),
    checks,
    "a finite number",
  );

const whole = (checks: z.ZodInt) =>
  lenient(
    [z.number(), z.boolean(), z.string().max(MAX_NUMERAL).regex(WHOLE)],
    (value) => lenientNumber(value, WHOLE),
    checks,
    "a whole number",
  );

const truth = lenient(
  [z.boolean(), z.literal([0, 1]), z.string().regex(TRUE), z.string().regex(FALSE)],
  (value) => (typeof value === "string" ? TRUE.test(value) : Boolean(value)),
  z.boolean(),
  "true or false",
);

/** Null unless it is given. */
const optional = <T extends z.ZodType>(schema: T) => z._default(z.nullable(schema), null as never);
const text = z.string().max(MAX_EXPRESSION);

const limits = z.strictObject({
  max_points: whole(z.int().min(1)).default(50_000),
  max_features: whole(z.int().min(1)).default(256),
  max_total_values: whole(z.int().min(1)).default(5_000_000),
  max_metadata_entries: whole(z.int().min(0)).default(64),
  max_metadata_value_chars: whole(z.int().min(1)).default(2_048),
});

/** What of a dataset stays in the document once its values have gone the way of every table. */
const kept = {
  metadata: optional(z.record(z.string(), z.unknown())),
  id: optional(text),
  limits: limits.prefault({}),
};

/** The values are read by `readTgefd`, a row at a time: a schema would collect a fault for each of what may be millions. */
const lenientValue = { anyOf: [{ type: "number" }, { type: "string" }, { type: "boolean" }] };
const rowsOfValues = z.unknown().meta({
  type: "array",
  items: { anyOf: [{ type: "array", items: lenientValue }, ...lenientValue.anyOf] },
  description: "Rows of equal width; a flat list is one column.",
});
const sentDataset = z
  .strictObject({
    source: z.enum(["inline", "file", "uri"]),
    x: z.strictObject({ format: z.enum(["array", "table"]), values: rowsOfValues }).nullish(),
    y: z.strictObject({ values: z.unknown().meta({ type: "array", items: lenientValue }) }).nullish(),
    path: optional(text),
    uri: optional(text),
    ...kept,
  })
  .meta({ id: "TgefdDataset" });

const feature = z.strictObject({
  name: z.string().max(MAX_NAME),
  expression: text,
  parameters: optional(z.array(z.string().max(MAX_NAME))),
});

const adaptive = z.strictObject({
  enabled: truth.default(true),
  refine_factor: decimal(z.number().gt(1)).default(2),
  top_k: whole(z.int().min(1)).default(5),
  min_component_size: whole(z.int().min(1)).default(2),
  h0_threshold: optional(decimal()),
});

const hypothesisSpace = z
  .strictObject({
    features: z.array(feature),
    parameters: z.record(
      z.string().max(MAX_NAME),
      z.strictObject({ type: z.enum(["float", "int"]), values: z.array(decimal()).min(1) }).meta({ id: "TgefdParameter" }),
    ),
    regularization: z.strictObject({ lambda: z.array(decimal()).min(1) }),
    adaptive: optional(adaptive),
  })
  .meta({ id: "TgefdHypothesisSpace", description: "Only the parameters p and q have an effect, as exponents." });

const covariance = z.union([decimal(), z.array(z.array(decimal()).length(2)).length(2)], {
  error: "must be a variance or a 2 by 2 covariance",
});

const topology = z
  .strictObject({
    persistent_homology: z.strictObject({ max_dim: whole(z.int().min(0)), metric: z.literal("euclidean") }),
    persistence_image: z.strictObject({
      birth_range: z.array(decimal()),
      pers_range: z.array(decimal()),
      pixel_size: decimal(),
      weight: z.strictObject({ type: z.literal("persistence"), params: z.strictObject({ n: decimal().default(2) }) }),
      kernel: z.strictObject({
        type: z.enum(["gaussian", "uniform"]),
        params: z.strictObject({
          sigma: covariance.default([
            [0.05, 0],
            [0, 0.05],
          ]),
          width: decimal().default(1),
          height: decimal().default(1),
        }),
      }),
    }),
    stability_threshold: decimal(z.number().gt(0)),
    h1_threshold: optional(decimal()).meta({ description: "Default: half of stability_threshold." }),
    min_component_size: whole(z.int().min(1)).default(5),
    point_scale: z.enum(["none", "standard"]).default("none"),
  })
  .meta({ id: "TgefdTopology" });

const noise = z
  .strictObject({
    enabled: truth,
    type: z.literal("gaussian"),
    levels: z.array(decimal()).meta({ description: "Standard deviations in units of y; a level of 0 or less adds no noise." }),
    trials_per_level: whole(z.int().min(1)),
  })
  .meta({ id: "TgefdNoise" });

const evaluation = z.strictObject({
  acceptance: z.strictObject({
    min_stable_components: whole(z.int().min(0)),
    require_h1: truth,
    coeff_tol: decimal(z.number().gt(0)).default(1e-6),
  }),
  stability_score: z.strictObject({
    method: z.literal("pi_energy"),
    aggregation: z.enum(["mean", "median"]).meta({ description: "Without effect: always the mean." }),
    tolerance: decimal(z.number().gt(0)).meta({ description: "Largest coefficient of variation of the energy." }),
    min_pi_energy: decimal(z.number().min(0)).default(0),
  }),
  rejection_reasons: z.array(text).meta({ description: "Without effect." }),
});

const store = z.strictObject({
  backend: z.enum(["local", "s3", "gcs"]).default("local"),
  base_dir: optional(text),
  bucket: optional(text),
  prefix: text.default("tgefd/runs"),
  endpoint_url: optional(text),
  region: optional(text),
  upload_timeout_sec: decimal(z.number().gt(0)).default(30),
  retry_max_attempts: whole(z.int().min(1)).default(3),
  retry_backoff_sec: decimal(z.number().min(0)).default(0.2),
  retry_max_backoff_sec: decimal(z.number().min(0)).default(2),
});

const seconds = decimal(z.number().gt(0));
const computeBudget = z
  .strictObject({
    max_hypotheses: whole(z.int().min(1)).default(50_000),
    max_noise_trials: whole(z.int().min(1)).default(32),
    max_total_runs: whole(z.int().min(1)).default(256),
    max_model_evals: whole(z.int().min(1)).default(2_000_000),
    max_point_cloud_points: whole(z.int().min(1)).default(5_000),
    symbolic_regression_timeout_sec: seconds.default(10).meta({ description: "Without effect." }),
    ph_timeout_sec: seconds.default(10).meta({ description: "Without effect." }),
    max_request_wall_time_sec: optional(seconds).meta({
      description: "If given: seconds from acceptance to the end of the job, time in queues included.",
    }),
  })
  .meta({ id: "TgefdComputeBudget" });

const parts = {
  tgefd_config_version: z.literal("1.0"),
  run: z.strictObject({
    id: optional(text),
    mode: z.enum(["discover", "evaluate", "validate"]),
    seed: whole(z.int().min(0)),
    deterministic: truth.pipe(z.literal(true)).default(true),
  }),
  hypothesis_space: hypothesisSpace,
  topology,
  noise: noise.nullable(),
  evaluation,
  output: z
    .strictObject({
      verbosity: z.enum(["minimal", "summary", "full"]),
      save_artifacts: truth,
      formats: z.array(z.enum(["json", "yaml"])),
      paths: z.record(z.string(), text),
      store: optional(store),
    })
    .meta({ description: "Read for its form; artifacts go to the store of the server." }),
  reproducibility: z.strictObject({ tgefd_version: text, library_versions: truth, hash_algorithm: z.literal("sha256") }),
  compute_budget: computeBudget.prefault({}),
};

type Parts = { [name in keyof typeof parts]: z.output<(typeof parts)[name]> };

/** Rules between parts of the document. */
function crossCheck({ run, noise: profile, hypothesis_space: space }: Parts, context: z.RefinementCtx): void {
  const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: "custom", path, message });
  if (run.mode === "discover" && profile === null) refuse(["noise"], "must be an object when run.mode is discover");
  if (run.mode === "evaluate" && profile?.enabled) refuse(["noise", "enabled"], "must be false when run.mode is evaluate");
  space.features.forEach(({ expression, parameters }, index) => {
    const named = parameters ?? [...expression.matchAll(/\^\s*([A-Za-z_]\w*)/g)].map(([, name = ""]) => name);
    const unknown = named.find((name) => !Object.hasOwn(space.parameters, name));
    if (unknown === undefined) return;
    const path = ["hypothesis_space", "features", index, parameters ? "parameters" : "expression"];
    refuse(path, `must use parameters of hypothesis_space.parameters only; ${JSON.stringify(unknown)} is not among them`);
  });
}

/** The document as a client of the ancestor sends it, with its data. */
export const tgefdConfig = z
  .strictObject({ ...parts, dataset: sentDataset })
  .superRefine(crossCheck)
  .superRefine(({ dataset: { source, x, y, path, uri } }, context) => {
    const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: ["dataset", name], message });
    for (const [name, values] of Object.entries({ x, y })) {
      if (source === "inline" && !values) refuse(name, "must be given when dataset.source is inline");
      if (source !== "inline" && values) refuse(name, `must be absent when dataset.source is ${source}`);
    }
    if (source === "file" && path === null) refuse("path", "must be given (dataset.path) when dataset.source is file");
    if (source === "uri" && uri === null) refuse("uri", "must be given (dataset.uri) when dataset.source is uri");
  })
  .meta({ id: "TgefdConfig", description: "A document of the ancestor, taken as it is (payload schema version 1)." });

/** The document without its data, as it travels in a request of schema version 2. */
export const tgefdDocument = z
  .strictObject({ ...parts, dataset: z.strictObject(kept).prefault({}) })
  .superRefine(crossCheck)
  .meta({ id: "TgefdDocument" });

export type TgefdDocument = z.output<typeof tgefdDocument>;
