import type { QueueState, Temporal } from "./temporal.ts";

/** How long the state of a queue is believed. Many readers of one queue then make one call. */
const FRESH_MS = 1_000;

export interface Queues {
  state(name: string, type: "workflow" | "activity"): Promise<QueueState>;
}

/** The state of task queues, asked at most once a second for each. */
export function createQueues(temporal: Temporal): Queues {
  const known = new Map<string, { until: number; state: Promise<QueueState> }>();
  return {
    state(name, type) {
      const key = `${type} ${name}`;
      const entry = known.get(key);
      if (entry && entry.until > Date.now()) return entry.state;
      const state = temporal.queue(name, type);
      known.set(key, { until: Date.now() + FRESH_MS, state });
      state.catch(() => known.delete(key));
      return state;
    },
  };
}
