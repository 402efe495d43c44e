import type { ErrorRequestHandler, RequestHandler } from "express";
import { ERRORS, OrreryError } from "../../contract/errors.ts";
import type { Problem } from "../../contract/job.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** Pointers and sentences quote what the client sent; this much of each is sent back. */
const MAX_QUOTE = 500;

/** Advice to a client that met a server which is away, in seconds. */
const RETRY_AFTER = "2";

export const unknownRoute: RequestHandler = (request) => {
  throw new OrreryError("route_not_found", `There is no route ${request.path.slice(0, 120)}; GET /openapi.json lists them all.`);
};

/** The one place where errors become replies (RFC 9457). What is not an `OrreryError` is logged and stays unnamed. */
export function problems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = error instanceof OrreryError ? error : new OrreryError(...unexpected(error, request.path));
    const { status, title } = ERRORS[known.code];
    const { requestId, jobId } = response.locals;
    if (status >= 500) {
      logger.error(
        { request_id: requestId, code: known.code, err: known.cause ?? known, ...(jobId && { job_id: jobId }) },
        "request failed",
      );
    }
    // A reply that was begun can only be cut off, so that nobody takes it for the whole.
    if (response.headersSent || response.destroyed) {
      request.socket.destroy();
      return;
    }
    const problem: Problem & { job_id?: string } = {
      type: `/docs/errors/${known.code}`,
      title,
      status,
      detail: known.message.slice(0, MAX_QUOTE),
      code: known.code,
      request_id: requestId,
      ...(jobId !== undefined && { job_id: jobId }),
      ...(known.faults.length > 0 && {
        errors: known.faults.map(({ pointer, detail }) => ({ pointer: pointer.slice(0, MAX_QUOTE), detail: detail.slice(0, MAX_QUOTE) })),
      }),
    };
    if (status === 503) response.set("Retry-After", known.retryAt ? secondsUntil(known.retryAt) : RETRY_AFTER);
    response
      .status(status)
      .set("Cache-Control", "no-store")
      .set("Content-Language", "en")
      .type("application/problem+json")
      .send(JSON.stringify(problem));
  };
}

function secondsUntil(time: Date): string {
  return String(Math.max(Math.ceil((time.getTime() - Date.now()) / 1_000), 1));
}

function unexpected(cause: unknown, path: string): ConstructorParameters<typeof OrreryError> {
  // Express refuses a path with a broken percent escape with this class.
  if (cause instanceof URIError) {
    const shown = JSON.stringify(path.slice(0, 120));
    return ["invalid_parameter", `The path ${shown} has a percent escape that is not UTF-8; encode the text as UTF-8.`, { cause }];
  }
  return ["internal_error", `${ERRORS.internal_error.title} Give the operator the request id.`, { cause }];
}
