import { ApplicationFailure, condition, defineSignal, log, patched, proxyActivities, setHandler, upsertMemo } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { DeadLetter, JobInput, Resolution } from "../contract/flow.ts";
import { RESOLVE } from "../contract/names.ts";
import { activitiesOf } from "./activity-options.ts";
import { untilDone } from "./outcome.ts";
import { notify } from "./webhook.ts";

const resolve = defineSignal<[Resolution]>(RESOLVE);

/** A store may be away for days; pauses grow from a second to five minutes. */
const { recordFailure } = proxyActivities<Activities>({
  scheduleToCloseTimeout: "7 days",
  startToCloseTimeout: "1 minute",
  retry: { initialInterval: "1 second", maximumInterval: "5 minutes" },
});

/**
 * One run of a job that failed for good, parked until somebody resolves it: the first signal decides. The job's input is
 * kept in this workflow's own, so that inspecting and replaying it need no store.
 */
export async function deadLetter(input: JobInput, letter: DeadLetter): Promise<Resolution> {
  let resolution: Resolution | undefined;
  let filed = false;
  setHandler(resolve, (given) => {
    if (resolution) return;
    resolution = given;
    // It is no longer open, whether or not its file could be written yet.
    if (!filed && patched("resolved-unfiled")) upsertMemo({ resolution });
  });
  // A job that ran no code at its end has told nobody.
  if (letter.unattended) await notify(input, { failure: ApplicationFailure.create({ type: letter.code, message: letter.message }) });
  await recordFailure(letter).then(
    (error_file) => upsertMemo({ error_file }),
    // The letter says the same; it must not be lost because its file could not be written.
    () => undefined,
  );
  filed = true;
  if (!resolution && canBeSalvaged(letter)) await salvaged(letter);
  await condition(() => resolution !== undefined);
  return resolution as unknown as Resolution;
}

/** Longest time for what was found, queue included. */
const SALVAGE_MS = 10 * 60_000;

/** Letters of older versions do not tell their shards. What killed workers or filled their memory would do so again. */
function canBeSalvaged({ shards, reason }: DeadLetter): boolean {
  return shards !== undefined && reason !== "poison" && reason !== "out_of_memory";
}

async function salvaged(letter: DeadLetter): Promise<void> {
  try {
    const { file } = await untilDone(() => activitiesOf("heavy", Date.now() + SALVAGE_MS, "judge").salvage(letter));
    if (file) upsertMemo({ partial_file: file });
  } catch (error) {
    // It is a gift; the letter is whole without it.
    log.warn("nothing salvaged", { job_id: letter.job_id, error });
  }
}
