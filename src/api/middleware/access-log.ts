import type { RequestHandler } from "express";
import type { Logger } from "../../telemetry/logger.ts";

/** One line for each request: who, what, how it went, how long it took. Never a body, a query or an address of a client. */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.once("close", () => {
      const { requestId, tenant, route, jobId } = response.locals;
      logger.info(
        {
          request_id: requestId,
          tenant,
          method: request.method,
          route: route ?? "none",
          ...(jobId !== undefined && { job_id: jobId }),
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
          ...(!response.writableFinished && { aborted: true }),
        },
        "request",
      );
    });
    next();
  };
}
