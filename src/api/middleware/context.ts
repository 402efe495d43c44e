import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";
import { LOCAL_TENANT } from "../../contract/names.ts";

declare global {
  namespace Express {
    /** What the parts of one request share. */
    interface Locals {
      requestId: string;
      tenant: string;
      /** The path of the route that answers, with its parameters unfilled. */
      route?: string;
      jobId?: string;
    }
  }
}

/** A client's own request id is taken over if it is short and can be written to a log as it is. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Names the request and its tenant. `ORRERY_AUTH=none` has one tenant, and listens on loopback only. */
export const context: RequestHandler = (request, response, next) => {
  const given = request.get("x-request-id") ?? "";
  response.locals.requestId = REQUEST_ID.test(given) ? given : randomUUID();
  response.locals.tenant = LOCAL_TENANT;
  response.set("X-Request-Id", response.locals.requestId);
  next();
};
