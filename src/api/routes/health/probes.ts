import { z } from "zod";
import { LIMITS } from "../../../contract/request.ts";
import { json, type Operation, operation } from "../../operation.ts";
import type { Services } from "../../services.ts";

const SECONDS_A_DAY = 86_400;

const alive = z.object({ status: z.literal("alive") }).meta({ id: "Liveness" });
const readiness = z
  .object({
    status: z.enum(["ready", "not_ready"]),
    failing: z.array(z.enum(["temporal", "store", "draining"])).meta({ description: "What keeps the gateway from serving." }),
  })
  .meta({ id: "Readiness" });

const health = z
  .object({
    ...readiness.shape,
    version: z.string(),
    uptime_seconds: z.int(),
    temporal: z.object({ status: z.enum(["ok", "failing"]), namespace: z.string(), retention_days: z.number().nullable() }),
    store: z.object({ status: z.enum(["ok", "failing"]) }),
    circuits: z
      .array(z.object({ target: z.string(), state: z.enum(["closed", "open", "half_open"]), reopens_at: z.iso.datetime().nullable() }))
      .meta({
        description: "What the gateway calls and leaves alone for a while after repeated failures. None with a store in a directory.",
      }),
    idempotency: z.object({
      required: z.boolean(),
      window_seconds: z
        .number()
        .nullable()
        .meta({ description: "How long a key is remembered after its job has closed; null while Temporal is away." }),
    }),
    reuse: z.boolean().meta({ description: "Whether requests without a key can be answered from stored results." }),
    limits: z.object({ upload_bytes: z.int(), rows: z.int(), columns: z.int(), terms: z.int(), wait_seconds: z.int() }),
  })
  .meta({ id: "Health" });

/** What the ancestor's probes answer. */
const plain = z.object({ status: z.enum(["ok", "not_ready"]) }).meta({ id: "PlainStatus" });

/** `GET /live`, `/ready` and `/health`; `/healthz` and `/readyz` are the first two for probes that were set up for the ancestor. */
export function probes({ health: state, options }: Services): Operation[] {
  const shared = { method: "get", tag: "Health", problems: [] } as const;
  const started = performance.now();

  async function failing(): Promise<z.infer<typeof readiness>> {
    const { temporal, store } = await state.check();
    const names = [...(temporal === "ok" ? [] : ["temporal" as const]), ...(store === "ok" ? [] : ["store" as const])];
    const failing = state.draining() ? [...names, "draining" as const] : names;
    return { status: failing.length === 0 ? "ready" : "not_ready", failing };
  }

  return [
    operation({
      ...shared,
      id: "getLiveness",
      path: "/live",
      summary: "Whether the process runs. Looks at nothing else.",
      responses: { 200: json(alive, "It runs.") },
      handle({ response }) {
        response.set("Cache-Control", "no-store").json({ status: "alive" });
      },
    }),
    operation({
      ...shared,
      id: "getReadiness",
      path: "/ready",
      summary: "Whether the gateway can serve. At most 3 seconds old.",
      responses: { 200: json(readiness, "It can."), 503: json(readiness, "It cannot, and what fails is named.") },
      async handle({ response }) {
        const body = await failing();
        response
          .status(body.status === "ready" ? 200 : 503)
          .set("Cache-Control", "no-store")
          .json(body);
      },
    }),
    operation({
      ...shared,
      id: "getPlainLiveness",
      path: "/healthz",
      summary: "The same as /live, in the words of the ancestor.",
      responses: { 200: json(plain, "It runs.") },
      handle({ response }) {
        response.set("Cache-Control", "no-store").json({ status: "ok" });
      },
    }),
    operation({
      ...shared,
      id: "getPlainReadiness",
      path: "/readyz",
      summary: "The same as /ready, in the words of the ancestor.",
      responses: { 200: json(plain, "It can serve."), 503: json(plain, "It cannot; /ready names what fails.") },
      async handle({ response }) {
        const ready = (await failing()).status === "ready";
        response
          .status(ready ? 200 : 503)
          .set("Cache-Control", "no-store")
          .json({ status: ready ? "ok" : "not_ready" });
      },
    }),
    operation({
      ...shared,
      id: "getHealth",
      path: "/health",
      summary: "The state of the gateway in full, with what clients have to know of its settings.",
      responses: { 200: json(health, "The state; always 200.") },
      async handle({ response }) {
        const [body, { temporal, store, retentionSeconds }] = await Promise.all([failing(), state.check()]);
        const detail: z.infer<typeof health> = {
          ...body,
          version: options.version,
          uptime_seconds: Math.floor((performance.now() - started) / 1_000),
          temporal: {
            status: temporal,
            namespace: options.namespace,
            retention_days: retentionSeconds === null ? null : retentionSeconds / SECONDS_A_DAY,
          },
          store: { status: store },
          circuits: state.circuits(),
          idempotency: { required: options.requireIdempotencyKey, window_seconds: retentionSeconds },
          reuse: options.storeReuse,
          limits: {
            upload_bytes: options.maxUploadBytes,
            rows: LIMITS.rows,
            columns: LIMITS.columns,
            terms: LIMITS.terms,
            wait_seconds: 60,
          },
        };
        response.set("Cache-Control", "no-store").json(detail);
      },
    }),
  ];
}
