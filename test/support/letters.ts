import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client, Connection } from "@temporalio/client";
import type { DeadLetterBody } from "../../src/contract/dead-letter.ts";
import type { JobMemo } from "../../src/contract/flow.ts";
import { deadLetterId, SWEEP_SCHEDULE } from "../../src/contract/names.ts";
import { scheduleSweep } from "../../src/dev/schedule.ts";
import { until } from "./child.ts";
import { call } from "./http.ts";
import type { Stack } from "./stack.ts";

/** A law without a finite value: the activity refuses it, and no attempt can cure that. */
export const hopeless = { dataset: { source: "inline", columns: { x: [-1, 1, 2, 3], y: [1, 2, 3, 4] } }, law: "y = log(x)" };

/** The id of the dead letter that a run of a job has, or would have. */
export async function letterIdOf(client: Client, jobId: string, run: number): Promise<string> {
  const { memo } = await client.workflow.getHandle(jobId).describe();
  return deadLetterId({ job_id: jobId, run, life: (memo as unknown as JobMemo).life });
}

/** The dead letters of a stack whose sweep acts when it is told to. */
export interface LetterOffice {
  /** Those that nobody has resolved; `query` filters them, such as `&reason=poison`. */
  open(query?: string): Promise<DeadLetterBody[]>;
  /** Waits for the one of a job. */
  letterOf(jobId: string): Promise<DeadLetterBody>;
  /** Lets the schedule act and waits until the sweep that it starts is over. */
  sweep(): Promise<void>;
  /**
   * Puts a file where the store keeps the tenant's things, or a part of them, so that they can be neither read nor written,
   * until the call of what it returns.
   */
  breakStore(part?: string): Promise<() => Promise<void>>;
}

export async function openOffice({ client, url, folder }: Stack): Promise<LetterOffice> {
  const schedule = client.schedule.getHandle(SWEEP_SCHEDULE);
  await scheduleSweep(client.connection as Connection, "default");
  await schedule.pause();

  async function swept(): Promise<number> {
    let count = 0;
    for await (const { status } of client.workflow.list({ query: `WorkflowType = "sweep"` })) if (status.name === "COMPLETED") count += 1;
    return count;
  }

  const office: LetterOffice = {
    async open(query = "") {
      const { body } = await call<{ dead_letters: DeadLetterBody[] }>("GET", `${url}/v1/dead-letters?page_size=100${query}`);
      return body.dead_letters;
    },
    letterOf: (jobId) => until(`the dead letter of ${jobId}`, async () => (await office.open()).find(({ job_id }) => job_id === jobId)),
    async sweep() {
      const before = await swept();
      await schedule.trigger();
      await until("the end of a sweep", async () => ((await swept()) > before ? true : undefined));
    },
    async breakStore(part = "") {
      const path = join(folder, "artifacts", "local", part);
      await mkdir(path, { recursive: true });
      await rename(path, `${path}-aside`);
      await writeFile(path, "");
      return async () => {
        await rm(path);
        await rename(`${path}-aside`, path);
      };
    },
  };
  return office;
}
