import { OrreryError } from "../contract/errors.ts";
import { bareHost, isPublic, type Reach, refusePrivate } from "../datasets/addresses.ts";

/** What webhooks may be sent to, beside the public internet. */
export interface CallbackRules {
  /** Whether the server has a key to sign them with; without one none is sent. */
  signed: boolean;
  /** Networks in CIDR form, addresses and names of hosts that may be reached although they are private, also by http:. */
  allow: readonly string[];
}

export const NO_CALLBACKS: CallbackRules = { signed: false, allow: [] };

/** An address that a webhook may be sent to as far as its text tells. Throws `webhooks_not_configured` and `callback_url_not_allowed`. */
export function parseCallback(text: string, { signed, allow }: CallbackRules): URL {
  if (!signed) {
    throw new OrreryError(
      "webhooks_not_configured",
      "This server sends no webhooks; leave callback_url out and follow the job by links.events, or ask the operator to set ORRERY_WEBHOOK_SECRET.",
      { faults: [{ pointer: "/callback_url", detail: "cannot be served without ORRERY_WEBHOOK_SECRET" }] },
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const shown = JSON.stringify(text.slice(0, 100));
  if (!url) throw refused(`The callback_url ${shown} is not an address; send one such as https://example.org/hooks/orrery.`);
  // Not shown: it is a secret.
  if (url.username !== "" || url.password !== "")
    throw refused(
      "The callback_url has a user name or a password in it; put a token into its path, and check the signature of what comes.",
    );
  refusePrivate(url.hostname, callbackReach(allow));
  if (url.protocol === "https:" || (url.protocol === "http:" && isAllowed(url.hostname, allow))) return url;
  throw refused(
    `The callback_url ${shown} begins with ${url.protocol}; send an https: address. http: is for hosts that ORRERY_WEBHOOK_ALLOW names.`,
  );
}

/** How far a webhook may reach. */
export function callbackReach(allow: readonly string[]): Reach {
  return {
    allow,
    refusal: (host) =>
      refused(
        `The host ${host} is not on the public internet, and ORRERY_WEBHOOK_ALLOW does not name it; name a public receiver, or ask the operator to allow it.`,
      ),
  };
}

/** Whether a host was allowed by itself, and would not be reached merely because it is public. */
function isAllowed(hostname: string, allow: readonly string[]): boolean {
  const host = bareHost(hostname);
  return allow.includes(host) || (isPublic(host, allow) && !isPublic(host, []));
}

function refused(message: string): OrreryError {
  return new OrreryError("callback_url_not_allowed", message, { faults: [{ pointer: "/callback_url", detail: "may not be called" }] });
}
