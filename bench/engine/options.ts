import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** What the command line asks for; see docs/benchmarks.md. */
export function readOptions(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      levels: { type: "string", default: "0.01,0.05,0.1" },
      seeds: { type: "string", default: "5" },
      // Rules are tuned with seeds below 100, so figures that are quoted start above.
      first: { type: "string", default: "101" },
      library: { type: "string" },
      set: { type: "string" },
      rows: { type: "string", default: "200" },
      jitter: { type: "string" },
      only: { type: "string" },
      sets: { type: "string", default: "800" },
      jobs: { type: "string", default: String(availableParallelism()) },
      brief: { type: "boolean", default: false },
      peer: { type: "string" },
      largest: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
    },
  });
  return {
    parts: positionals,
    /** Noise levels, as written. */
    levels: values.levels.split(","),
    seeds: Number(values.seeds),
    first: Number(values.first),
    libraries: oneOf(["declared", "default"] as const, values.library),
    sets: oneOf(["dev", "held"] as const, values.set),
    rows: Number(values.rows),
    /** Constants of the development problems stay as they are, those of the others move, unless told otherwise. */
    jitterOf: (set: "dev" | "held") => Number(values.jitter ?? (set === "dev" ? 0 : 0.2)),
    only: values.only,
    negatives: Number(values.sets),
    threads: Number(values.jobs),
    brief: values.brief,
    /** The Python that has PySINDy. */
    peer: values.peer,
    largest: values.largest,
    /** Whether the figures are written into docs/benchmarks.md. */
    record: values.record,
  };
}

export type Options = ReturnType<typeof readOptions>;

function oneOf<const T extends string>(all: readonly T[], asked: string | undefined): readonly T[] {
  if (asked === undefined) return all;
  const one = all.find((name) => name === asked);
  if (one === undefined) throw new Error(`say one of ${all.join(", ")}, not ${asked}`);
  return [one];
}
