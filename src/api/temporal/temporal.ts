import {
  Client,
  type Connection,
  type GetWorkflowExecutionHistoryRequest,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowStartOptions,
} from "@temporalio/client";
import { InternalWorkflowStartOptionsSymbol } from "@temporalio/client/lib/internal.js";
import { OrreryError } from "../../contract/errors.ts";
import { millisOf, numberOf } from "./decode.ts";
import { isInvalidArgument, isNotFound, translate } from "./faults.ts";
import type { HistoryEvent, Page } from "./history.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** What the gateway asks of Temporal. Each call ends within the configured time; a server that is away is `temporal_unavailable`. */
export interface Temporal {
  /**
   * Resolves to whether this call started the workflow; `false` if the id is taken and the policies of the options forbid
   * another run. Of calls with the same `requestId` only one starts a run, and all of them resolve to `true`.
   */
  start(type: string, options: WorkflowStartOptions & { workflowId: string }, requestId?: string): Promise<boolean>;
  describe(workflowId: string): Promise<Snapshot | undefined>;
  /** The event that closed the run. */
  closeEvent(workflowId: string, runId: string): Promise<HistoryEvent | undefined>;
  /** Resolves when the workflow has closed; rejects when the signal aborts. Waits as long as it takes. */
  untilClosed(workflowId: string, signal: AbortSignal): Promise<void>;
  /** The events of a run in order: about `limit` of them at most, in whole pages. */
  events(workflowId: string, runId: string, limit: number): Promise<HistoryEvent[]>;
  requestCancel(workflowId: string, requestId: string): Promise<void>;
  /** The runs that match a visibility query. Throws `invalid_parameter` for a page token that the server does not know. */
  list(query: string, pageSize: number, pageToken: Uint8Array): Promise<Page<Run>>;
  queue(name: string, type: "workflow" | "activity"): Promise<QueueState>;
  namespace(timeoutMs: number): Promise<{ name: string; retentionSeconds: number }>;
}

export interface Run {
  workflowId: string;
  runId: string;
}

export interface QueueState {
  name: string;
  backlog: number;
  /** Workers that asked this queue for work lately. */
  pollers: number;
}

/** One poll waits up to 60 s at the server, so a worker that is alive has asked within this time. */
const POLLER_FRESH_MS = 70_000;

/** The server answers a waiting history call after 20 s at the latest; this is far beyond. */
const LONG_POLL_MS = 60_000;

const CLOSE_EVENT = 2;
const QUEUE_TYPES = { workflow: 1, activity: 2 } as const;
const HISTORY_PAGE = 500;

export function createTemporal(deps: { connection: Connection; namespace: string; timeoutMs: number }): Temporal {
  const { connection, namespace, timeoutMs } = deps;
  const service = connection.workflowService;
  const client = new Client({ connection, namespace });

  async function call<T>(run: () => Promise<T>, limitMs = timeoutMs): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + limitMs, run);
    } catch (error) {
      throw translate(error, namespace);
    }
  }

  function history(request: GetWorkflowExecutionHistoryRequest, limitMs = timeoutMs) {
    return call(() => service.getWorkflowExecutionHistory({ namespace, skipArchival: true, ...request }), limitMs);
  }

  return {
    async start(type, options, requestId) {
      // Only the library's own helpers are given a name for this; without it each call counts as a request of its own.
      const named = requestId === undefined ? options : { ...options, [InternalWorkflowStartOptionsSymbol]: { requestId } };
      try {
        await call(() => client.workflow.start(type, named));
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },

    async describe(workflowId) {
      try {
        return snapshotOf(await call(() => service.describeWorkflowExecution({ namespace, execution: { workflowId } })));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async closeEvent(workflowId, runId) {
      const page = await history({ execution: { workflowId, runId }, historyEventFilterType: CLOSE_EVENT });
      return page.history?.events?.at(-1);
    },

    async untilClosed(workflowId, signal) {
      let nextPageToken: Uint8Array = new Uint8Array();
      for (;;) {
        signal.throwIfAborted();
        const page = await connection.withAbortSignal(signal, () =>
          history({ execution: { workflowId }, historyEventFilterType: CLOSE_EVENT, waitNewEvent: true, nextPageToken }, LONG_POLL_MS),
        );
        if (page.history?.events?.length) return;
        nextPageToken = page.nextPageToken ?? new Uint8Array();
      }
    },

    async events(workflowId, runId, limit) {
      const events: HistoryEvent[] = [];
      let nextPageToken: Uint8Array = new Uint8Array();
      do {
        const page = await history({ execution: { workflowId, runId }, maximumPageSize: Math.min(HISTORY_PAGE, limit), nextPageToken });
        events.push(...(page.history?.events ?? []));
        nextPageToken = page.nextPageToken ?? new Uint8Array();
      } while (nextPageToken.length > 0 && events.length < limit);
      return events;
    },

    async requestCancel(workflowId, requestId) {
      try {
        await call(() =>
          service.requestCancelWorkflowExecution({
            namespace,
            workflowExecution: { workflowId },
            requestId,
            reason: "cancelled by its owner",
          }),
        );
      } catch (error) {
        // It closed a moment ago: the caller reads the outcome anyway.
        if (!isNotFound(error)) throw error;
      }
    },

    async list(query, pageSize, nextPageToken) {
      try {
        const page = await call(() => service.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken }));
        return {
          items: (page.executions ?? []).map(({ execution }) => ({
            workflowId: execution?.workflowId ?? "",
            runId: execution?.runId ?? "",
          })),
          nextPageToken: page.nextPageToken ?? new Uint8Array(),
        };
      } catch (error) {
        if (nextPageToken.length === 0 || !isInvalidArgument(error)) throw error;
        throw new OrreryError("invalid_parameter", "The page_token is not one that this server gave; begin again without it.", {
          cause: error,
        });
      }
    },

    async queue(name, type) {
      const reply = await call(() =>
        service.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType: QUEUE_TYPES[type], reportStats: true }),
      );
      const oldest = Date.now() - POLLER_FRESH_MS;
      return {
        name,
        backlog: numberOf(reply.stats?.approximateBacklogCount),
        pollers: (reply.pollers ?? []).filter((poller) => (millisOf(poller.lastAccessTime) ?? 0) > oldest).length,
      };
    },

    async namespace(limitMs) {
      const reply = await call(() => service.describeNamespace({ namespace }), limitMs);
      return { name: namespace, retentionSeconds: numberOf(reply.config?.workflowExecutionRetentionTtl?.seconds) };
    },
  };
}
