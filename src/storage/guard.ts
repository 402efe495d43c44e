import { OrreryError } from "../contract/errors.ts";
import type { Circuits } from "../outbound/circuits.ts";
import type { Store } from "./store.ts";

/**
 * A store in a bucket behind its circuit, so that no call waits for a service that has failed again and again. A
 * directory needs none: it answers at once, and a circuit would only keep it closed after the disk has room again.
 */
export function guarded(store: Store, circuits: Circuits): Store {
  const circuit = circuits.to("store", {
    counts: (error) => error instanceof OrreryError && error.code === "store_unavailable",
    refusal: (retryAt) =>
      new OrreryError(
        "store_unavailable",
        `The artifact store failed several times and is left alone until ${retryAt.toISOString()}; try again then.`,
        { retryAt },
      ),
  });
  return {
    putIfAbsent: async (key, bytes) => circuit.call(() => store.putIfAbsent(key, bytes)),
    use: async (key) => circuit.call(() => store.use(key)),
    get: async (key) => circuit.call(() => store.get(key)),
    getStart: async (key, length) => circuit.call(() => store.getStart(key, length)),
    stream: async (key) => circuit.call(() => store.stream(key)),
    list: async (prefix, page) => circuit.call(() => store.list(prefix, page)),
    move: async (key, to) => circuit.call(() => store.move(key, to)),
    delete: async (key, before) => circuit.call(() => store.delete(key, before)),
    async check() {
      circuit.refuse();
      // Not counted: probes come every few seconds, and a short outage would open the circuit by them alone.
      await store.check();
    },
  };
}
