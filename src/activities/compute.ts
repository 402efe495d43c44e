import { Piscina } from "piscina";
import { OrreryError } from "../contract/errors.ts";
import type { Pool } from "../contract/names.ts";
import type { Control, Findings, Reply, Task } from "./task.ts";

/** A thread that ignores the abort flag for this long is terminated. The engine reads the flag every few milliseconds. */
const ABORT_MS = 2_000;

/** A thread pool stays warm for this long after its last task. */
const IDLE_MS = 60_000;

export interface BusyThread {
  pool: Pool;
  job_id: string;
  op: Task["op"];
  fits: number;
}

export interface RunOptions {
  pool: Pool;
  job_id: string;
  /** Aborting stops the thread; the promise then rejects with the signal's reason, once the thread is silent. */
  signal: AbortSignal;
  /** Shared with the thread, so that the caller can watch its progress. */
  control: Control;
}

export interface Compute {
  run<T extends Task>(task: T, options: RunOptions): Promise<Findings[T["op"]]>;
  /** The threads that compute at this moment. */
  busy(): BusyThread[];
  close(): Promise<void>;
}

/**
 * Computing threads, a set for each pool, so that long searches never keep short jobs waiting for a thread: `control`
 * has one, `light` and `heavy` have `threads` each. The operating system shares the processors among them.
 */
export function createCompute(options: { pools: readonly Pool[]; threads: number }): Compute {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const filename = new URL(`./thread.${extension}`, import.meta.url).href;
  const piscinas = new Map(
    options.pools.map((pool) => [
      pool,
      new Piscina({
        filename,
        minThreads: pool === "control" ? 1 : 0,
        maxThreads: pool === "control" ? 1 : options.threads,
        idleTimeout: IDLE_MS,
      }),
    ]),
  );
  const running = new Map<Control, Omit<BusyThread, "fits">>();

  return {
    async run<T extends Task>(task: T, { pool, job_id, signal, control }: RunOptions) {
      signal.throwIfAborted();
      const piscina = piscinas.get(pool);
      if (!piscina) throw new Error(`this worker runs no ${pool} pool`);
      const killer = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const stop = () => {
        control.abort();
        timer = setTimeout(() => killer.abort(), ABORT_MS);
      };
      signal.addEventListener("abort", stop, { once: true });
      running.set(control, { pool, job_id, op: task.op });
      try {
        const reply = (await piscina.run({ task, buffer: control.buffer }, { signal: killer.signal })) as Reply;
        if (reply.state === "done") return reply.value as Findings[T["op"]];
        signal.throwIfAborted();
        if (reply.state === "failed") {
          throw new OrreryError(reply.code, reply.message, { faults: reply.faults, ...(reply.stack && { cause: reply.stack }) });
        }
        throw new Error("a thread stopped without being asked to");
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        clearTimeout(timer);
        running.delete(control);
      }
    },
    busy: () => [...running].map(([control, thread]) => ({ ...thread, fits: control.fits })),
    async close() {
      await Promise.all([...piscinas.values()].map((piscina) => piscina.destroy()));
    },
  };
}
