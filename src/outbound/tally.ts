import type { IBreaker } from "cockatiel";

/** So many failures within so long open a circuit. */
const FAILURES = 5;
const WINDOW_MS = 5 * 60_000;

/**
 * Tells when a circuit opens: with the fifth failure within five minutes, unless at least as many calls succeeded since
 * the first of them. A target that answers nearly always must not be left alone for the few calls that fail.
 */
export function createTally(): IBreaker {
  let successes = 0;
  let failures: { at: number; after: number }[] = [];
  return {
    success() {
      successes += 1;
    },
    failure() {
      const now = Date.now();
      failures = [...failures.slice(1 - FAILURES), { at: now, after: successes }];
      const [first] = failures;
      return failures.length === FAILURES && first !== undefined && now - first.at <= WINDOW_MS && successes - first.after < FAILURES;
    },
    // A circuit begins closed in every process.
    state: undefined,
  };
}
