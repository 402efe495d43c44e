import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { printed, verdictsOf } from "../../drill/report.ts";
import { drill } from "../../drill/run.ts";
import { openStage } from "../../drill/stage.ts";
import { WORKFLOWS } from "../../src/contract/names.ts";

/** G1 to G7, G10 and G11 in their short form: `npm run drill` is the long one. */
test("a drill of six faults loses nothing, doubles nothing and finds every dead letter", { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
  const stage = await openStage({ binary: inject("temporalBinary"), env: process.env });
  try {
    const result = await drill({
      jobs: 60,
      faults: 6,
      cancels: 5,
      users: 8,
      seed: 2165,
      url: stage.url,
      folder,
      stage,
      report: () => undefined,
    });

    const verdicts = verdictsOf(result);
    expect(verdicts.map(({ id }) => id)).toEqual(["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G10", "G11"]);
    // Each rests on something: no comparison was of empty sets.
    expect(verdicts.filter(({ holds, seen }) => !holds || !seen)).toEqual([]);
    expect(result.accepted).toBeGreaterThanOrEqual(60);
    expect(result.faults).toHaveLength(6);
    // Each fault fell among open jobs.
    for (const { open, proof } of result.faults) expect([open > 0, proof.length > 0]).toEqual([true, true]);
    const replayed = new Set(result.state.replays?.map(({ workflow }) => workflow));
    expect(replayed).toEqual(new Set(Object.values(WORKFLOWS)));
    expect(printed(result)).toContain("Lost 0, doubled 0");
  } finally {
    await stage.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
