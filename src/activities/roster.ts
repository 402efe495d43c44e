import type { Context } from "@temporalio/activity";

export interface RunningActivity {
  activity: string;
  /** The workflow that it is of: a job, a shard, a dead letter, a webhook or the sweep. */
  workflow_id: string;
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
      workflow_id: info.workflowExecution?.workflowId ?? "",
      attempt: info.attempt,
      seconds: Math.round((performance.now() - began) / 1_000),
    }));
  }
}
