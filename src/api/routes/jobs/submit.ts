import { z } from "zod";
import { type ErrorCode, OrreryError } from "../../../contract/errors.ts";
import { job } from "../../../contract/job.ts";
import { type Kind, TERMINAL } from "../../../contract/names.ts";
import { readJson, refuseNonNumbers } from "../../body/json.ts";
import { EXAMPLES } from "../../examples.ts";
import { retryAfterSeconds } from "../../jobs/body.ts";
import { TABLE_PROBLEMS } from "../../jobs/dataset.ts";
import { idempotencyKeyOf } from "../../jobs/idempotency.ts";
import { KINDS_OF_JOBS } from "../../jobs/kinds.ts";
import { resultOf } from "../../jobs/result.ts";
import { type Call, json, type Operation, operation } from "../../operation.ts";
import { departure, waitSeconds } from "../../preference.ts";
import type { Services } from "../../services.ts";

/** Seconds that the waiting form waits unless the client says otherwise. */
const DEFAULT_WAIT = 30;

const headers = z.object({
  "Idempotency-Key": z.string().max(255).optional().meta({ description: "One key, one job, for as long as the server keeps jobs." }),
  Prefer: z.string().optional().meta({ description: "`wait=N`: wait up to N seconds, at most 60, for the end of the job." }),
});

const acceptedHeaders = z.object({
  Location: z.string().meta({ description: "Where the job is read." }),
  "Retry-After": z.string().meta({ description: "When to ask again, in seconds." }),
  "Idempotent-Replayed": z.literal("true").optional().meta({ description: "The key had been used: this is the same job." }),
});

const problems: ErrorCode[] = [
  "malformed_json",
  "idempotency_key_invalid",
  "idempotency_key_missing",
  "body_too_large",
  "unsupported_media_type",
  "invalid_request",
  "idempotency_key_reused",
  "dataset_not_found",
  ...TABLE_PROBLEMS,
  "dataset_too_few_rows",
  "column_constant",
  "unknown_term",
  "formula_invalid",
  "dimensions_disagree",
  "budget_exceeded",
  "artifact_corrupt",
  "store_unavailable",
  "temporal_unavailable",
];

/** `POST /v1/{kind}_async` answers as soon as the job is accepted, `POST /v1/{kind}` waits for its end. */
export function submitJob(kind: Kind, services: Services): Operation[] {
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  const article = kind === "evaluate" ? "an" : "a";
  const shared = {
    method: "post",
    tag: "Jobs",
    headers,
    body: { required: true, content: { "application/json": { schema: KINDS_OF_JOBS[kind].schema, example: EXAMPLES[kind] } } },
    problems,
  } as const;
  const accepted = json(job, "The job is accepted.", acceptedHeaders);
  return [
    operation({
      ...shared,
      id: `submit${name}`,
      path: `/v1/${kind}_async`,
      summary: `Accept ${article} ${kind} job and answer at once.`,
      responses: { 202: accepted },
      handle: (call) => submit(services, kind, call),
    }),
    operation({
      ...shared,
      id: `run${name}`,
      path: `/v1/${kind}`,
      summary: `Accept ${article} ${kind} job and wait for its result.`,
      responses: { 200: json(job, "The job has ended; its result is included."), 202: accepted },
      handle: (call) => submit(services, kind, call, waitSeconds(call.request, call.response, DEFAULT_WAIT)),
    }),
  ];
}

/** Without `seconds` the reply is 202 whatever the state of the job: the client asked for its acceptance, not its end. */
async function submit(services: Services, kind: Kind, { request, response, tenant }: Call<unknown>, seconds?: number): Promise<void> {
  const { options, reader, watchers, store, jobBody } = services;
  const key = idempotencyKeyOf(request.headers);
  if (key === undefined && options.requireIdempotencyKey) {
    throw new OrreryError(
      "idempotency_key_missing",
      "This server requires a key; send a fresh UUID as Idempotency-Key and the same one again on retry.",
    );
  }
  const document = await readJson(request, options.maxUploadBytes);
  for (const name of ["dataset", "predict"]) refuseNonNumbers(inlineColumnsOf(document, name), `/${name}/columns`);
  const onJobId = (jobId: string) => {
    response.locals.jobId = jobId;
  };
  const { view: first, replayed } = await services.submit({ kind, tenant, document, key, onJobId });
  let view = first;

  const isOver = () => TERMINAL.includes(view.status);
  if (seconds !== undefined && seconds > 0 && !isOver()) {
    const target = { jobId: view.jobId, tenant };
    const accept = ({ status }: typeof view) => TERMINAL.includes(status);
    const ended = await watchers.wait(target, { millis: seconds * 1_000, signal: departure(response), changes: false, accept });
    view = ended ?? (await reader.read(view.jobId, tenant));
  }
  if (replayed) response.set("Idempotent-Replayed", "true");
  response.location(`/v1/jobs/${view.jobId}`).set("Cache-Control", "private, no-cache");
  if (seconds !== undefined && isOver()) {
    response.status(200).json(jobBody(view, await resultOf(store, view)));
    return;
  }
  response
    .status(202)
    .set("Retry-After", String(retryAfterSeconds(view)))
    .json(jobBody(view));
}

function inlineColumnsOf(document: object, name: string): unknown {
  const source = (document as Record<string, unknown>)[name];
  return typeof source === "object" && source !== null && "columns" in source ? source.columns : undefined;
}
