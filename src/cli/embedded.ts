import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parse, Unreadable } from "./gateway.ts";
import { entryPath } from "./processes.ts";
import type { Session } from "./session.ts";

/** The first start may download or build the Temporal server. */
const START_MS = 15 * 60_000;
const POLL_MS = 300;
/** Longest wait for the service's welcome after its gateway is ready. */
const WELCOME_MS = 10_000;
/** The service kills what does not stop in time; this much later it counts as stuck itself. */
const PATIENCE_MS = 3_000;
/** Lines of its output that are shown if it fails. */
const KEPT_LINES = 20;

/** The whole service on this machine, as a child process. */
export interface Embedded {
  /** Aborts, with the error to show, if the service ends by itself. */
  lost: AbortSignal;
  /** Stops it and waits for its end. `signalled` tells that the terminal has already sent it an interrupt. */
  stop(signalled: boolean): Promise<void>;
}

/** Starts the service and waits until its gateway is ready; shows its output until then. `stopMs` is the longest time that it takes to stop. */
export async function startEmbedded(session: Session, stopMs: number, signal: AbortSignal): Promise<Embedded> {
  const child = spawn(process.execPath, [...process.execArgv, entryPath("dev")], { stdio: ["ignore", "pipe", "pipe"] });
  const output = relayOutput(child, session);
  const lost = new AbortController();
  // Closed rather than exited: by then its last words have been read.
  child.once("close", () => lost.abort(new Error(`The embedded service ended by itself. ${output.account()}`)));
  const embedded: Embedded = { lost: lost.signal, stop: (signalled) => stop(child, stopMs + PATIENCE_MS, signalled) };
  try {
    const deadline = performance.now() + START_MS;
    while ((await probe(session)) !== "ready") {
      lost.signal.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`The embedded service was not ready within 15 min. ${output.account()}`);
      await sleep(POLL_MS, undefined, { signal });
    }
    // The worker may come a moment after the gateway; a job sent before would begin by waiting for it.
    const ends = AbortSignal.any([signal, lost.signal]);
    await Promise.race([output.welcomed, sleep(WELCOME_MS, undefined, { signal: ends, ref: false })]);
    return embedded;
  } catch (error) {
    await embedded.stop(signal.aborted && signal.reason === "SIGINT" && process.stdin.isTTY);
    throw lost.signal.aborted && !signal.aborted ? lost.signal.reason : error;
  }
}

const readiness = z.object({ status: z.enum(["ready", "not_ready"]), failing: z.array(z.string()).default([]) });

/** What answers at the gateway's address: a ready gateway, one with what fails, or nothing. Throws if it is no gateway. */
export async function probe({ gateway }: Session): Promise<"ready" | "absent" | { failing: string[] }> {
  let response: Response;
  try {
    response = await fetch(`${gateway.url}/ready`, { signal: AbortSignal.timeout(5_000) });
  } catch {
    return "absent";
  }
  const parsed = readiness.safeParse(parse(await response.text()));
  if (!parsed.success) throw new Unreadable(`${gateway.url}/ready`, `${response.status}, but not with what this version expects`);
  return response.ok ? "ready" : { failing: parsed.data.failing };
}

/** Shows the child's lines dimmed and indented, and keeps the last ones. */
function relayOutput(child: ChildProcess, { terminal: { err }, paint }: Session) {
  const last: string[] = [];
  const { promise: welcomed, resolve: welcome } = Promise.withResolvers<void>();
  let shown = true;
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      if (line.startsWith("Orrery is ready")) {
        // What it advises is for people who started it themselves; from here on the command speaks.
        shown = false;
        welcome();
      }
      if (line.trim() === "") return;
      last.push(line);
      if (last.length > KEPT_LINES) last.shift();
      if (shown) err.write(`${paint.err("dim", `  │ ${line}`)}\n`);
    });
  }
  const account = () => (shown ? "What it said is above." : `Its last output:\n${last.map((line) => `  │ ${line}`).join("\n")}`);
  return { welcomed, account };
}

async function stop(child: ChildProcess, withinMs: number, signalled: boolean): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  if (!signalled) child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  await ended;
  clearTimeout(killer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
