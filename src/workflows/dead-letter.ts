import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
  upsertMemo,
} from "@temporalio/workflow";
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
  let parked = false;
  const salvaging = new CancellationScope();
  setHandler(resolve, (given) => {
    if (resolution) return;
    resolution = { ...given, at: new Date().toISOString() };
    salvaging.cancel();
    // It is no longer open, though it cannot close before its file is written.
    if (!parked && patched("resolved-unfiled")) upsertMemo({ resolution });
  });
  // A job that ran no code at its end has told nobody.
  if (letter.unattended) await notify(input, { failure: ApplicationFailure.create({ type: letter.code, message: letter.message }) });
  await recordFailure(letter).then(
    (error_file) => upsertMemo({ error_file }),
    // The letter says the same; it must not be lost because its file could not be written.
    () => undefined,
  );
  // What somebody has decided about needs no result of what was found.
  if (!resolution && canBeSalvaged(letter) && patched("salvage")) await salvaging.run(() => salvaged(letter));
  parked = true;
  await condition(() => resolution !== undefined);
  return resolution as unknown as Resolution;
}

/** Longest time for what was found, queue included. */
const SALVAGE_MS = 10 * 60_000;

/** What killed workers or filled their memory would do so again. */
function canBeSalvaged({ shards, reason }: DeadLetter): boolean {
  return shards !== undefined && reason !== "poison" && reason !== "out_of_memory";
}

async function salvaged(letter: DeadLetter): Promise<void> {
  try {
    const { file } = await untilDone(() => activitiesOf("heavy", Date.now() + SALVAGE_MS, "judge").salvage(letter));
    if (file) upsertMemo({ partial_file: file });
  } catch (error) {
    // It is a gift; the letter is whole without it.
    if (!isCancellation(error)) log.warn("nothing salvaged", { job_id: letter.job_id, error });
  }
}
