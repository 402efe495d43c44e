import { type Connection, isGrpcServiceError } from "@temporalio/client";
import { ATTRIBUTE_TYPES } from "../contract/names.ts";
import { StartError } from "./start-error.ts";

/** The codes of the types of search attributes, as the wire has them. */
export const TYPE_CODES = { Keyword: 2, Int: 3 } as const;

/** A value that no job has. */
const NEVER = { Keyword: '"none"', Int: "-1" } as const;

const INVALID_ARGUMENT = 3;

const CALL_MS = 10_000;

type Server = Pick<Connection, "withDeadline" | "workflowService">;

/** Asks for what is not there by every search attribute. The server refuses the question while it does not know one of them. */
export async function askForAttributes({ workflowService }: Pick<Server, "workflowService">, namespace: string): Promise<void> {
  const terms = Object.entries(ATTRIBUTE_TYPES).map(([name, type]) => `${name} = ${NEVER[type]}`);
  await workflowService.countWorkflowExecutions({ namespace, query: terms.join(" OR ") });
}

/**
 * Throws a `StartError` with the next step if the namespace lacks a search attribute, as after an upgrade: the step that
 * sets it would be refused and tried again without end, so jobs would hang where they should close. Any other fault of the
 * server's index keeps no worker from its work.
 */
export async function requireAttributes(server: Server, namespace: string): Promise<void> {
  try {
    await server.withDeadline(Date.now() + CALL_MS, () => askForAttributes(server, namespace));
  } catch (cause) {
    if (!isGrpcServiceError(cause) || cause.code !== INVALID_ARGUMENT) return;
    throw new StartError(
      `The namespace "${namespace}" lacks a search attribute that this version sets (${cause.details || cause.message}). Add it with: npx orrery setup; then start the worker again.`,
      { cause },
    );
  }
}
