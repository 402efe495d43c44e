import { ApplicationFailure, activityInfo, Context } from "@temporalio/activity";
import { ERRORS, OrreryError } from "../contract/errors.ts";
import type { Delivery, FailureDetails, WebhookInput } from "../contract/flow.ts";
import type { ActivityDeps } from "./deps.ts";
import { pauseUntil } from "./failure.ts";

/** Answers of a receiver that may be another one the next time, beside those of 500 and above. */
const PASSING = [408, 425, 429];

/**
 * Tells a receiver of the end of a job. Resolves once the receiver has taken it (2xx) or has made clear that it never
 * will; fails, to be tried again, with `webhook_undelivered` otherwise.
 */
export function createDeliverWebhook({ sendWebhook, logger }: ActivityDeps) {
  return async function deliverWebhook({ id, job_id, url, event }: WebhookInput): Promise<Delivery> {
    const { attempt: attempts } = activityInfo();
    const ended = (state: Delivery["state"], status: number | null, detail: string | null): Delivery => {
      logger.info({ job_id, webhook: id, state, attempts, status, detail }, "webhook ended");
      return { state, attempts, last_status: status, detail };
    };
    try {
      const status = await sendWebhook({ id, url, body: JSON.stringify(event) }, Context.current().cancellationSignal);
      if (status >= 200 && status < 300) return ended("delivered", status, null);
      if (status === 410) return ended("given_up", status, "The receiver answered 410: it wants no more.");
      if (status < 500 && !PASSING.includes(status)) return ended("given_up", status, `The receiver answered ${status}.`);
      throw undelivered(`The receiver answered ${status}.`, status);
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error;
      const known = error instanceof OrreryError ? error : new OrreryError("internal_error", ERRORS.internal_error.title, { cause: error });
      logger.warn({ job_id, webhook: id, attempts, code: known.code, cause: known.cause }, "webhook not delivered");
      // Whoever runs the workers can set a key that is missing.
      if (!ERRORS[known.code].retryable && known.code !== "webhooks_not_configured") return ended("given_up", null, known.message);
      throw undelivered(known.message, null, known.retryAt);
    }

    function undelivered(message: string, status: number | null, retryAt?: Date): ApplicationFailure {
      const details: FailureDetails = { attempts, stage: "webhook", status };
      return ApplicationFailure.create({
        type: "webhook_undelivered",
        message,
        details: [details],
        ...(retryAt && { nextRetryDelay: pauseUntil(retryAt) }),
      });
    }
  };
}
