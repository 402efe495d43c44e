import type { lookup as resolve } from "node:dns";
import { Webhook } from "standardwebhooks";
import { request } from "undici";
import { OrreryError } from "../contract/errors.ts";
import { guardedAgent } from "../datasets/addresses.ts";
import type { Circuit } from "../outbound/circuit.ts";
import type { Circuits } from "../outbound/circuits.ts";
import { callbackReach, parseCallback } from "./callback.ts";

/** Longest time from the look-up of the name to the headers of the answer. */
const TIMEOUT_MS = 15_000;

export interface Message {
  /** Stays the same over all attempts. */
  id: string;
  url: string;
  /** JSON; what is signed is exactly this. */
  body: string;
}

export interface SendOptions {
  /** `whsec_…`; without one nothing is sent. */
  secret: string | undefined;
  /** Private hosts that may be reached. */
  allow: readonly string[];
  /** Of which each receiver gets one, so that one that is away is left alone. */
  circuits: Circuits;
  /** How names of hosts are looked up. Default: by the system. */
  lookup?: typeof resolve;
}

/**
 * Posts a message, signed as Standard Webhooks 1.0 says, and resolves to the status of the answer, whatever it is.
 * Redirects are not followed, and the body of the answer is not read.
 *
 * Throws `webhooks_not_configured`, `callback_url_not_allowed` and `webhook_undelivered`.
 */
export type SendWebhook = (message: Message, signal: AbortSignal) => Promise<number>;

export function createSend({ secret, allow, circuits, lookup }: SendOptions): SendWebhook {
  const signer = secret === undefined ? undefined : new Webhook(secret);
  return async (message, signal) => {
    const target = parseCallback(message.url, { signed: signer !== undefined, allow });
    return circuitTo(target, circuits).call(() => post(target, message, signal));
  };

  async function post(target: URL, { id, body }: Message, outer: AbortSignal): Promise<number> {
    const dispatcher = guardedAgent(callbackReach(allow), lookup);
    const overdue = AbortSignal.timeout(TIMEOUT_MS);
    const now = new Date();
    try {
      const response = await request(target, {
        dispatcher,
        method: "POST",
        signal: AbortSignal.any([outer, overdue]),
        headers: {
          "content-type": "application/json",
          "user-agent": "orrery",
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
          "webhook-signature": signer?.sign(id, now, body) ?? "",
        },
        body,
      });
      // A body that nobody wants is dropped, which is an error that nobody waits for.
      response.body.on("error", () => undefined);
      response.body.destroy();
      return response.statusCode;
    } catch (error) {
      if (error instanceof OrreryError) throw error;
      const reason = overdue.aborted ? `gave no answer within ${TIMEOUT_MS / 1_000} s` : "cannot be reached";
      throw new OrreryError("webhook_undelivered", `The receiver at ${target.host} ${reason}.`, { cause: error });
    } finally {
      await dispatcher.destroy();
    }
  }
}

/** Receivers that do not answer count; those that answer, whatever it is, hold nothing up. */
function circuitTo({ host, origin }: URL, circuits: Circuits): Circuit {
  return circuits.to(`webhook ${origin}`, {
    counts: (error) => error instanceof OrreryError && error.code === "webhook_undelivered",
    refusal: (retryAt) =>
      new OrreryError(
        "webhook_undelivered",
        `The receiver at ${host} failed several times and is left alone until ${retryAt.toISOString()}.`,
        {
          retryAt,
        },
      ),
  });
}
