import { join } from "node:path";
import { POOLS } from "../contract/names.ts";
import { type Child, startChild } from "./child.ts";
import { GATEWAY_GRACE_MS, workerGraceMs } from "./graces.ts";
import type { Report } from "./report.ts";

export interface ProgramOptions {
  /** Path of the program that Node runs. */
  program: string;
  /** Address of its health endpoints. */
  url: string;
  env: NodeJS.ProcessEnv;
  /** Directory of the logs. */
  logs: string;
  report: Report;
}

/** Starts a gateway and returns when it takes jobs. */
export function startGateway(options: ProgramOptions, signal: AbortSignal): Promise<Child> {
  return start("gateway", options, [], GATEWAY_GRACE_MS, signal);
}

/** Starts a worker with all pools and returns when it polls. */
export function startWorker(options: ProgramOptions, drainSeconds: number, signal: AbortSignal): Promise<Child> {
  return start("worker", options, ["--pool", POOLS.join(",")], workerGraceMs(drainSeconds), signal);
}

function start(name: string, options: ProgramOptions, args: string[], graceMs: number, signal: AbortSignal): Promise<Child> {
  const { program, url, env, logs, report } = options;
  return startChild(
    {
      name,
      command: process.execPath,
      args: ["--enable-source-maps", program, ...args],
      env,
      logFile: join(logs, `${name}.log`),
      node: true,
      ready: () => answers(`${url}/ready`),
      graceMs,
      report,
    },
    signal,
  );
}

/** The host part of an address that this machine can reach, for one that a process listens on. */
export function hostOf(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

async function answers(address: string): Promise<boolean> {
  const response = await fetch(address, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
