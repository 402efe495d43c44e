import type { Store } from "../storage/store.ts";
import type { Temporal } from "./temporal/temporal.ts";

/** The state of one dependency. What went wrong in detail is in the log of the gateway. */
type Dependency = "ok" | "failing";

export interface Checkup {
  temporal: Dependency;
  store: Dependency;
  /** Seconds that the server keeps a closed job, and so its idempotency key; `null` while the server is away. */
  retentionSeconds: number | null;
}

/** The dependencies of the gateway, looked at once for however many probes ask. */
export interface Health {
  check(): Promise<Checkup>;
  /** From now on the process is leaving, and says that it is not ready. */
  drain(): void;
  draining(): boolean;
}

const FRESH_MS = 3_000;

/** A probe has its own, shorter patience than a client. */
const TIMEOUT_MS = 1_500;

export function createHealth(deps: { temporal: Temporal; store: Store }): Health {
  let last: { until: number; checkup: Promise<Checkup> } | undefined;
  let leaving = false;

  async function checkNow(): Promise<Checkup> {
    const [namespace, store] = await Promise.allSettled([deps.temporal.namespace(TIMEOUT_MS), deps.store.check()]);
    return {
      temporal: namespace.status === "fulfilled" ? "ok" : "failing",
      store: store.status === "fulfilled" ? "ok" : "failing",
      retentionSeconds: namespace.status === "fulfilled" ? namespace.value.retentionSeconds : null,
    };
  }

  return {
    check() {
      if (!last || last.until < Date.now()) last = { until: Date.now() + FRESH_MS, checkup: checkNow() };
      return last.checkup;
    },
    drain() {
      leaving = true;
    },
    draining: () => leaving,
  };
}
