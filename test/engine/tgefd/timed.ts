import { runTgefd } from "../../../src/engine/tgefd/run.ts";
import { prepared, read, type Sent } from "./cases.ts";

/** Seconds that the ancestor's engine took at best, one thread, for the four requests in test/fixtures/tgefd-timing. */
const ANCESTOR = { A: 0.176, B: 0.461, C: 13.7, D: 3.33 };

export interface Timed {
  request: string;
  reason: string;
  /** Of the first call; in a fresh process it includes compilation. */
  first_ms: number;
  best_ms: number;
  median_ms: number;
  ancestor_ms: number;
}

/** Times the whole engine on the requests that `letters` names, each `repeats` times. */
export function timed(letters: string, repeats: number, now: () => number = () => performance.now()): Timed[] {
  return (read("tgefd-timing") as Sent[]).flatMap((sent, index) => {
    const request = "ABCD"[index] as keyof typeof ANCESTOR;
    if (!letters.includes(request)) return [];
    const { document, table } = prepared(sent);
    const calls = Array.from({ length: repeats }, () => {
      const start = now();
      const { response } = runTgefd(document, table, "discover", { advance() {} });
      return { reason: response.decision.reason, took: now() - start };
    });
    const sorted = calls.map(({ took }) => took).sort((a, b) => a - b);
    return {
      request,
      reason: calls[0]?.reason ?? "",
      first_ms: calls[0]?.took ?? Number.NaN,
      best_ms: sorted[0] ?? Number.NaN,
      median_ms: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
      ancestor_ms: 1_000 * ANCESTOR[request],
    };
  });
}

// node test/engine/tgefd/timed.ts [letters] [repeats]
if (process.argv[1] === import.meta.filename) console.table(timed(process.argv[2] ?? "ABCD", Number(process.argv[3] ?? 20)));
