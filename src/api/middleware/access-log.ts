import type { RequestHandler, Response } from "express";
import type { Logger } from "../../telemetry/logger.ts";

export interface AccessLog {
  /** One line for each request: who, what, how it went, how long it took. Never a body, a query or an address of a client. */
  middleware: RequestHandler;
  /** The same of those that are not answered yet. */
  open: () => object[];
}

export function createAccessLog(logger: Logger): AccessLog {
  const open = new Map<Response, number>();
  return {
    middleware: (_, response, next) => {
      open.set(response, performance.now());
      response.once("close", () => {
        const facts = factsOf(response, open.get(response) ?? 0);
        open.delete(response);
        logger.info({ ...facts, status: response.statusCode, ...(!response.writableFinished && { aborted: true }) }, "request");
      });
      next();
    },
    open: () => [...open].map(([response, began]) => factsOf(response, began)),
  };
}

function factsOf({ req, locals }: Response, began: number): object {
  const { requestId, tenant, route, jobId } = locals;
  return {
    request_id: requestId,
    tenant,
    method: req.method,
    route: route ?? "none",
    ...(jobId !== undefined && { job_id: jobId }),
    ms: Math.round(performance.now() - began),
  };
}
