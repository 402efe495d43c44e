/** Three words that the main thread and a computing thread share. */
export class Words {
  readonly buffer: SharedArrayBuffer;
  private readonly words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.words = new BigInt64Array(buffer);
  }

  /** Fits of the plan that are behind us: done, or found to be needless. */
  get fits(): number {
    return Number(Atomics.load(this.words, 0));
  }

  /** A sign of life: only the computing thread advances it, in phases without fits too. */
  get steps(): bigint {
    return Atomics.load(this.words, 1);
  }

  advance(fits: number): void {
    Atomics.add(this.words, 0, BigInt(fits));
    Atomics.add(this.words, 1, 1n);
  }

  get aborted(): boolean {
    return Atomics.load(this.words, 2) !== 0n;
  }

  abort(): void {
    Atomics.store(this.words, 2, 1n);
  }
}

/** A new thread loads and compiles its code before its first step, for seconds on a busy machine. */
const STARTING_MS = 10_000;

/** What the main thread sees of one activity's computing, on however many threads, and how it stops them. */
export class Control {
  /** The threads at work, and when each was first seen at its present step. */
  private readonly threads = new Map<Words, { steps: bigint; since: number }>();
  private past = { fits: 0, steps: 0n };
  private stopped = false;

  /** Words for a thread that is about to work. */
  enter(): Words {
    const words = new Words();
    if (this.stopped) words.abort();
    this.threads.set(words, { steps: 0n, since: performance.now() });
    return words;
  }

  leave(words: Words): void {
    if (!this.threads.delete(words)) return;
    this.past = { fits: this.past.fits + words.fits, steps: this.past.steps + words.steps };
  }

  get fits(): number {
    return this.past.fits + [...this.threads.keys()].reduce((total, { fits }) => total + fits, 0);
  }

  get steps(): bigint {
    return this.past.steps + [...this.threads.keys()].reduce((total, { steps }) => total + steps, 0n);
  }

  /** Threads that have taken a step. Without any, the activity waits for one, or for what another prepares. */
  get working(): number {
    return [...this.threads.keys()].filter(({ steps }) => steps > 0n).length;
  }

  /** Milliseconds since the last step of the thread that has taken none for longest, as far as calls of this have seen. */
  silence(now: number): number {
    let longest = 0;
    for (const [words, seen] of this.threads) {
      const { steps } = words;
      if (steps === seen.steps) longest = Math.max(longest, now - seen.since - (steps === 0n ? STARTING_MS : 0));
      else this.threads.set(words, { steps, since: now });
    }
    return longest;
  }

  abort(): void {
    this.stopped = true;
    for (const words of this.threads.keys()) words.abort();
  }
}
