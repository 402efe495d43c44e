import type { Service } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Intent } from "./load.ts";
import { pause } from "./pause.ts";
import type { Stage } from "./stage.ts";
import type { Traffic } from "./traffic.ts";

/** What a fault acts on. */
export interface Scene {
  stage: Stage;
  service: Service;
  traffic: Traffic;
  ledger: Ledger;
  seed: number;
}

/** A job that a fault brings itself, and its end. */
export interface Own {
  jobId: string;
  /** Jobs are struck where it hurts, in the middle of their work. Resolves to `false` if it ends without any. */
  computing(): Promise<boolean>;
  ended: Promise<unknown>;
}

export async function bring({ stage, traffic, ledger }: Scene, intent: Intent): Promise<Own> {
  let over = false;
  const ended = traffic.follow(intent).finally(() => {
    over = true;
  });
  let accepted: { job_id: string } | undefined;
  while (!accepted && !over) {
    await pause(20);
    accepted = ledger.of("accepted").find(({ key }) => key === intent.key);
  }
  // Without an acceptance, following it has failed.
  const jobId = accepted?.job_id ?? ((await ended) as string);
  return {
    jobId,
    ended,
    async computing() {
      while (!over) {
        if ((await stage.computing())?.includes(jobId)) return true;
        await pause(20);
      }
      return false;
    },
  };
}
