/** The registry of error codes. This file imports nothing, so workflow code may read it. */

interface ErrorEntry {
  /** HTTP status of a reply that carries the code; for codes that only a job can carry, the status of its class. */
  readonly status: number;
  /** Whether the same request can succeed later without a change; decides whether an activity is tried again. */
  readonly retryable: boolean;
  /** One public sentence, the same for every occurrence. */
  readonly title: string;
}

export const ERRORS = {
  malformed_json: { status: 400, retryable: false, title: "The body is not valid JSON." },
  malformed_yaml: { status: 400, retryable: false, title: "The body is not valid YAML." },
  malformed_csv: { status: 400, retryable: false, title: "The body is not valid CSV." },
  malformed_ndjson: { status: 400, retryable: false, title: "The body is not valid newline-delimited JSON." },
  malformed_parquet: { status: 400, retryable: false, title: "The body is not a Parquet file that can be read." },
  malformed_encoding: { status: 400, retryable: false, title: "The body is not compressed in the way that its header says." },
  idempotency_key_invalid: { status: 400, retryable: false, title: "The idempotency key is not usable." },
  idempotency_key_missing: { status: 400, retryable: false, title: "This server requires an idempotency key." },
  invalid_parameter: { status: 400, retryable: false, title: "A query parameter or header is not valid." },
  route_not_found: { status: 404, retryable: false, title: "There is no such route." },
  job_not_found: { status: 404, retryable: false, title: "There is no such job." },
  dead_letter_not_found: { status: 404, retryable: false, title: "There is no such dead letter." },
  artifact_not_found: { status: 404, retryable: false, title: "There is no such artifact." },
  method_not_allowed: { status: 405, retryable: false, title: "The route does not take this method." },
  job_not_finished: { status: 409, retryable: true, title: "The job has not finished yet." },
  job_has_no_result: { status: 409, retryable: false, title: "The job ended without a result." },
  nothing_to_rerun: { status: 409, retryable: false, title: "No part of the job has failed." },
  dead_letter_resolved: { status: 409, retryable: false, title: "The dead letter has already been resolved." },
  job_already_finished: { status: 409, retryable: false, title: "The job has already finished." },
  body_too_large: { status: 413, retryable: false, title: "The body is larger than the server accepts." },
  unsupported_media_type: { status: 415, retryable: false, title: "The server does not read this media type." },
  host_not_allowed: { status: 421, retryable: false, title: "The server does not answer to this host name." },
  invalid_request: { status: 422, retryable: false, title: "The request does not have the documented shape." },
  idempotency_key_reused: { status: 422, retryable: false, title: "The idempotency key was used for a different body." },
  dataset_not_found: { status: 422, retryable: false, title: "There is no such dataset." },
  dataset_source_refused: { status: 422, retryable: false, title: "The server does not read a dataset from this source." },
  dataset_empty: { status: 422, retryable: false, title: "The dataset has no columns or no rows." },
  dataset_too_few_rows: { status: 422, retryable: false, title: "The dataset has too few rows." },
  dataset_too_large: { status: 422, retryable: false, title: "The dataset has more rows or columns than the server accepts." },
  dataset_ragged: { status: 422, retryable: false, title: "The columns of the dataset differ in length." },
  dataset_not_numeric: { status: 422, retryable: false, title: "A value of the dataset is not a finite number." },
  dataset_uri_not_allowed: { status: 422, retryable: false, title: "The address of the dataset may not be fetched." },
  dataset_uri_refused: { status: 422, retryable: false, title: "The server that the dataset is on does not give it." },
  dataset_uri_unreachable: { status: 502, retryable: true, title: "The server that the dataset is on does not answer." },
  webhooks_not_configured: { status: 422, retryable: false, title: "This server sends no webhooks." },
  callback_url_not_allowed: { status: 422, retryable: false, title: "The server does not send webhooks to this address." },
  webhook_undelivered: { status: 502, retryable: true, title: "The receiver of a webhook did not take it." },
  column_duplicate: { status: 422, retryable: false, title: "Two columns have the same name." },
  column_name_invalid: { status: 422, retryable: false, title: "A column has a name that a formula cannot contain." },
  column_type_unsupported: { status: 422, retryable: false, title: "A column of the file has a type that is not a number." },
  column_unknown: { status: 422, retryable: false, title: "The dataset has no such column." },
  column_constant: { status: 422, retryable: false, title: "A column that the search needs has only one value." },
  unknown_term: {
    status: 422,
    retryable: false,
    title: "A library term uses a name that is neither a column, a function nor an exponent.",
  },
  dimensions_disagree: { status: 422, retryable: false, title: "The units of the dataset leave no term for a law." },
  formula_invalid: { status: 422, retryable: false, title: "A formula cannot be read." },
  budget_exceeded: { status: 422, retryable: false, title: "The search costs more than the budget allows." },
  law_not_finite: { status: 422, retryable: false, title: "The law has no finite value on a row of the dataset." },
  collinear_terms: { status: 422, retryable: false, title: "Terms of the law cannot be told apart on this dataset." },
  deadline_exceeded: { status: 504, retryable: false, title: "The job did not finish before its deadline." },
  worker_lost: { status: 500, retryable: true, title: "The worker stopped answering while it ran the job." },
  out_of_memory: { status: 500, retryable: false, title: "The job needs more memory than a computing thread may use." },
  terminated: { status: 500, retryable: false, title: "An operator terminated the job." },
  artifact_corrupt: { status: 500, retryable: true, title: "A stored artifact does not match its checksum." },
  store_unavailable: { status: 503, retryable: true, title: "The artifact store does not answer." },
  too_many_uploads: { status: 503, retryable: true, title: "The server reads as many uploads as it can." },
  too_many_streams: { status: 503, retryable: true, title: "The server follows as many jobs as it can." },
  temporal_unavailable: { status: 503, retryable: true, title: "The Temporal server does not answer." },
  internal_error: { status: 500, retryable: true, title: "The server failed in a way it does not know." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERRORS, value);
}

/** One fault inside a document: a JSON pointer (RFC 6901) and a sentence with the offending value. */
export interface Fault {
  pointer: string;
  detail: string;
}

/**
 * A fault with a code of the registry. `message` is public: what happened, the offending value, the next step.
 * What only an operator may see goes into `cause`.
 */
export class OrreryError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  /** Before this time no other try can succeed. */
  readonly retryAt: Date | undefined;

  constructor(code: ErrorCode, message: string, options: { faults?: readonly Fault[]; cause?: unknown; retryAt?: Date } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "OrreryError";
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAt = options.retryAt;
  }
}

/** Codes that no attempt can cure: the non-retryable error types of every activity. */
export const FINAL_CODES: string[] = Object.entries(ERRORS)
  .filter(([, entry]) => !entry.retryable)
  .map(([code]) => code);
