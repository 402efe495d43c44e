import closeWithGrace from "close-with-grace";
import type { Logger } from "./logger.ts";

/** How often a process that drains says what it still waits for. */
const REMINDER_MS = 5_000;

export interface Draining {
  logger: Logger;
  /** Longest time from the signal to the end of the process, in milliseconds. */
  boundMs: number;
  /** What is not done yet, as fields of a log line. */
  waiting: () => object;
  /** Takes no new work. Resolves when all that was begun is done. */
  close: () => Promise<void>;
}

/**
 * Ends the process in order when it is told to stop, or when an error reaches nobody. It says what it waits for; what is
 * not done within the bound, or when a second signal comes, is given up by name, and the exit code is not 0.
 */
export function drainOnSignal({ logger, boundMs, waiting, close }: Draining): void {
  const giveUp = (why: string) => {
    logger.error({ why, ...waiting() }, "gave up");
    end();
  };
  closeWithGrace(
    {
      delay: boundMs,
      logger,
      onTimeout: () => giveUp(`not done within ${boundMs / 1_000} s`),
      onSecondSignal: (signal) => giveUp(`a second signal, ${signal}`),
    },
    async ({ signal, err }) => {
      const began = performance.now();
      const elapsed = () => Math.round(performance.now() - began);
      if (err) logger.fatal({ err }, "failed");
      logger.info({ signal, bound_ms: boundMs, ...waiting() }, "draining");
      const reminder = setInterval(() => logger.info({ ms: elapsed(), ...waiting() }, "still draining"), REMINDER_MS);
      await close();
      clearInterval(reminder);
      logger.info({ ms: elapsed() }, "drained");
    },
  );
}

/**
 * Node joins its file threads before it exits. One that hangs, as on a network disk that is away, would hold it for ever;
 * only a kill ends such a process, and its end is then the signal instead of a code.
 */
function end(): never {
  if (process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"))) process.kill(process.pid, "SIGKILL");
  process.exit(1);
}
