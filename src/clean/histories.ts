import type { Connection } from "@temporalio/client";
import { WORKFLOWS } from "../contract/names.ts";
import { type Names, namesIn } from "./names.ts";

/** What a job or dead letter that Temporal keeps names anywhere in its history is kept. Shards stand in that of their job. */
const TYPES = [WORKFLOWS.discover, WORKFLOWS.evaluate, WORKFLOWS.tgefd, "deadLetter"];

/** Forms of payloads whose text can be read. */
const READABLE = ["json/plain", "json/protobuf", "binary/plain", "binary/null"];

const CALL_MS = 30_000;
const PAGE = 500;

/** Histories that are read at the same time. */
const PARALLEL = 8;

const NOT_FOUND = 5;

interface Execution {
  workflowId?: string | null;
  runId?: string | null;
}

/**
 * Adds every name in the histories of the jobs and dead letters that the server has. Resolves to how many there are. Throws
 * for a payload that it cannot read, since what that names would be taken for nobody's.
 */
export async function readNames({ connection, namespace }: { connection: Connection; namespace: string }, names: Names): Promise<number> {
  const service = connection.workflowService;
  const call = <T>(run: () => Promise<T>) => connection.withDeadline(Date.now() + CALL_MS, run);
  const query = `WorkflowType IN (${TYPES.map((type) => `"${type}"`).join(", ")})`;
  let read = 0;

  async function readHistory(execution: Execution): Promise<void> {
    let nextPageToken: Uint8Array = new Uint8Array();
    do {
      const token = nextPageToken;
      const page = await call(() =>
        service.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: PAGE, nextPageToken: token }),
      ).catch((error: unknown) => {
        // Its retention has just ended.
        if (error instanceof Error && "code" in error && error.code === NOT_FOUND) return undefined;
        throw error;
      });
      addTexts(page?.history?.events, names);
      nextPageToken = page?.nextPageToken ?? new Uint8Array();
    } while (nextPageToken.length > 0);
    read += 1;
  }

  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const token = nextPageToken;
    const page = await call(() => service.listWorkflowExecutions({ namespace, query, pageSize: PAGE, nextPageToken: token }));
    const executions = (page.executions ?? []).flatMap(({ execution }) => (execution ? [execution] : []));
    for (let from = 0; from < executions.length; from += PARALLEL)
      await Promise.all(executions.slice(from, from + PARALLEL).map(readHistory));
    nextPageToken = page.nextPageToken ?? new Uint8Array();
  } while (nextPageToken.length > 0);
  return read;
}

/** Finds names wherever they stand: in ids, inputs, results, memos, failures and heartbeats. */
function addTexts(value: unknown, names: Names): void {
  if (typeof value === "string") for (const name of namesIn(value)) names.add(name);
  else if (value instanceof Uint8Array) for (const name of namesIn(Buffer.from(value).toString("latin1"))) names.add(name);
  else if (value !== null && typeof value === "object") {
    refuseUnreadable(value);
    for (const part of Object.values(value)) addTexts(part, names);
  }
}

function refuseUnreadable(value: object): void {
  if (!("metadata" in value && "data" in value)) return;
  const { encoding } = (value.metadata ?? {}) as { encoding?: Uint8Array };
  const text = Buffer.from(encoding ?? []).toString();
  if (text !== "" && !READABLE.includes(text))
    throw new Error(`A history has payloads of the form ${text.slice(0, 60)}, which this command cannot read; nothing more is deleted.`);
}
