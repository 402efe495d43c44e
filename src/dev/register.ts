import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, isGrpcServiceError } from "@temporalio/client";
import proto from "@temporalio/proto";
import { ATTRIBUTE_TYPES } from "../contract/names.ts";
import { askForAttributes, TYPE_CODES } from "./attributes.ts";
import { scheduleSweep } from "./schedule.ts";
import { StartError } from "./start-error.ts";

/** gRPC status codes, as the wire has them. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

/** Longest time for the whole registration. A cluster shows a new namespace after some seconds, an attribute after up to a minute. */
const PATIENCE_MS = 90_000;

const HOUR_SECONDS = 3_600;

/** Retention of a namespace that is created without one being asked for, in hours. */
const RETENTION_HOURS = 168;

export interface RegistrationOptions {
  namespace: string;
  /** Hours that finished jobs, and so idempotency keys, are kept. Default: as it is; 168 for a namespace that is created. */
  retentionHours?: number;
  /** Whether a missing namespace is created. Default: true. */
  create?: boolean;
}

export interface Registration {
  namespace: string;
  created: boolean;
  /** Retention after the registration, in hours. */
  retentionHours: number;
  retentionChanged: boolean;
  /** Search attributes that were there already, and those that were added. */
  present: string[];
  added: string[];
  /** What the server lacks, and what that costs. */
  warnings: string[];
}

/**
 * Makes a Temporal namespace fit for Orrery: creates it if it is missing, adds the search attributes that it lacks,
 * makes the schedule of the sweep, sets the retention if asked to, and returns when jobs can be started. Does nothing to what is right already. Throws
 * a `StartError` if an attribute has another type or the namespace is missing and may not be made, and the server's own error if it does not answer.
 */
export async function registerNamespace(connection: Connection, options: RegistrationOptions): Promise<Registration> {
  const { namespace } = options;
  return connection.withDeadline(Date.now() + PATIENCE_MS, async () => {
    const created = await createIfMissing(connection, options);
    const description = await untilKnown(() => connection.workflowService.describeNamespace({ namespace }));
    const before = (description.config?.workflowExecutionRetentionTtl?.seconds?.toNumber() ?? 0) / HOUR_SECONDS;
    const wanted = options.retentionHours ?? before;
    if (wanted !== before) {
      const config = { workflowExecutionRetentionTtl: hours(wanted) };
      await connection.workflowService.updateNamespace({ namespace, config });
    }
    const { present, added } = await addAttributes(connection, namespace);
    await scheduleSweep(connection, namespace);
    const warnings = await warningsOf(connection, description.namespaceInfo?.capabilities ?? {});
    return { namespace, created, retentionHours: wanted, retentionChanged: !created && wanted !== before, present, added, warnings };
  });
}

async function createIfMissing(connection: Connection, options: RegistrationOptions): Promise<boolean> {
  const { namespace, retentionHours, create = true } = options;
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return false;
  } catch (error) {
    if (codeOf(error) !== NOT_FOUND) throw error;
  }
  if (!create) {
    throw new StartError(`The Temporal server has no namespace "${namespace}". Make it with: orrery setup; or correct TEMPORAL_NAMESPACE.`);
  }
  try {
    const workflowExecutionRetentionPeriod = hours(retentionHours ?? RETENTION_HOURS);
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    return true;
  } catch (error) {
    // Two set-ups ran at once, and the other one was faster.
    if (codeOf(error) === ALREADY_EXISTS) return false;
    throw error;
  }
}

async function addAttributes(connection: Connection, namespace: string): Promise<Pick<Registration, "present" | "added">> {
  const { customAttributes } = await untilKnown(() => connection.operatorService.listSearchAttributes({ namespace }));
  const known = customAttributes ?? {};
  const wrong = Object.entries(ATTRIBUTE_TYPES).find(([name, type]) => known[name] !== undefined && known[name] !== TYPE_CODES[type]);
  if (wrong) {
    throw new StartError(
      `The namespace "${namespace}" has the search attribute ${wrong[0]} with a type other than ${wrong[1]}; remove it, or use a namespace of Orrery's own (TEMPORAL_NAMESPACE).`,
    );
  }
  const lacking = Object.entries(ATTRIBUTE_TYPES).filter(([name]) => known[name] === undefined);
  if (lacking.length > 0) {
    const searchAttributes = Object.fromEntries(lacking.map(([name, type]) => [name, TYPE_CODES[type]] as const));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  // An attribute is added long before every part of a cluster knows it.
  await untilKnown(() => askForAttributes(connection, namespace));
  const added = lacking.map(([name]) => name);
  return { present: Object.keys(ATTRIBUTE_TYPES).filter((name) => !added.includes(name)), added };
}

/** Whether fairness is on cannot be asked; what can is asked here. */
async function warningsOf(
  connection: Connection,
  can: { workerCommands?: boolean | null; workerHeartbeats?: boolean | null },
): Promise<string[]> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const [major = 0, minor = 0] = (serverVersion ?? "").split(".").map(Number);
  const warnings: string[] = [];
  if (major === 1 && minor < 32) {
    warnings.push(`The server has version ${serverVersion}; some fixes of fairness and rate limits are only in 1.32 and later.`);
  }
  if (!can.workerCommands) {
    warnings.push(
      "Cancellation reaches a running activity only with its heartbeat: set frontend.WorkerCommandsEnabled and system.enableCancelActivityWorkerCommand to true on the server (deploy/temporal/dynamicconfig.yaml).",
    );
  }
  if (!can.workerHeartbeats) {
    warnings.push("Workers cannot report themselves to this server: set frontend.WorkerHeartbeatsEnabled to true on it.");
  }
  return warnings;
}

/** Repeats a call until the server knows the namespace and the attributes, every 200 ms, within the deadline of the whole. */
async function untilKnown<T>(call: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (true) {
    try {
      return await call();
    } catch (error) {
      const code = codeOf(error);
      if ((code !== NOT_FOUND && code !== INVALID_ARGUMENT) || Date.now() > end) throw error;
      await sleep(200);
    }
  }
}

function hours(count: number) {
  return proto.google.protobuf.Duration.fromObject({ seconds: count * HOUR_SECONDS });
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
