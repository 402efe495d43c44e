import type { Context } from "@temporalio/activity";

export interface RunningActivity {
  activity: string;
  job_id: string;
  attempt: number;
  seconds: number;
}

/** The activities that run in this process. */
export class Roster {
  private readonly begun = new Map<Context, number>();

  /** Of the activities of a worker, for its options. */
  readonly interceptor = (context: Context) => ({
    inbound: {
      execute: async <Input>(input: Input, next: (input: Input) => Promise<unknown>): Promise<unknown> => {
        this.begun.set(context, performance.now());
        try {
          return await next(input);
        } finally {
          this.begun.delete(context);
        }
      },
    },
  });

  running(): RunningActivity[] {
    return [...this.begun].map(([{ info }, began]) => ({
      activity: info.activityType,
      // The workflow of a shard or a webhook has the id of its job within its own.
      job_id: info.workflowExecution?.workflowId ?? "",
      attempt: info.attempt,
      seconds: Math.round((performance.now() - began) / 1_000),
    }));
  }
}
