import { activityInfo, Context } from "@temporalio/activity";
import type { AttemptError, HeartbeatProgress } from "../contract/flow.ts";

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
  /** How the first attempt that failed did so; carried from attempt to attempt by their heartbeats. */
  private first: AttemptError | undefined;

  constructor(phase: HeartbeatProgress["phase"]) {
    this.sign = () => ({ phase, done: 0, total: 1 });
    // A local activity lives within its workflow task; the server knows of none to take heartbeats for.
    if (activityInfo().isLocal) return;
    this.first = (activityInfo().heartbeatDetails as HeartbeatProgress | undefined)?.first_error;
    const beat = () => {
      const progress = this.sign();
      if (progress) this.beat(progress);
    };
    beat();
    this.timer = setInterval(beat, BEAT_MS);
  }

  private beat(progress: HeartbeatProgress): void {
    const { attempt } = activityInfo();
    Context.current().heartbeat({ ...progress, attempt, ...(this.first && { first_error: this.first }) } satisfies HeartbeatProgress);
  }

  /** Notes how this attempt failed, for the next one, and tells how the first that is known of did. */
  fail(phase: HeartbeatProgress["phase"], error: AttemptError): AttemptError | undefined {
    const { attempt, isLocal } = activityInfo();
    // Without heartbeats the attempts before this one are unknown.
    if (isLocal) return attempt === 1 ? error : undefined;
    this.first ??= error;
    this.beat({ phase, done: 0, total: 1 });
    return this.first;
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
