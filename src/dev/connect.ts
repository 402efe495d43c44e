import { Connection, type ConnectionOptions } from "@temporalio/client";
import { StartError } from "./start-error.ts";

/** Longest wait for the server's first answer. */
const CONNECT_MS = 5_000;

/** Connects to a Temporal server, or throws a `StartError` with its address and the next step. */
export async function connectTo(target: ConnectionOptions & { address: string }): Promise<Connection> {
  try {
    return await Connection.connect({ ...target, connectTimeout: CONNECT_MS });
  } catch (cause) {
    throw new StartError(
      `No Temporal server answers at ${target.address}. Check TEMPORAL_ADDRESS, and that the server runs; npm start without it brings its own.`,
      { cause },
    );
  }
}
