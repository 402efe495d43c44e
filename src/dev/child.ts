import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { guard } from "./guard.ts";
import { lastLines, rotateLog } from "./log-file.ts";
import type { Report } from "./report.ts";
import { StartError } from "./start-error.ts";

/** How often readiness is asked for. */
const POLL_MS = 40;

/** When a wait for the end of a process is told. */
const NOTICE_MS = 3_000;

const TAIL_LINES = 10;

/** In milliseconds. */
export interface Pace {
  /** Longest time from the start of a process to its readiness. */
  ready: number;
  /** Pause before the first restart; doubled after each. */
  shortest: number;
  /** Longest pause. */
  longest: number;
  /** A process that ran this long is started again after the shortest pause. */
  steady: number;
}

const PACE: Pace = { ready: 60_000, shortest: 500, longest: 15_000, steady: 60_000 };

export interface ChildOptions {
  /** What a person calls it. */
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Node processes get a channel, so that they notice when this one dies; others get a guard. */
  node: boolean;
  /** Whether the process can do its work; asked until it is true. May throw: that means no. */
  ready: () => Promise<boolean>;
  /** Longest time between SIGTERM and SIGKILL, in milliseconds. */
  graceMs: number;
  report: Report;
  pace?: Pace;
}

/** A process that is kept running until it is stopped. */
export interface Child {
  /** Asks it to stop, and kills it after its grace. Resolves when it is gone, to whether it stopped in order; if not, tells why. */
  stop(): Promise<boolean>;
  kill(): void;
}

interface Life {
  process: ChildProcess;
  /** Size of the log before this life. */
  logStart: number;
  began: number;
  gone: Promise<Death>;
}

interface Death {
  how: string;
  /** It stopped as it should, or before it could do anything. */
  inOrder: boolean;
}

/**
 * Starts a process and returns when it is ready. From then on a death is told, with the last lines of its log, and the
 * process is started again. Throws a `StartError` with the same lines if it dies or hangs before it is ready the first time.
 */
export async function startChild(options: ChildOptions, signal: AbortSignal): Promise<Child> {
  const stopping = new AbortController();
  let life = spawnOnce(options);
  const child: Child = {
    async stop() {
      stopping.abort();
      const { name, graceMs, logFile, report } = options;
      if (!life.process.kill("SIGTERM")) return true;
      const bound = `${graceMs / 1_000} s`;
      const notice = setTimeout(() => report(`Waiting for the ${name} to stop, ${bound} at most; its log: ${logFile}`), NOTICE_MS);
      let killed = false;
      const killer = setTimeout(() => {
        killed = life.process.kill("SIGKILL");
      }, graceMs);
      const { how, inOrder } = await life.gone;
      clearTimeout(notice);
      clearTimeout(killer);
      if (killed) report(`The ${name} did not stop within ${bound} and was killed. The whole log: ${logFile}`);
      else if (!inOrder) report(deathOf(options, life, how));
      return inOrder && !killed;
    },
    kill() {
      stopping.abort();
      life.process.kill("SIGKILL");
    },
  };
  try {
    await untilReady(options, life, signal);
  } catch (error) {
    await child.stop();
    throw error;
  }
  void keep();
  return child;

  async function keep(): Promise<void> {
    const { shortest, longest, steady } = options.pace ?? PACE;
    let pause = shortest;
    while (true) {
      const { how } = await life.gone;
      if (stopping.signal.aborted) return;
      if (performance.now() - life.began > steady) pause = shortest;
      options.report(`${deathOf(options, life, how)}\nStarting the ${options.name} again in ${pause / 1_000} s.`);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      pause = Math.min(2 * pause, longest);
      life = spawnOnce(options);
      await untilReady(options, life, stopping.signal).then(
        () => options.report(`The ${options.name} runs again.`),
        (error: Error) => {
          // A death is told in the next round; a process that hangs is ended so that there is a next round.
          if (!stopping.signal.aborted && life.process.kill("SIGKILL")) options.report(error.message);
        },
      );
    }
  }
}

function spawnOnce({ command, args, env, logFile, node }: ChildOptions): Life {
  rotateLog(logFile);
  const log = openSync(logFile, "a");
  const logStart = fstatSync(log).size;
  // A session of its own: Ctrl-C at the terminal reaches only the parent, which stops its children in order.
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", log, log, ...(node ? (["ipc"] as const) : [])] });
  closeSync(log);
  const release = child.pid !== undefined && !node ? guard(child.pid) : undefined;
  // A signal that comes too late is no reason to fall over.
  child.on("error", () => undefined);
  const gone = once(child, "exit").then(
    ([code, signal]) => ({
      how: signal ? `was ended by ${signal}` : `exited with code ${code}`,
      inOrder: code === 0 || signal === "SIGTERM",
    }),
    (error: unknown) => ({ how: `could not be started: ${error instanceof Error ? error.message : String(error)}`, inOrder: false }),
  );
  void gone.then(release);
  return { process: child, logStart, began: performance.now(), gone };
}

async function untilReady(options: ChildOptions, life: Life, signal: AbortSignal): Promise<void> {
  const { ready: readyMs } = options.pace ?? PACE;
  let death: Death | undefined;
  void life.gone.then((known) => {
    death = known;
  });
  while (performance.now() - life.began < readyMs) {
    signal.throwIfAborted();
    if (death) throw new StartError(deathOf(options, life, death.how));
    if (await options.ready().catch(() => false)) return;
    await sleep(POLL_MS);
  }
  throw new StartError(`The ${options.name} is not ready after ${readyMs / 1_000} s; its log: ${options.logFile}`);
}

function deathOf({ name, logFile }: ChildOptions, life: Life, how: string): string {
  const lines = lastLines(logFile, life.logStart, TAIL_LINES);
  const said = lines.length === 0 ? "It wrote nothing." : `Its last lines:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return `The ${name} ${how}. ${said}\nThe whole log: ${logFile}`;
}
