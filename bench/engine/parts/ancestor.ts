import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { goal, type Measured } from "../goals.ts";

const PROGRAM = fileURLToPath(new URL("../ancestor.ts", import.meta.url));

/** Seconds of the ancestor, one BLAS thread: its engine at best, and its command line from start to end. */
const RECORDED = [
  { name: "A: 200 rows, 60 hypotheses, 9 runs", engine: 0.176, process: 1.45 },
  { name: "B: 2,000 rows, 60 hypotheses, 9 runs", engine: 0.461, process: 1.83 },
  { name: "C: 200 rows, 1,000 hypotheses, 4 runs", engine: 13.7, process: 15.5 },
  { name: "D: 2,000 rows, 1,000 hypotheses, 1 run", engine: 3.33, process: 4.9 },
];

interface Line {
  name: string;
  /** Processor seconds: mean of warm passes, first pass, and the process from its start to the end of that first pass. */
  warm: number;
  first: number;
  whole: number;
  decision: string;
  ratios: { warm: number; first: number; process: number };
}

/** The ancestor's method on its own timed requests, beside the times recorded of it. */
export function measureAncestor(): Measured {
  console.log("\nmethod tgefd-v1 on the requests that the ancestor was timed with, processor seconds; ancestor recorded, not run");
  const lines = RECORDED.map(({ name, engine, process: whole }, number): Line => {
    const output = execFileSync(process.execPath, [PROGRAM, String(number)], { encoding: "utf8" });
    const own = JSON.parse(output) as Pick<Line, "warm" | "first" | "whole" | "decision">;
    const { warm, first } = own;
    const ratios = { warm: engine / warm, first: engine / first, process: whole / own.whole };
    console.log(
      `  ${name.padEnd(40)} warm ${warm.toFixed(4)} s (${ratios.warm.toFixed(0)}×), first ${first.toFixed(3)} s (${ratios.first.toFixed(0)}×), whole process ${own.whole.toFixed(3)} s (${ratios.process.toFixed(0)}×): ${own.decision}`,
    );
    return { name, ...own, ratios };
  });
  const ratios = lines.map((line) => line.ratios.warm);
  const text = `${ratios.map((ratio) => `${ratio.toFixed(0)}×`).join(" / ")} for A / B / C / D, warm; whole processes ${lines.map((line) => `${line.ratios.process.toFixed(0)}×`).join(" / ")}`;
  const goals = [
    goal("whole tgefd-v1 job, same document, against the ancestor", text, [Math.min(...ratios)], {
      must: [25],
      moonshot: [80],
      side: "at least",
      unit: "×",
    }),
  ];
  return { goals, lines };
}
