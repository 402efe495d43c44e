import type { RequestHandler } from "express";
import helmet from "helmet";

/** The documentation page is the only one that runs scripts: its own, from this server. It styles itself inline. */
const PAGE = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
};
const DATA = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** TLS ends before the gateway, so promising it for the future is the proxy's decision. */
const shared = { strictTransportSecurity: false } as const;
const page = helmet({ ...shared, contentSecurityPolicy: { useDefaults: false, directives: PAGE } });
const data = helmet({ ...shared, contentSecurityPolicy: { useDefaults: false, directives: DATA } });

export const security: RequestHandler = (request, response, next) => {
  (request.path === "/docs" || request.path.startsWith("/docs/assets/") ? page : data)(request, response, next);
};
