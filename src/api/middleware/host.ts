import type { RequestHandler } from "express";
import { OrreryError } from "../../contract/errors.ts";

/**
 * Refuses requests that call the server by a name that is not of this machine. Nobody has to prove who they are here, so
 * a web page whose name was made to point at this machine (DNS rebinding) could else submit and read jobs.
 */
export function hosts(anyHost: boolean): RequestHandler {
  return (request, _response, next) => {
    const host = request.get("host");
    const shown = JSON.stringify((host ?? "").slice(0, 80));
    if (host !== undefined && !URL.canParse(`http://${host}`)) {
      throw new OrreryError("invalid_parameter", `The Host header ${shown} is not a host name with an optional port; correct it.`);
    }
    if (host !== undefined && !anyHost && !isLoopback(new URL(`http://${host}`).hostname)) {
      throw new OrreryError(
        "host_not_allowed",
        `The request names the host ${shown}, but this server answers only to localhost and 127.0.0.1; use one of them, or set ORRERY_TRUSTED_NETWORK=true if only a network that you trust reaches it.`,
      );
    }
    next();
  };
}

/** Of a host name as URL writes it: addresses in their usual form, IPv6 in brackets. */
function isLoopback(name: string): boolean {
  return name === "localhost" || name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name);
}
