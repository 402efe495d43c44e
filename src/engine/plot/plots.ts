import type { Evidence } from "../../contract/result.ts";
import { drawData } from "./data.ts";
import { drawLandscape } from "./landscape.ts";
import { drawPareto } from "./pareto.ts";
import { drawResiduals } from "./residuals.ts";
import { drawStability } from "./stability.ts";

export interface Plot {
  name: "plot.svg" | "residuals.svg" | "pareto.svg" | "stability.svg" | "landscape.svg";
  svg: string;
}

/** Every plot that the evidence has something for: an evaluate job has neither a front nor trials nor a landscape. */
export function drawPlots(evidence: Evidence): Plot[] {
  return [
    { name: "plot.svg", svg: drawData(evidence) },
    { name: "residuals.svg", svg: drawResiduals(evidence) },
    ...(evidence.pareto.length > 0 ? [{ name: "pareto.svg" as const, svg: drawPareto(evidence) }] : []),
    ...(evidence.stability.levels.length > 0 ? [{ name: "stability.svg" as const, svg: drawStability(evidence) }] : []),
    ...(evidence.landscape ? [{ name: "landscape.svg" as const, svg: drawLandscape(evidence.landscape) }] : []),
  ];
}
