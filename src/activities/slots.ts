interface Waiting {
  owner: object;
  start: () => void;
}

/** Places for work on the threads of a pool. A place that becomes free goes to the waiting owner that has the fewest. */
export class Slots {
  readonly count: number;
  private free: number;
  private readonly waiting: Waiting[] = [];
  private readonly held = new Map<object, number>();

  constructor(count: number) {
    this.count = count;
    this.free = count;
  }

  /** Does work in a place of its own. Rejects with the signal's reason if that aborts before there is one. */
  async within<T>(owner: object, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.take(owner, signal);
    try {
      return await work();
    } finally {
      this.give(owner);
    }
  }

  private async take(owner: object, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free -= 1;
      this.hold(owner, 1);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
      };
      const start = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const waiting: Waiting = { owner, start };
      this.waiting.push(waiting);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  private give(owner: object): void {
    this.hold(owner, -1);
    const [first, ...others] = this.waiting;
    if (!first) {
      this.free += 1;
      return;
    }
    const next = others.reduce((best, other) => (this.heldBy(other.owner) < this.heldBy(best.owner) ? other : best), first);
    this.waiting.splice(this.waiting.indexOf(next), 1);
    this.hold(next.owner, 1);
    next.start();
  }

  private heldBy(owner: object): number {
    return this.held.get(owner) ?? 0;
  }

  private hold(owner: object, change: number): void {
    const count = this.heldBy(owner) + change;
    if (count === 0) this.held.delete(owner);
    else this.held.set(owner, count);
  }
}
