/** Times at which jobs may start, so many in a second. */
export class Pace {
  private readonly intervalMs: number;
  private readonly returned: number[] = [];
  /** The first time that nobody has taken, in milliseconds since the epoch. */
  next: number;

  /** `next` goes on with the pace of an earlier call. */
  constructor(rate: number, next = 0) {
    this.intervalMs = 1_000 / rate;
    this.next = next;
  }

  /** The earliest time that is free. */
  take(): number {
    const now = Date.now();
    const earlier = this.returned.findIndex((time) => time >= now);
    const [freed] = earlier === -1 ? [] : this.returned.splice(earlier, 1);
    if (freed !== undefined) return freed;
    const time = Math.max(now, this.next);
    this.next = time + this.intervalMs;
    return time;
  }

  /** For one that does not start: the next takes its time. */
  giveBack(time: number): void {
    this.returned.push(time);
  }
}
