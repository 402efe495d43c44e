import { setTimeout as sleep } from "node:timers/promises";
import { TERMINAL } from "../../contract/names.ts";
import type { Temporal } from "../temporal/temporal.ts";
import { tagOf } from "./body.ts";
import type { JobReader } from "./reader.ts";
import type { JobView } from "./view.ts";

/** Jobs that one process watches at once. Each holds one waiting call at the server, which allows 1,200 for a namespace. */
const MAX_WATCHED = 500;

/** Between two looks at a job whose changes somebody follows. Its end is not polled for: the server tells it. */
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 2_000;

/** After a failed call, when the server is away. */
const RETRY_MS = 500;

export interface Subscription {
  /** `changes` asks for the present state and every new one; without it only the end is told, and the job is not polled. */
  changes: boolean;
  onView: (view: JobView) => void;
  /** The process is about to stop: nothing more will be told. */
  onStop: () => void;
}

/**
 * Shares one watcher for each job among all that follow it, however many streams and waiting calls those are. What a
 * follower is told is never older than what it read before it subscribed, or was told before.
 */
export interface Watchers {
  /** Returns the function that ends the subscription, or `undefined` if the process watches as many jobs as it may. */
  subscribe(jobId: string, tenant: string, subscription: Subscription): (() => void) | undefined;
  /** The first view that `accept` takes, or `undefined` after `millis`, or at once when the signal aborts or the bound is reached. */
  wait(target: { jobId: string; tenant: string }, options: WaitOptions): Promise<JobView | undefined>;
  /** Ends every wait and stream at once; the process is about to stop. */
  close(): void;
}

export interface WaitOptions {
  millis: number;
  signal: AbortSignal;
  changes: boolean;
  accept: (view: JobView) => boolean;
}

export function createWatchers(deps: { temporal: Temporal; reader: JobReader }): Watchers {
  const watched = new Map<string, ReturnType<typeof watch>>();
  let closed = false;

  function watch(key: string, jobId: string, tenant: string) {
    /** The followers, each with the tag of the last state that it was told. */
    const subscriptions = new Map<Subscription, string>();
    const stopped = new AbortController();
    let present: Promise<unknown> = Promise.resolve();
    let next: Promise<boolean> | undefined;
    let polling = false;

    /** One look at a time, so that views come in the order of the states. Whoever asks during one shares the next. */
    function look(): Promise<boolean> {
      next ??= present
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          const now = lookNow();
          present = now;
          return now;
        });
      return next;
    }

    /** Reads the job and tells what is new. Resolves to whether the job has ended. */
    async function lookNow(): Promise<boolean> {
      // Whoever comes while this reads may have read a newer state, unless this reads the last one.
      const before = [...subscriptions.keys()];
      const view = await deps.reader.read(jobId, tenant);
      const ended = TERMINAL.includes(view.status);
      const tag = tagOf(view);
      for (const subscription of ended ? [...subscriptions.keys()] : before) {
        const told = subscriptions.get(subscription);
        if (told === undefined || told === tag || !(subscription.changes || ended)) continue;
        subscriptions.set(subscription, tag);
        subscription.onView(view);
      }
      // Whoever comes now would wait for an end that has been told, so the next one gets a new watcher.
      if (ended) leave();
      return ended;
    }

    function leave(): void {
      if (watched.get(key)?.stopped === stopped) watched.delete(key);
    }

    async function untilEnd(): Promise<void> {
      while (!stopped.signal.aborted) {
        try {
          await deps.temporal.untilClosed(jobId, stopped.signal);
          if (await look()) return;
        } catch {
          await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
        }
      }
    }

    async function poll(): Promise<void> {
      polling = true;
      const followed = () => [...subscriptions.keys()].some(({ changes }) => changes);
      for (let pause = FIRST_LOOK_MS; followed(); pause = Math.min(LAST_LOOK_MS, pause * 1.2)) {
        // A failed look is repeated; followers keep the last state they were told.
        if (await look().catch(() => false)) break;
        await sleep(pause, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
      polling = false;
    }

    void untilEnd();
    return {
      add(subscription: Subscription): () => void {
        subscriptions.set(subscription, "");
        if (subscription.changes && polling) void look().catch(() => undefined);
        if (subscription.changes && !polling) void poll();
        return () => {
          subscriptions.delete(subscription);
          if (subscriptions.size > 0) return;
          stopped.abort();
          leave();
        };
      },
      stop(): void {
        for (const { onStop } of [...subscriptions.keys()]) onStop();
      },
      stopped,
    };
  }

  const watchers: Watchers = {
    subscribe(jobId, tenant, subscription) {
      const key = `${tenant}/${jobId}`;
      let watcher = watched.get(key);
      if (!watcher) {
        if (watched.size >= MAX_WATCHED || closed) return undefined;
        watcher = watch(key, jobId, tenant);
        watched.set(key, watcher);
      }
      return watcher.add(subscription);
    },

    async wait({ jobId, tenant }, { millis, signal, changes, accept }) {
      const { promise, resolve } = Promise.withResolvers<JobView | undefined>();
      const give = () => resolve(undefined);
      const onView = (view: JobView) => accept(view) && resolve(view);
      const stop = watchers.subscribe(jobId, tenant, { changes, onView, onStop: give });
      if (!stop || signal.aborted) give();
      signal.addEventListener("abort", give);
      const timer = setTimeout(give, millis);
      try {
        return await promise;
      } finally {
        signal.removeEventListener("abort", give);
        clearTimeout(timer);
        stop?.();
      }
    },

    close() {
      closed = true;
      for (const watcher of [...watched.values()]) watcher.stop();
    },
  };
  return watchers;
}
