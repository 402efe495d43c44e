/**
 * `orrery setup`: makes the namespace of a Temporal server fit for Orrery, so that a gateway and workers can be
 * started. Safe to run again at any time. `--retention-hours=N` also sets how long finished jobs are kept (left out, a
 * namespace keeps what it has, and a new one gets 168); `--json` prints the registration as JSON.
 */
import { parseArgs } from "node:util";
import { ConfigError, loadSettings, loadTemporal } from "../config/load.ts";
import { connectTo } from "./connect.ts";
import { type Registration, registerNamespace } from "./register.ts";
import { StartError } from "./start-error.ts";

async function main(): Promise<void> {
  const options = { json: { type: "boolean", default: false }, "retention-hours": { type: "string" } } as const;
  const { json, "retention-hours": hours } = parseArgs({ options }).values;
  const settings = loadSettings();
  const { namespace, connection: target } = loadTemporal(settings);
  const connection = await connectTo(target);
  try {
    const registration = await registerNamespace(connection, {
      namespace,
      ...(hours !== undefined && { retentionHours: hoursOf(hours) }),
    });
    process.stdout.write(json ? `${JSON.stringify(registration)}\n` : textOf(registration));
  } finally {
    await connection.close();
  }
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (Number.isInteger(hours) && hours >= 1 && hours <= 87_600) return hours;
  throw new StartError(`--retention-hours=${text}: a whole number of hours from 1 to 87600 is needed.`);
}

function textOf(registration: Registration): string {
  const { namespace, created, retentionHours, retentionChanged, present, added, warnings } = registration;
  return [
    `namespace          ${namespace}${created ? " (created)" : ""}`,
    `retention          ${retentionHours} h${retentionChanged ? " (changed)" : ""}`,
    `search attributes  ${[...present, ...added.map((name) => `${name} (added)`)].join(", ")}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    "",
  ].join("\n");
}

try {
  await main();
} catch (error) {
  const expected = error instanceof StartError || error instanceof ConfigError;
  process.stderr.write(`${error instanceof Error ? (!expected && error.stack) || error.message : String(error)}\n`);
  process.exitCode = 1;
}
