import { Piscina } from "piscina";
import { OrreryError } from "../contract/errors.ts";
import type { Pool } from "../contract/names.ts";
import type { Control } from "./control.ts";
import { perform } from "./fan.ts";
import { Grounds } from "./grounds.ts";
import { Slots } from "./slots.ts";
import type { Findings, Reply, Task, Unit, Yield } from "./task.ts";

/** A thread that ignores the abort flag for this long is terminated. The engine reads the flag every few milliseconds. */
const ABORT_MS = 2_000;

/** Bound of one thread's heap. The largest search of the benchmarks stays far below it. */
const THREAD_MEMORY_MB = 2_048;

/** What long work yields to: heartbeats, cancellations, short jobs, and the gateway and server of the embedded default. */
const NICENESS = 10;

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
  /** Aborting stops the threads; the promise then rejects with the signal's reason, once they are silent. */
  signal: AbortSignal;
  /** Through which the caller watches the threads. */
  control: Control;
}

export interface Compute {
  run<T extends Task>(task: T, options: RunOptions): Promise<Findings[T["op"]]>;
  /** The tasks that are computed at this moment. */
  busy(): BusyThread[];
  close(): Promise<void>;
}

/**
 * Computing threads, a set for each pool, so that long searches never keep short jobs waiting for a thread: `control`
 * has one, `light` and `heavy` have `threads` each. The tasks of a pool share its threads: a large search uses all that
 * no other task needs. The operating system shares the processors among the pools. A thread whose heap grows beyond
 * `threadMemoryMb` (MiB, default 2048) is ended and replaced, and its task rejects with `out_of_memory`.
 */
export function createCompute(options: { pools: readonly Pool[]; threads: number; threadMemoryMb?: number }): Compute {
  const { threadMemoryMb = THREAD_MEMORY_MB } = options;
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const filename = new URL(`./thread.${extension}`, import.meta.url).href;
  const crews = new Map(
    options.pools.map((pool) => {
      const count = pool === "control" ? 1 : options.threads;
      const minThreads = pool === "control" ? 1 : 0;
      const piscina = new Piscina({
        filename,
        minThreads,
        maxThreads: count,
        idleTimeout: IDLE_MS,
        resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb },
        workerData: { niceness: pool === "control" ? 0 : NICENESS },
      });
      return [pool, { slots: new Slots(count), piscina }];
    }),
  );
  const running = new Map<Control, Omit<BusyThread, "fits">>();
  const grounds = new Grounds();

  return {
    async run<T extends Task>(task: T, { pool, job_id, signal, control }: RunOptions) {
      signal.throwIfAborted();
      const crew = crews.get(pool);
      if (!crew) throw new Error(`this worker runs no ${pool} pool`);
      const { slots, piscina } = crew;
      const killer = new AbortController();
      const units = new Set<Promise<unknown>>();
      let timer: NodeJS.Timeout | undefined;
      const halt = () => {
        control.abort();
        timer ??= setTimeout(() => killer.abort(), ABORT_MS);
      };
      const work = async (unit: Unit) => {
        const words = control.enter();
        try {
          return (await piscina.run({ unit, buffer: words.buffer }, { signal: killer.signal })) as Reply;
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY")) throw error;
          throw new OrreryError(
            "out_of_memory",
            `The job needs more than the ${threadMemoryMb} MiB that a computing thread may use; make the request smaller, or raise ORRERY_THREAD_MEMORY_MB.`,
            { cause: error },
          );
        } finally {
          control.leave(words);
        }
      };
      const hands = {
        count: slots.count,
        signal,
        halt,
        async perform<U extends Unit>(unit: U): Promise<Yield[U["op"]]> {
          const settled = slots.within(control, signal, () => work(unit));
          units.add(settled);
          const reply = await settled.finally(() => units.delete(settled));
          if (reply.state === "done") return reply.value as Yield[U["op"]];
          if (reply.state === "aborted") throw new Error("a thread stopped without being asked to");
          throw new OrreryError(reply.code, reply.message, { faults: reply.faults, ...(reply.stack && { cause: reply.stack }) });
        },
      };
      signal.addEventListener("abort", halt, { once: true });
      running.set(control, { pool, job_id, op: task.op });
      try {
        return (await perform(task, hands, grounds)) as Findings[T["op"]];
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        await Promise.allSettled(units);
        signal.removeEventListener("abort", halt);
        clearTimeout(timer);
        running.delete(control);
      }
    },
    busy: () => [...running].map(([control, thread]) => ({ ...thread, fits: control.fits })),
    async close() {
      await Promise.all([...crews.values()].map(({ piscina }) => piscina.destroy()));
    },
  };
}
