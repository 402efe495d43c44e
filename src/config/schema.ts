import { availableParallelism } from "node:os";
import { z } from "zod";

/**
 * Every setting of Orrery's processes, in slices. The environment variable is the key; docs/settings.md is written from
 * the descriptions, so each says what the value means and its unit.
 */

const port = z.coerce.number().int().min(0).max(65_535);
const flag = (value: "true" | "false") =>
  z
    .enum(["true", "false"])
    .default(value)
    .transform((text) => text === "true");

export const httpSettings = z.object({
  ORRERY_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("Address that the gateway listens on. With ORRERY_AUTH=none only a loopback address is allowed."),
  ORRERY_PORT: port.default(8080).describe("Port of the gateway."),
  ORRERY_AUTH: z.enum(["none"]).default("none").describe("Who may call: none (loopback only)."),
  ORRERY_TRUSTED_NETWORK: flag("false").describe(
    "The gateway is reachable only from a network that you trust: ORRERY_HOST may then be any address without credentials, and requests may name any host.",
  ),
  ORRERY_REQUIRE_IDEMPOTENCY_KEY: flag("false").describe("Refuse a submit without an idempotency key."),
  ORRERY_STORE_REUSE: flag("true").describe("Answer a request without a key from a stored result of the same request."),
  ORRERY_MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(20_971_520)
    .describe("Most bytes of one request body or fetched file. A table may have four times as many in memory."),
  ORRERY_TEMPORAL_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe("Longest that the gateway waits for one call to Temporal, in milliseconds."),
});

/** Comma-separated, without empty parts. */
const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );

export const datasetSettings = z.object({
  ORRERY_URI_ALLOW: list.describe(
    "Private hosts that datasets may be fetched from by https: names, addresses and networks such as 10.1.0.0/16, comma-separated. Public hosts always may. A certificate of your own authority is trusted through NODE_EXTRA_CA_CERTS.",
  ),
  ORRERY_URI_BUCKETS: list.describe(
    "Names of buckets, beside that of the store, that datasets may be fetched from by s3: (with ORRERY_STORE=s3) or gs: (with gcs), comma-separated. Whoever may submit a job can read them.",
  ),
  ORRERY_URI_TIMEOUT_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .describe("Longest time for the fetch of one dataset, in seconds. A fetch that fails for a passing reason is tried five times."),
});

export const webhookSettings = z.object({
  ORRERY_WEBHOOK_SECRET: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/,
      "must be whsec_ and 24 to 64 bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)",
    )
    .optional()
    .describe(
      "Key that signs webhooks, as Standard Webhooks write it: whsec_ and 24 to 64 random bytes in base64. The gateway and the workers need it; without it a request with callback_url is refused.",
    ),
  ORRERY_WEBHOOK_ALLOW: list.describe(
    "Private hosts that webhooks may be sent to: names, addresses and networks such as 10.1.0.0/16, comma-separated. Public hosts always may, by https: alone; those named here also by http:.",
  ),
});

export const narrativeSettings = z.object({
  ORRERY_NARRATIVE_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Address of an API that speaks OpenAI's chat completions, without /chat/completions, such as https://llm.example.org/v1. It is sent the results of jobs that ask for a narrative, names of columns among them. Default: none; narratives come from a template.",
    ),
  ORRERY_NARRATIVE_MODEL: z.string().min(1).max(200).optional().describe("Model that is asked for there."),
  ORRERY_NARRATIVE_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters")
    .optional()
    .describe("Key that is sent there as a bearer token, if it needs one."),
});

export const storeSettings = z.object({
  ORRERY_STORE: z
    .enum(["fs", "s3", "gcs"])
    .default("fs")
    .describe("Artifact store: fs (a directory), s3 or gcs (a bucket). Credentials of a bucket are what the vendor's SDK finds."),
  ORRERY_STORE_BUCKET: z.string().min(1).optional().describe("Bucket of the s3 or gcs store."),
  ORRERY_STORE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/, "letters, digits, . _ - and / between them are allowed")
    .default("orrery")
    .describe("Beginning of every key in the bucket. No dataset can be named by s3: or gs: below it."),
  ORRERY_STORE_ENDPOINT: z
    .url()
    .optional()
    .describe(
      "Address of another server than Amazon's or Google's that speaks S3 (with If-None-Match on PUT) or the JSON API of Cloud Storage.",
    ),
  ORRERY_STORE_REGION: z.string().min(1).optional().describe("Region of the s3 store. Default: what the SDK finds, such as AWS_REGION."),
  ORRERY_STORE_SYNC: flag("true").describe(
    "Whether the fs store forces files to the disk before it answers, so that they survive a power cut. The embedded default sets it as ORRERY_EMBEDDED_SYNC asks.",
  ),
  ORRERY_DATA_DIR: z
    .string()
    .min(1)
    .default(".orrery")
    .describe("Directory of the embedded server's database, of the fs store and of logs."),
});

export const workerSettings = z.object({
  ORRERY_WORKER_HOST: z.string().default("127.0.0.1").describe("Address of the worker's health port."),
  ORRERY_WORKER_PORT: port.default(8081).describe("Port of the worker's health endpoints; 0 takes a free one."),
  ORRERY_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(availableParallelism())
    .describe("Computing threads of one worker process. Default: the processors it may use."),
  ORRERY_THREAD_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(128)
    .max(65_536)
    .default(2_048)
    .describe("Bound of the heap of one computing thread, in MiB; a job that needs more fails with out_of_memory."),
  ORRERY_DRAIN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600)
    .default(20)
    .describe(
      "Longest that a stopping worker lets running activities finish, in seconds; then they are handed back without using up an attempt. The process ends 10 s later at the latest.",
    ),
});

export const embeddedSettings = z.object({
  ORRERY_TEMPORAL_PORT: port.default(7233).describe("Port of the embedded Temporal server."),
  ORRERY_TEMPORAL_UI_PORT: port.default(8233).describe("Port of the embedded Web UI."),
  ORRERY_EMBEDDED_SYNC: z
    .enum(["normal", "full"])
    .default("normal")
    .describe("SQLite synchronous mode: normal survives any process kill, full also a power cut at 0.7 of the speed."),
  ORRERY_RETENTION_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .max(8_760)
    .default(168)
    .describe("Hours that the embedded server keeps finished jobs, and so idempotency keys."),
  ORRERY_CACHE_DIR: z.string().optional().describe("Directory for the Temporal binary. Default: orrery in the user's cache directory."),
});

export const sharedSettings = z.object({
  ORRERY_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Least severe log line that is written."),
  ORRERY_TEMPORAL_UI_URL: z
    .url()
    .optional()
    .describe("Address of the Temporal Web UI, for links in job bodies. Default: the embedded one."),
  ORRERY_URL: z
    .url()
    .optional()
    .describe(
      "Address of the gateway that the command line talks to. Default: the one that runs on ORRERY_DATA_DIR, unless ORRERY_PORT is set; else the one that ORRERY_HOST and ORRERY_PORT name.",
    ),
});

export const settings = z.object({
  ...httpSettings.shape,
  ...datasetSettings.shape,
  ...webhookSettings.shape,
  ...narrativeSettings.shape,
  ...storeSettings.shape,
  ...workerSettings.shape,
  ...embeddedSettings.shape,
  ...sharedSettings.shape,
});
export type Settings = z.infer<typeof settings>;
