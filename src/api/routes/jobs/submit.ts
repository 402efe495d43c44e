import { z } from "zod";
import { type ErrorCode, OrreryError } from "../../../contract/errors.ts";
import { job } from "../../../contract/job.ts";
import { refuseNonNumbers } from "../../../contract/json.ts";
import { type Kind, TERMINAL } from "../../../contract/names.ts";
import { tgefdConfig } from "../../../contract/tgefd.ts";
import { isTgefdConfig, tgefdRequest } from "../../../contract/tgefd-request.ts";
import { readDocument } from "../../body/document.ts";
import { YAML_TYPES } from "../../body/yaml.ts";
import { EXAMPLES } from "../../examples.ts";
import { retryAfterSeconds } from "../../jobs/body.ts";
import { TABLE_PROBLEMS } from "../../jobs/dataset.ts";
import { idempotencyKeyOf } from "../../jobs/idempotency.ts";
import { KINDS_OF_JOBS } from "../../jobs/kinds.ts";
import { resultOf } from "../../jobs/result.ts";
import { problemOf, replyOf, tgefdReply } from "../../jobs/tgefd.ts";
import { type Call, json, type Operation, operation } from "../../operation.ts";
import { departure, waitSeconds } from "../../preference.ts";
import type { Services } from "../../services.ts";

/** Seconds that the waiting form waits unless the client says otherwise. Clients of the ancestor expect an answer, not a job. */
const DEFAULT_WAIT = 30;
const DEFAULT_TGEFD_WAIT = 60;

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
  "malformed_yaml",
  "idempotency_key_invalid",
  "idempotency_key_missing",
  "body_too_large",
  "unsupported_media_type",
  "invalid_request",
  "idempotency_key_reused",
  "dataset_not_found",
  "dataset_source_refused",
  ...TABLE_PROBLEMS,
  "dataset_too_few_rows",
  "dataset_uri_not_allowed",
  "webhooks_not_configured",
  "callback_url_not_allowed",
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
    body: {
      required: true,
      content: {
        "application/json": { schema: z.union([KINDS_OF_JOBS[kind].schema, tgefdRequest, tgefdConfig]), example: EXAMPLES[kind] },
        [YAML_TYPES[0]]: { schema: tgefdConfig, example: EXAMPLES.tgefd },
      },
    },
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
      problems: [...problems, "job_has_no_result", "deadline_exceeded"],
      responses: {
        200: json(
          z.union([job, tgefdReply]),
          "The job has ended; its result is included. A document of the ancestor is answered with the ancestor's document alone.",
        ),
        202: accepted,
      },
      handle: (call) => submit(services, kind, call, true),
    }),
  ];
}

/** Unless it `waits` the reply is 202 whatever the state of the job: the client asked for its acceptance, not its end. */
async function submit(services: Services, kind: Kind, { request, response, tenant }: Call<unknown>, waits = false): Promise<void> {
  const { options, reader, watchers, store, jobBody } = services;
  const key = idempotencyKeyOf(request.headers);
  if (key === undefined && options.requireIdempotencyKey) {
    throw new OrreryError(
      "idempotency_key_missing",
      "This server requires a key; send a fresh UUID as Idempotency-Key and the same one again on retry.",
    );
  }
  const document = await readDocument(request, options.maxUploadBytes);
  const fromTgefd = isTgefdConfig(document);
  const seconds = waits ? waitSeconds(request, response, fromTgefd ? DEFAULT_TGEFD_WAIT : DEFAULT_WAIT) : 0;
  for (const name of ["dataset", "predict"]) refuseNonNumbers(inlineColumnsOf(document, name), `/${name}/columns`);
  const onJobId = (jobId: string) => {
    response.locals.jobId = jobId;
  };
  const { view: first, replayed } = await services.submit({ kind, tenant, document, key, onJobId });
  let view = first;

  const isOver = () => TERMINAL.includes(view.status);
  if (seconds > 0 && !isOver()) {
    const target = { jobId: view.jobId, tenant };
    const accept = ({ status }: typeof view) => TERMINAL.includes(status);
    const ended = await watchers.wait(target, { millis: seconds * 1_000, signal: departure(response), changes: false, accept });
    view = ended ?? (await reader.read(view.jobId, tenant));
  }
  if (replayed) response.set("Idempotent-Replayed", "true");
  response.location(`/v1/jobs/${view.jobId}`).set("Cache-Control", "private, no-cache");
  if (waits && isOver()) {
    const found = await resultOf(store, view);
    if (!fromTgefd) {
      response.status(200).json(jobBody(view, found));
      return;
    }
    if (!found) throw problemOf(view);
    if (replayed || view.memo.reused_from !== undefined) response.set("x-artifact-reused", "true");
    response.status(200).json(replyOf(view, found));
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
