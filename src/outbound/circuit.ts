import { BrokenCircuitError, CircuitState, circuitBreaker, handleWhen } from "cockatiel";
import type { OrreryError } from "../contract/errors.ts";
import { createTally } from "./tally.ts";

/** How long a target is left alone before one call tries it again. */
export const OPEN_MS = 10 * 60_000;

/** A target outside the process, which is left alone for ten minutes after five failures in five (see tally.ts). */
export interface Circuit {
  /** Makes a call unless the circuit is open. Calls that come while one tries whether the target is back wait for its outcome. */
  call<T>(run: () => Promise<T>): Promise<T>;
  /** Throws what `call` would while the circuit is open. */
  refuse(): void;
  state(): CircuitReport;
}

export interface CircuitReport {
  target: string;
  /** `half_open`: the next call tries whether the target is back. */
  state: "closed" | "open" | "half_open";
  /** While it is open, when a call is tried again, ISO 8601. */
  reopens_at: string | null;
}

export interface CircuitOptions {
  /** Whether an error means that the target is away. Others, such as an answer that something is not there, do not count. */
  counts: (error: unknown) => boolean;
  /** What is thrown while the circuit is open. */
  refusal: (retryAt: Date) => OrreryError;
  onChange?: (report: CircuitReport) => void;
}

export function createCircuit(target: string, { counts, refusal, onChange }: CircuitOptions): Circuit {
  const policy = circuitBreaker(handleWhen(counts), { halfOpenAfter: OPEN_MS, breaker: createTally() });
  let reopensAt = 0;
  policy.onBreak(() => {
    reopensAt = Date.now() + OPEN_MS;
  });
  policy.onStateChange(() => onChange?.(state()));

  function state(): CircuitReport {
    if (policy.state === CircuitState.Closed) return { target, state: "closed", reopens_at: null };
    const open = policy.state === CircuitState.Open && Date.now() < reopensAt;
    return { target, state: open ? "open" : "half_open", reopens_at: open ? new Date(reopensAt).toISOString() : null };
  }

  return {
    async call(run) {
      try {
        return await policy.execute(run);
      } catch (error) {
        throw error instanceof BrokenCircuitError ? refusal(new Date(reopensAt)) : error;
      }
    },
    refuse() {
      if (state().state === "open") throw refusal(new Date(reopensAt));
    },
    state,
  };
}
