import { ActivityFailure, ApplicationFailure, proxyActivities, upsertMemo } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { Delivery, FailureDetails, WebhookInput } from "../contract/flow.ts";
import { OUTBOUND_QUEUE } from "../contract/names.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Attempts after 5 s, 15 s, 45 s, … and from the seventh on each hour, until a day has passed. */
const { deliverWebhook: deliver } = proxyActivities<Activities>({
  taskQueue: OUTBOUND_QUEUE,
  // Beyond the 15 s that one request may take, after as many for another that tries whether the receiver is back.
  startToCloseTimeout: 35 * SECOND,
  scheduleToCloseTimeout: 24 * HOUR,
  // The day is the bound: a refusal by an open circuit is an attempt too, one every ten minutes.
  retry: { initialInterval: 5 * SECOND, backoffCoefficient: 3, maximumInterval: HOUR, maximumAttempts: 200 },
});

/** Tells a receiver of the end of a run. The memo says how it went, so that reading it takes one call. */
export async function deliverWebhook(input: WebhookInput): Promise<Delivery> {
  const delivery = await deliver(input).catch(givenUp);
  upsertMemo({ delivery });
  return delivery;
}

function givenUp(error: unknown): Delivery {
  if (!(error instanceof ActivityFailure)) throw error;
  const last = failureIn(error);
  const details = last?.details?.[0] as FailureDetails | undefined;
  return {
    state: "given_up",
    attempts: details?.attempts ?? 0,
    last_status: details?.status ?? null,
    detail: last?.message ?? "The receiver did not take it within a day.",
  };
}

/** The last attempt's own failure, which a timeout of the whole wraps. */
function failureIn(error: Error): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error.cause instanceof Error ? failureIn(error.cause) : undefined;
}
