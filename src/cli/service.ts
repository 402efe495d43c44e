import { type Embedded, probe, startEmbedded } from "./embedded.ts";
import { EXIT } from "./outcome.ts";
import type { Session } from "./session.ts";

/** A service that is started with this environment. */
export interface OwnService {
  /** Where its gateway listens. */
  url: string;
  /** Longest time that it takes to stop, in milliseconds. */
  stopMs: number;
}

/**
 * Works with the gateway that answers. If there is none and the address asked for is that of our own, starts everything
 * on this machine for this one command and stops it afterwards; without `own` nothing is started. Resolves to the exit code.
 */
export async function withService(
  session: Session,
  own: OwnService | undefined,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  if (session.gateway.url !== own?.url || (await probe(session)) !== "absent") return work(session);
  const { err } = session.terminal;
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => interrupt.abort(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, onSignal);
  err.write("Starting Temporal, a worker and the gateway. The first start may take minutes, later ones seconds.\n");
  let embedded: Embedded | undefined;
  try {
    embedded = await startEmbedded(session, own.stopMs, interrupt.signal);
    const stops = AbortSignal.any([interrupt.signal, embedded.lost]);
    return await Promise.race([work({ ...session, stops }), aborted(stops)]);
  } catch (error) {
    if (!interrupt.signal.aborted) throw embedded?.lost.reason ?? error;
    err.write("Interrupted. A job that was accepted goes on with: npm start\n");
    return EXIT.interrupted;
  } finally {
    if (embedded) {
      err.write("Stopping what this command started.\n");
      await embedded.stop(interrupt.signal.reason === "SIGINT" && process.stdin.isTTY);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
