import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { goal, type Measured } from "../goals.ts";
import type { Options } from "../options.ts";

const PROGRAM = fileURLToPath(new URL("../large.ts", import.meta.url));

interface Line {
  threads: number;
  hypotheses: number;
  fits: number;
  seconds: number;
  cpu_seconds: number;
  megabytes: number;
  verdict: string;
  found: string;
}

/** 10^6 hypotheses, 10 noise trials, 1,000 rows, the full result: on one thread, then on two. */
export function measureLarge({ largest }: Options): Measured {
  console.log("\n10^6 hypotheses (candidate laws: 25 sets of terms, two exponents of 499 values) × 10 trials × 1,000 rows, full result");
  const lines = [1, 2].map((threads) => run(499, threads));
  if (largest) lines.push(run(1_578, 2));
  const two = lines[1] as Line;
  const text = `${two.seconds.toFixed(1)} s, ${two.megabytes.toFixed(0)} MB resident, ${(two.fits / 1e6).toFixed(0)} M fits, ${two.verdict} ${two.found}`;
  const goals = [
    goal("10^6 hypotheses × 10 trials × 1,000 rows, full result, 2 cores", text, [two.seconds], {
      must: [60],
      moonshot: [10],
      side: "at most",
      unit: " s",
    }),
  ];
  return { goals, lines };
}

function run(side: number, threads: number): Line {
  const line = JSON.parse(execFileSync(process.execPath, [PROGRAM, String(side), String(threads)], { encoding: "utf8" })) as Line;
  console.log(
    `  ${threads} thread${threads === 1 ? "" : "s"}: ${line.hypotheses} hypotheses, ${line.fits} fits in ${line.seconds.toFixed(2)} s (${line.cpu_seconds.toFixed(2)} s of processor), ${line.megabytes.toFixed(0)} MB resident: ${line.verdict} ${line.found}`,
  );
  return line;
}
