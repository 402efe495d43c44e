import type { DrillResult } from "./run.ts";

/** A guarantee, and the findings that break it. */
const GUARANTEES = [
  { id: "G1", says: "every accepted job reaches one end", findings: ["lost", "changed", "wrongEnd"] },
  { id: "G2", says: "one key, one job, one result", findings: ["doubled", "unasked", "disagreeing"] },
  { id: "G3", says: "five attempts at most, and none is lost to a restart in order", findings: ["overtried"] },
  { id: "G4", says: "cancel reaches every part, and the receipt is true", findings: ["noisy"] },
  { id: "G5", says: "no deadline is missed or kept too early, and no time is unaccounted for", findings: ["untimely", "unaccounted"] },
  {
    id: "G6",
    says: "failed jobs are dead letters, once; others never",
    findings: ["deadLettersMissing", "deadLettersFalse", "deadLettersDouble"],
  },
  { id: "G7", says: "no file is torn", findings: ["torn"] },
  { id: "G10", says: "a reader is told the truth, or that it is not to be had", findings: ["untold"] },
  { id: "G11", says: "the ancestor's documents are taken, and every history replays", findings: ["disowned", "misfits"] },
] as const satisfies readonly { id: string; says: string; findings: readonly (keyof DrillResult["findings"])[] }[];
type GuaranteeId = (typeof GUARANTEES)[number]["id"];

const SHOWN = 5;

/** What 99 of 100 cancels in peace should need to the silence of all threads, in milliseconds. */
const SILENCE_AIM_MS = 1_000;

export interface Verdict {
  id: string;
  says: string;
  holds: boolean;
  /** Whether anything was compared; what holds for nothing says nothing. */
  seen: boolean;
  /** What it rests on. */
  on: string;
  broken: string[];
}

export function verdictsOf(result: DrillResult): Verdict[] {
  return GUARANTEES.map(({ id, says, findings: names }) => {
    const broken = names.flatMap((name) => result.findings[name].map((finding) => `${name}: ${finding}`));
    const { count, on } = compared(id, result);
    return { id, says, holds: broken.length === 0, seen: count > 0, on, broken };
  });
}

function compared(id: GuaranteeId, { accepted, ancestors, faults, reads, silences, state }: DrillResult): { count: number; on: string } {
  const { jobs, artifacts, deadLetters, replays } = state;
  const counted = (count: number, what: string) => ({ count, on: `${count} ${what}` });
  switch (id) {
    case "G1":
      return counted(accepted, `jobs, ${faults.length} faults`);
    case "G2":
      return counted(accepted, state.runs ? "jobs" : "jobs, as clients see them");
    case "G3":
      // Jobs of one attempt say little where no worker was stopped.
      return counted(
        faults.filter(({ guarantee }) => guarantee === "G3").length,
        `faults that stop workers in order, ${jobs.length} jobs of at most ${Math.max(0, ...jobs.map(({ attempts }) => attempts))} attempts`,
      );
    case "G4":
      return counted(silences.calm.length + silences.loaded.length, `cancels${aim(silences.calm)}`);
    case "G5":
      return counted(jobs.length, `jobs, ${jobs.filter(({ status }) => status === "timed_out").length} timed out`);
    case "G6":
      return counted(deadLetters.length, "dead letters");
    case "G7":
      return counted(artifacts.length, "files");
    case "G10":
      return counted(reads, "looks");
    case "G11": {
      const types = new Set(replays?.map(({ workflow }) => workflow));
      return counted(ancestors, `documents${replays ? `, ${replays.length} histories of ${types.size} types` : ""}`);
    }
  }
}

function aim(calm: readonly number[]): string {
  const p99 = quantile(calm, 0.99);
  return calm.length === 0
    ? ""
    : `; in peace the aim of a p99 within ${SILENCE_AIM_MS} ms is ${p99 <= SILENCE_AIM_MS ? "met" : "missed"} with ${p99} ms`;
}

/** The figures of a drill, for people. */
export function printed(result: DrillResult): string {
  const { findings, faults, state, silences } = result;
  const recoveries = [...new Set(faults.map(({ name }) => name))].map((name) => {
    const times = faults
      .filter((fault) => fault.name === name)
      .map(({ recovered_ms }) => recovered_ms)
      .toSorted((a, b) => a - b);
    const overlapped = Math.min(...faults.filter((fault) => fault.name === name).map(({ open }) => open));
    return `  ${name.padEnd(36)} ${String(times.length).padStart(3)}   ${seconds(quantile(times, 0.5))}  ${seconds(times.at(-1) ?? 0)}   ${overlapped}`;
  });
  const failed = state.jobs.filter(({ status }) => status === "failed" || status === "timed_out").length;
  return [
    `Jobs sent ${result.jobs}, accepted ${result.accepted}, submits without a reply ${result.unanswered}, in ${result.seconds.toFixed(0)} s`,
    `Lost ${findings.lost.length}, doubled ${findings.doubled.length}, ends that changed ${findings.changed.length}, wrong ends ${findings.wrongEnd.length}`,
    `Failed jobs ${failed}, dead letters ${state.deadLetters.length}: missing ${findings.deadLettersMissing.length}, false ${findings.deadLettersFalse.length}, double ${findings.deadLettersDouble.length}`,
    `Files listed ${state.artifacts.length}, torn ${findings.torn.length}`,
    `Looks at open jobs ${result.reads}, untold ${findings.untold.length}`,
    ...silence("in peace", silences.calm),
    ...silence("between faults", silences.loaded),
    ...(faults.length > 0
      ? ["", `Faults proven: ${faults.length}`, "  fault                              times  p50 s  most s  least jobs open", ...recoveries]
      : []),
    ...result.leftOut.map((fault) => `Left out: ${fault}`),
    "",
    ...verdictsOf(result).flatMap(({ id, says, holds, seen, on, broken }) => [
      `${holds ? (seen ? "holds " : "unseen") : "BROKEN"} ${id.padEnd(4)} ${says} (${on})`,
      ...broken.slice(0, SHOWN).map((line) => `         ${line}`),
      ...(broken.length > SHOWN ? [`         and ${broken.length - SHOWN} more`] : []),
    ]),
  ].join("\n");
}

function silence(when: string, millis: readonly number[]): string[] {
  if (millis.length === 0) return [];
  return [
    `Cancel to silence ${when}, ${millis.length} times: p50 ${quantile(millis, 0.5)} ms, p99 ${quantile(millis, 0.99)} ms, most ${millis.at(-1)} ms`,
  ];
}

function seconds(millis: number): string {
  return (millis / 1_000).toFixed(2).padStart(6);
}

/** The value that a share of the sorted values does not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
