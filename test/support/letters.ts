import type { Client } from "@temporalio/client";
import type { JobMemo } from "../../src/contract/flow.ts";
import { deadLetterId } from "../../src/contract/names.ts";

/** The id of the dead letter that a run of a job has, or would have. */
export async function letterIdOf(client: Client, jobId: string, run: number): Promise<string> {
  const { memo } = await client.workflow.getHandle(jobId).describe();
  return deadLetterId({ job_id: jobId, run, life: (memo as unknown as JobMemo).life });
}
