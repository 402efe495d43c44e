import { upsertMemo } from "@temporalio/workflow";
import type { JobInput } from "../contract/flow.ts";
import { activitiesOf } from "./activity-options.ts";
import { untilDone } from "./outcome.ts";

/** The input of a job whose dataset is in the store, fetched first if the request names it by its address. */
export async function withDataset<Input extends JobInput>(input: Input): Promise<Input> {
  if (input.route.path !== "fetched") return input;
  const { dataset, route, request_hash, reused } = await untilDone(() =>
    activitiesOf("light", input.deadline_at, "fetch").fetchDataset(input),
  );
  upsertMemo({
    dataset,
    ...(route.path === "sharded" && { shards: route.shards }),
    ...(reused && { reused_from: reused.job_id }),
  });
  const request = { ...input.request, dataset: { source: "stored", dataset_id: dataset.dataset_id } };
  return { ...input, request, route, request_hash, ...(reused && { reused: reused.summary }) };
}
