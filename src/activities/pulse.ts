import { activityInfo, Context } from "@temporalio/activity";
import type { HeartbeatProgress } from "../contract/flow.ts";

const BEAT_MS = 500;

/** What an activity tells with its next heartbeat; `undefined` if it has no sign of life to give. */
type Sign = () => HeartbeatProgress | undefined;

/**
 * The heartbeats of one activity, from its first line to its last. While it waits for the store or the server they go
 * out by the clock; while a thread computes, the thread's own steps decide (see supervise.ts).
 */
export class Pulse {
  private sign: Sign;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(phase: HeartbeatProgress["phase"]) {
    this.sign = () => ({ phase, done: 0, total: 1 });
    // A local activity lives within its workflow task; the server knows of none to take heartbeats for.
    if (activityInfo().isLocal) return;
    const context = Context.current();
    const beat = () => {
      const details = this.sign();
      if (details) context.heartbeat(details);
    };
    beat();
    this.timer = setInterval(beat, BEAT_MS);
  }

  /** Lets `sign` speak until `work` has ended, then reports the phase that follows. */
  async during<T>(sign: Sign, work: () => Promise<T>, next: HeartbeatProgress["phase"]): Promise<T> {
    this.sign = sign;
    try {
      return await work();
    } finally {
      this.sign = () => ({ phase: next, done: 0, total: 1 });
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
