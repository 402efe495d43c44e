import type { DrillResult } from "./run.ts";

/** A guarantee, and the findings that break it. */
const GUARANTEES: readonly { id: string; says: string; findings: readonly (keyof DrillResult["findings"])[] }[] = [
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
];

const SHOWN = 5;

export interface Verdict {
  id: string;
  says: string;
  holds: boolean;
  broken: string[];
}

export function verdictsOf({ findings }: DrillResult): Verdict[] {
  return GUARANTEES.map(({ id, says, findings: names }) => {
    const broken = names.flatMap((name) => findings[name].map((finding) => `${name}: ${finding}`));
    return { id, says, holds: broken.length === 0, broken };
  });
}

/** The figures of a drill, for people. */
export function printed(result: DrillResult): string {
  const { findings, faults, state } = result;
  const cancels = result.cancels.toSorted((a, b) => a - b);
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
    `Looks at jobs during faults ${result.reads}, untold ${findings.untold.length}`,
    ...(cancels.length > 0
      ? [
          `Cancel to silence, ${cancels.length} in peace: p50 ${quantile(cancels, 0.5)} ms, p99 ${quantile(cancels, 0.99)} ms, most ${cancels.at(-1)} ms`,
        ]
      : []),
    ...(faults.length > 0
      ? ["", `Faults proven: ${faults.length}`, "  fault                              times  p50 s  most s  least jobs open", ...recoveries]
      : []),
    "",
    ...verdictsOf(result).flatMap(({ id, says, holds, broken }) => [
      `${holds ? "holds " : "BROKEN"} ${id.padEnd(4)} ${says}`,
      ...broken.slice(0, SHOWN).map((line) => `         ${line}`),
      ...(broken.length > SHOWN ? [`         and ${broken.length - SHOWN} more`] : []),
    ]),
  ].join("\n");
}

function seconds(millis: number): string {
  return (millis / 1_000).toFixed(2).padStart(6);
}

/** The value that a share of the sorted values does not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
