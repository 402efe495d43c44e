import { setTimeout as sleep } from "node:timers/promises";
import { OrreryError } from "../contract/errors.ts";
import type { CircuitReport } from "../outbound/circuit.ts";
import type { Circuits } from "../outbound/circuits.ts";
import type { Store } from "../storage/store.ts";
import type { Logger } from "../telemetry/logger.ts";
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
  /** The circuits to what this process calls; none with a store in a directory. */
  circuits(): CircuitReport[];
  /** From now on the process is leaving, and says that it is not ready. */
  drain(): void;
  draining(): boolean;
}

const FRESH_MS = 3_000;

/** A probe has its own, shorter patience than a client. */
const TIMEOUT_MS = 1_500;

export function createHealth(deps: { temporal: Temporal; store: Store; circuits: Circuits; logger: Logger }): Health {
  let last: { until: number; checkup: Promise<Checkup> } | undefined;
  let storeCheck: Promise<void> | undefined;
  const failing = new Set<string>();
  let leaving = false;

  /** A store that hangs fails in time, and is not asked again before it has answered: what it holds up would pile up. */
  async function checkStore(): Promise<void> {
    storeCheck ??= deps.store.check().finally(() => {
      storeCheck = undefined;
    });
    const timer = new AbortController();
    const late = sleep(TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`The store has not answered a check within ${TIMEOUT_MS} ms.`);
    });
    try {
      await Promise.race([storeCheck, late]);
    } finally {
      timer.abort();
    }
  }

  /** One line when a dependency begins to fail, and one when it is back. */
  function note(dependency: string, outcome: PromiseSettledResult<unknown>): void {
    if (outcome.status === "fulfilled") {
      if (failing.delete(dependency)) deps.logger.info({ dependency }, "dependency is back");
    } else if (!failing.has(dependency)) {
      failing.add(dependency);
      const { reason } = outcome;
      deps.logger.error({ dependency, err: reason instanceof OrreryError ? (reason.cause ?? reason) : reason }, "dependency fails");
    }
  }

  async function checkNow(): Promise<Checkup> {
    const [namespace, store] = await Promise.allSettled([deps.temporal.namespace(TIMEOUT_MS), checkStore()]);
    note("temporal", namespace);
    note("store", store);
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
    circuits: () => deps.circuits.states(),
    drain() {
      leaving = true;
    },
    draining: () => leaving,
  };
}
