/** One row of the table that the engine is held to. */
export interface Goal {
  measure: string;
  must: string;
  moonshot: string;
  measured: string;
  reached: "moonshot" | "must" | "missed";
}

/** A goal whose figures must be at least (or at most) so much. */
export function goal(
  measure: string,
  measured: string,
  figures: readonly number[],
  bounds: { must: readonly number[]; moonshot: readonly number[]; side: "at least" | "at most"; unit?: string },
): Goal {
  const { must, moonshot, side, unit = "" } = bounds;
  const within = (limits: readonly number[]) =>
    figures.every((figure, index) => (side === "at least" ? figure >= (limits[index] as number) : figure <= (limits[index] as number)));
  const sign = side === "at least" ? "≥" : "≤";
  return {
    measure,
    must: `${sign} ${must.join(" / ")}${unit}`,
    moonshot: `${sign} ${moonshot.join(" / ")}${unit}`,
    measured,
    reached: within(moonshot) ? "moonshot" : within(must) ? "must" : "missed",
  };
}

export function printGoals(goals: readonly Goal[]): void {
  console.log("\n| measure | must | moonshot | measured | reached |\n|---|---|---|---|---|");
  for (const { measure, must, moonshot, measured, reached } of goals) {
    console.log(`| ${measure} | ${must} | ${moonshot} | ${measured} | ${reached} |`);
  }
}
