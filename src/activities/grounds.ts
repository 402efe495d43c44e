import { createHash } from "node:crypto";
import { ENGINE_VERSION } from "../contract/names.ts";
import type { DiscoverRequest } from "../contract/request.ts";
import type { Groundwork } from "../engine/problem.ts";
import { canonical } from "./content.ts";
import { bytesOf } from "./shared.ts";

/** Groundwork in use and the latest that was: together no more than this, as far as what is in use allows. */
const MAX_BYTES = 268_435_456;

/** How to make groundwork, and how to add its sums. */
export interface Making {
  lay(): Promise<Groundwork>;
  add(ground: Groundwork): Promise<void>;
}

interface Entry {
  ground: Promise<Groundwork>;
  sums?: Promise<void>;
  bytes: number;
  users: number;
}

/** The groundwork of searches, made once for all shards, tries and steps of a job that this process works on. */
export class Grounds {
  /** In the order of last use. */
  private readonly entries = new Map<string, Entry>();
  private readonly maxBytes: number;

  constructor(maxBytes = MAX_BYTES) {
    this.maxBytes = maxBytes;
  }

  /**
   * Lends groundwork to `use`, with its sums if these are asked for. Where another makes it, this waits; if the other is
   * stopped or fails, this makes it anew. Rejects with the signal's reason when that aborts.
   */
  async lend<T>(
    key: string,
    { making, sums, signal }: { making: Making; sums: boolean; signal: AbortSignal },
    use: (ground: Groundwork) => Promise<T>,
  ): Promise<T> {
    const { entry, ground } = await this.made(key, making, sums, signal);
    try {
      return await use(ground);
    } finally {
      entry.users -= 1;
      this.evict();
    }
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return [...this.entries.values()].reduce((total, { bytes }) => total + bytes, 0);
  }

  private async made(key: string, making: Making, sums: boolean, signal: AbortSignal): Promise<{ entry: Entry; ground: Groundwork }> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.entries.get(key);
      const entry: Entry = found ?? { ground: making.lay(), bytes: 0, users: 0 };
      let own = !found;
      this.entries.delete(key);
      this.entries.set(key, entry);
      entry.users += 1;
      try {
        const ground = await until(entry.ground, signal);
        entry.bytes ||= bytesOf(ground);
        if (sums && !entry.sums) {
          own = true;
          entry.sums = making.add(ground);
        }
        if (sums) await until(entry.sums as Promise<void>, signal);
        this.evict();
        return { entry, ground };
      } catch (error) {
        entry.users -= 1;
        // Sums that were added in part cannot be added to: the whole is made anew. One who only waited takes nothing away.
        if (own && this.entries.get(key) === entry) this.entries.delete(key);
        if (own || signal.aborted) throw error;
      }
    }
  }

  private evict(): void {
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      if (entry.users === 0) this.entries.delete(key);
    }
  }
}

/** The key of the groundwork of a request on a table: everything that determines it. */
export function groundKey(request: DiscoverRequest, tableHash: string): string {
  const { target, inputs, hypothesis, noise, decision, seed } = request;
  const identity = { engine: ENGINE_VERSION, table: tableHash, target, inputs, hypothesis, noise, decision, seed };
  return createHash("sha256").update(canonical(identity)).digest("hex");
}

async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
