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

/** What a part of the benchmark found. `tables` are Markdown. */
export interface Measured<Line extends object = object> {
  goals: Goal[];
  lines: Line[];
  tables?: string[];
}

export function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ measure, must, moonshot, measured, reached }) => [measure, must, moonshot, measured, reached]);
  return markdown(["measure", "must", "moonshot", "measured", "reached"], rows);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
