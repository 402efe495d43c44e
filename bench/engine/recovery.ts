import { processorSeconds } from "./clock.ts";
import { development } from "./development.ts";
import { heldOut } from "./held-out.ts";
import { type Problem, tableOf } from "./problem.ts";
import { discover, lawOf } from "./run.ts";
import { formOf } from "./same.ts";

export const SETS = { dev: development, held: heldOut } as const;

/** One job of a recovery run. With the library "default" the engine is given the table alone. */
export interface RecoveryTask {
  set: keyof typeof SETS;
  problem: number;
  level: number;
  seed: number;
  rows: number;
  jitter: number;
  library: "declared" | "default";
}

export interface Recovered {
  name: string;
  found: string;
  right: boolean;
  accepted: boolean;
  reasons: string[];
  ms: number;
}

export function recover(task: RecoveryTask): Recovered {
  const problem = SETS[task.set][task.problem] as Problem;
  const columns = tableOf(problem, task);
  const started = processorSeconds();
  const more = { seed: task.seed, ...(task.library === "declared" && { hypothesis: problem.hypothesis }) };
  const result = discover(columns, more);
  const ms = 1_000 * (processorSeconds() - started);
  const law = lawOf(result);
  const inputs = Object.keys(columns).filter((name) => name !== "f");
  const form = law && formOf({ terms: law.terms.map(({ text }) => text), transform: law.transform }, inputs);
  return {
    name: problem.name,
    found: law?.text ?? "nothing",
    right: form === formOf(problem.law, inputs),
    accepted: result.verdict === "accepted",
    reasons: result.reasons,
    ms,
  };
}
