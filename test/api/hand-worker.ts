import { type Connection, defaultPayloadConverter } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";
import type { FailureDetails, HeartbeatProgress, Summary } from "../../src/contract/flow.ts";
import { type Pool, QUEUES } from "../../src/contract/names.ts";

/** A worker whose every step is taken by the test: it answers real tasks of a real server, one at a time. */
export interface HandWorker {
  /** Takes the next workflow task and lets the workflow succeed. */
  succeed(summary: Summary): Promise<void>;
  /** Takes the next workflow task and lets the workflow fail. */
  fail(code: ErrorCode, message: string): Promise<void>;
  /** Takes the next workflow task and closes the workflow as cancelled. */
  cancel(): Promise<void>;
  /** Takes the next workflow task and schedules an activity. */
  schedule(name: string, pool: Pool): Promise<void>;
  /** Takes the next activity task of a pool. */
  activity(pool: Pool): Promise<HeldActivity>;
}

export interface HeldActivity {
  heartbeat(progress: HeartbeatProgress): Promise<void>;
  complete(): Promise<void>;
  /** Ends the attempt; the next one is 20 s away. */
  failOnce(code: ErrorCode): Promise<void>;
}

/** By the numbers of `CommandType`. */
const COMMAND = { scheduleActivity: 1, complete: 4, fail: 5, cancel: 7 } as const;
const identity = "hand";
const POLL_MS = 30_000;

export function createHandWorker(connection: Connection, namespace: string): HandWorker {
  const service = connection.workflowService;
  const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });

  /** The server refuses a poll without a deadline. */
  const poll = <T>(take: () => Promise<T>) => connection.withDeadline(Date.now() + POLL_MS, take);

  async function decide(command: object): Promise<void> {
    const { taskToken } = await poll(() => service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: QUEUES.control }, identity }));
    await service.respondWorkflowTaskCompleted({ namespace, taskToken, identity, commands: [command] });
  }

  return {
    succeed: (summary) =>
      decide({ commandType: COMMAND.complete, completeWorkflowExecutionCommandAttributes: { result: payloads(summary) } }),
    fail: (type, message) => {
      const details: FailureDetails = { attempts: 3, stage: "judge" };
      const failure = { message, applicationFailureInfo: { type, nonRetryable: true, details: payloads(details) } };
      return decide({ commandType: COMMAND.fail, failWorkflowExecutionCommandAttributes: { failure } });
    },
    cancel: () => decide({ commandType: COMMAND.cancel, cancelWorkflowExecutionCommandAttributes: {} }),
    schedule: (name, pool) =>
      decide({
        commandType: COMMAND.scheduleActivity,
        scheduleActivityTaskCommandAttributes: {
          activityId: "1",
          activityType: { name },
          taskQueue: { name: QUEUES[pool] },
          scheduleToCloseTimeout: msToTs("60s"),
          startToCloseTimeout: msToTs("60s"),
          heartbeatTimeout: msToTs("30s"),
          retryPolicy: { initialInterval: msToTs("20s"), maximumAttempts: 5 },
        },
      }),
    async activity(pool) {
      const { taskToken } = await poll(() => service.pollActivityTaskQueue({ namespace, taskQueue: { name: QUEUES[pool] }, identity }));
      return {
        async heartbeat(progress) {
          await service.recordActivityTaskHeartbeat({ namespace, taskToken, identity, details: payloads(progress) });
        },
        async complete() {
          await service.respondActivityTaskCompleted({ namespace, taskToken, identity, result: payloads({}) });
        },
        async failOnce(type) {
          const failure = { message: ERRORS[type].title, applicationFailureInfo: { type } };
          await service.respondActivityTaskFailed({ namespace, taskToken, identity, failure });
        },
      };
    },
  };
}
